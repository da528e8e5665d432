import test from 'ava';
import fc from 'fast-check';
import {
	decodeConfiguration,
	encodeConfiguration,
	entryHeaderBytes,
	packedBytes,
	packEntries,
	unpackEntries,
	countPackedEntries,
} from '../../src/raft/codec.js';
import {type LogEntry, nodeId, term} from '../../src/raft/types.js';
import {entry} from './harness/node.js';

const anyEntries = fc
	.array(
		fc.record({
			term: fc.oneof(fc.nat(5), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 47)).map(term),
			type: fc.constantFrom('noop', 'command', 'configuration'),
			command: fc.uint8Array({maxLength: 40}),
		}),
		{maxLength: 8},
	)
	.map(list => list.map((fields, offset): LogEntry => ({index: 5 + offset, ...fields})));

test('entries come out of their bytes as they went in', t => {
	t.notThrows(() =>
		fc.assert(
			fc.property(anyEntries, entries => {
				const bytes = packEntries(entries);
				t.deepEqual(unpackEntries(bytes, 5), entries);
				t.is(countPackedEntries(bytes), entries.length);
				t.is(
					bytes.length,
					entries.reduce((sum, next) => sum + packedBytes(next), 0),
				);
			}),
			{seed: 1},
		),
	);
});

test('bytes in the middle of a larger buffer are read from where they begin', t => {
	const entries = [entry(1, 3, 'abc'), entry(2, 4, '', 'noop')];
	const bytes = packEntries(entries);
	const larger = new Uint8Array(bytes.length + 9);
	larger.set(bytes, 7);
	t.deepEqual(unpackEntries(larger.subarray(7, 7 + bytes.length), 1), entries);
});

test('bytes that are no entries are no entries, and never an exception', t => {
	const bytes = packEntries([entry(1, 3, 'abc'), entry(2, 3, 'd')]);
	const border = entryHeaderBytes + 3;
	for (let length = 0; length <= bytes.length; length++) {
		const entries = unpackEntries(bytes.subarray(0, length), 1);
		const isWhole = length === 0 || length === border || length === bytes.length;
		t.is(entries !== undefined, isWhole, `${length} bytes`);
		t.is(countPackedEntries(bytes.subarray(0, length)), entries?.length ?? 0, `${length} bytes`);
	}
	const unknownType = bytes.slice();
	unknownType[4] = 3;
	t.is(unpackEntries(unknownType, 1), undefined);
	t.notThrows(() =>
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 60}), some => void unpackEntries(some, 1)),
			{seed: 2},
		),
	);
});

const ids = fc.array(fc.nat(2 ** 16 - 1).map(nodeId), {maxLength: 9});

test('a configuration comes out of its bytes as it went in', t => {
	t.notThrows(() =>
		fc.assert(
			fc.property(ids, ids, (voters, learners) => {
				t.deepEqual(decodeConfiguration(encodeConfiguration({voters, learners})), {voters, learners});
			}),
			{seed: 3},
		),
	);
});

test('bytes that are no configuration are none, and never an exception', t => {
	const bytes = encodeConfiguration({voters: [nodeId(1), nodeId(2)], learners: [nodeId(3)]});
	for (let length = 0; length < bytes.length; length++) t.is(decodeConfiguration(bytes.subarray(0, length)), undefined);
	t.is(decodeConfiguration(new Uint8Array([...bytes, 0, 0])), undefined);
	t.notThrows(() =>
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 20}), some => void decodeConfiguration(some)),
			{seed: 4},
		),
	);
});
