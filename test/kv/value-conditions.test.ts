/** Puts and deletes that compare the value first. */
import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf} from '../../actors/text.js';
import {bytesOfOperation, mayReturnValue} from '../../src/kv/operation-bytes.js';
import {parseWrite, plainOfOperation} from '../../src/kv/operation-codec.js';
import {execute} from '../../src/kv/operations.js';
import {Store} from '../../src/kv/store.js';
import type {NamedOperation, Result, WriteOperation} from '../../src/kv/types.js';
import {timedArbitrary} from './helpers.js';

/** On a store in which `a` is `1`, and `b` is absent. */
function run(operation: NamedOperation): {readonly result: Result; readonly store: Store} {
	const store = new Store();
	store.set('a', bytesOf('1'), 1);
	return {result: execute({store, version: 2, now: 0, valueBytesMax: 100}, operation), store};
}

const one = bytesOf('1');
const two = bytesOf('2');

test('a put compares the value, and an absent key has another one than any', t => {
	const put = (key: string, condition: {is: Uint8Array} | {isNot: Uint8Array}): Result['type'] =>
		run({type: 'put', key, value: two, condition}).result.type;
	t.is(put('a', {is: one}), 'written');
	t.is(put('a', {is: two}), 'conditionFailed');
	t.is(put('a', {is: bytesOf('')}), 'conditionFailed');
	t.is(put('a', {isNot: one}), 'conditionFailed');
	t.is(put('a', {isNot: two}), 'written');
	t.is(put('b', {is: bytesOf('')}), 'conditionFailed');
	t.is(put('b', {isNot: bytesOf('')}), 'written');
	const refused = run({type: 'put', key: 'a', value: two, condition: {is: two}});
	t.deepEqual(refused.result, {type: 'conditionFailed', value: one, version: 1});
	t.deepEqual(refused.store.get('a')?.value, one);
});

test('a delete compares the value, and what is there stays if it is another', t => {
	const refused = run({type: 'delete', key: 'a', condition: {is: two}});
	t.deepEqual(refused.result, {type: 'conditionFailed', value: one, version: 1});
	t.deepEqual(refused.store.get('a')?.value, one);
	const done = run({type: 'delete', key: 'a', condition: {is: one}});
	t.deepEqual(done.result, {type: 'deleted', existed: true, version: 2});
	t.is(done.store.get('a'), undefined);
	t.deepEqual(run({type: 'delete', key: 'a', condition: {isNot: one}}).result.type, 'conditionFailed');
	t.deepEqual(run({type: 'delete', key: 'b', condition: {isNot: one}}).result, {
		type: 'deleted',
		existed: false,
		version: 2,
	});
});

test('what compares a value takes no more bytes than is told, and is known to bring one', t => {
	fc.assert(
		fc.property(timedArbitrary, write => {
			for (const operation of [write, {type: 'batch', operations: [write]}] as const) {
				t.true(codec.encode(plainOfOperation(operation)).length <= bytesOfOperation(operation));
				const isComparing = 'condition' in write && typeof write.condition === 'object';
				if (isComparing) t.true(mayReturnValue(operation));
			}
		}),
		{seed: 3, numRuns: 2000},
	);
});

test('a condition that is none is malformed', t => {
	const malformed: readonly unknown[][] = [
		[0, 'a', one, 64],
		[0, 'a', one, 64, 0, 'text'],
		[0, 'a', one, 65, 0, one],
		[0, 'a', one, 192, 0, one],
		[0, 'a', one, 256 + 64, 0, one],
		[0, 'a', one, 64 + 16, null, one],
		[2, 'a', 64],
		[2, 'a', 1, one],
		[2, 'a', 192, one],
	];
	for (const plain of malformed) t.is(parseWrite(plain), undefined, JSON.stringify(plain));
	const write: WriteOperation = {type: 'delete', key: 'a', condition: {isNot: one}};
	t.deepEqual(parseWrite(codec.decode(codec.encode(plainOfOperation(write))) as unknown[]), write);
});
