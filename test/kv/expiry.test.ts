import test from 'ava';
import {bytesOf} from '../../actors/text.js';
import {parseResult, plainOfResult} from '../../src/kv/result-codec.js';
import type {WriteOperation} from '../../src/kv/types.js';
import {applyTo, encodeCommand, newState, put, writerTo, type KvState} from './helpers.js';

const k = {key: 'k'} as const;
const putFor = (ttlMs: number, key = 'k'): WriteOperation => ({type: 'put', key, value: bytesOf('x'), expiry: {ttlMs}});
const tell = (state: KvState, wallTime: number): unknown => applyTo(state, {type: 'clock', logTime: 0, wallTime});
const read = (state: KvState, key = 'k'): unknown => state.read({type: 'get', key});
const nothing = {type: 'value', value: undefined, version: 0} as const;

/** A replica that has the state by a snapshot, in chunks of so many bytes. */
function restarted(state: KvState, chunkBytes = 50): KvState {
	const next = newState();
	const reader = next.beginRestore();
	const writer = state.beginSnapshot(chunkBytes);
	for (let isDone = false; !isDone;) {
		const {data, done} = writer.nextChunk();
		reader.push(data);
		isDone = done;
	}
	next.restore(reader);
	return next;
}

test('a key is there until the first entry that tells its deadline or a later time, and is absent for all that follows', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	write(putFor(50));
	tell(state, 1049);
	t.like(read(state), {version: 3, expiresAt: 1050});
	tell(state, 1050);
	t.deepEqual(read(state), nothing);
	t.is(state.machine.itemCount, 0);
	t.like(write({type: 'delete', ...k}), {existed: false});
	t.like(write({type: 'compareAndSet', ...k, expected: {version: 0}, value: bytesOf('y')}), {type: 'written'});
	t.deepEqual(Object.keys(read(state) as object), ['type', 'value', 'version'], 'the new one has no deadline');
});

test('no other state sees a key whose deadline is over: conditions, numbers, what was there, the count of a clear', t => {
	const over = (...writes: readonly WriteOperation[]): unknown => {
		const state = newState();
		const write = writerTo(state);
		tell(state, 1000);
		write({type: 'put', ...k, value: bytesOf('7'), expiry: {ttlMs: 1}});
		tell(state, 2000);
		return writes.map(write).at(-1);
	};
	t.like(over({type: 'put', ...k, value: bytesOf('y'), condition: 'absent'}), {type: 'written'});
	t.like(over({type: 'put', ...k, value: bytesOf('y'), condition: 'present'}), {type: 'conditionFailed', version: 0});
	t.like(over({type: 'put', ...k, value: bytesOf('y'), returnPrevious: true}), {previous: undefined});
	t.like(over({type: 'append', ...k, value: bytesOf('yz')}), {length: 2});
	t.like(over({type: 'increment', ...k, by: 1n}), {value: 1n});
	t.like(over({type: 'clear'}), {count: 0});
	t.like(over({type: 'expire', ...k, expiry: {ttlMs: 5}}), {isSet: false, version: 0});
	t.like(over({type: 'put', ...k, value: bytesOf('y'), expiry: 'keep'}, {type: 'expire', ...k, expiry: 'never'}), {
		isSet: false,
	});
});

test('time never goes back: an entry of a leader whose clock is behind brings no key back', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 5000);
	write(putFor(100));
	tell(state, 5100);
	tell(state, 5001);
	t.deepEqual(read(state), nothing);
	t.is(state.wallTime, 5100);
	write(putFor(10));
	t.like(read(state), {expiresAt: 5110});
});

test('append and increment keep a deadline, put and compareAndSet take it, keep keeps it, expire changes the version alone', t => {
	const after = (...writes: readonly WriteOperation[]): unknown => {
		const state = newState();
		const write = writerTo(state);
		tell(state, 1000);
		write({type: 'put', ...k, value: bytesOf('7'), expiry: {ttlMs: 100}});
		writes.forEach(write);
		return state.read({type: 'get', key: 'k'});
	};
	const at = (expiresAt: number | undefined, text: string): unknown => ({expiresAt, value: bytesOf(text)});
	t.like(after({type: 'append', ...k, value: bytesOf('8')}), at(1100, '78') as object);
	t.like(after({type: 'increment', ...k, by: 1n}), at(1100, '8') as object);
	t.like(after(put('k', '9')), at(undefined, '9') as object);
	t.like(
		after({type: 'compareAndSet', ...k, expected: {value: bytesOf('7')}, value: bytesOf('9')}),
		at(undefined, '9') as object,
	);
	t.like(after({type: 'put', ...k, value: bytesOf('longer'), expiry: 'keep'}), at(1100, 'longer') as object);
	t.like(after({type: 'expire', ...k, expiry: {expiresAt: 4000}}), {...(at(4000, '7') as object), version: 4});
	t.like(after({type: 'expire', ...k, expiry: 'never'}), {...(at(undefined, '7') as object), version: 4});
	t.deepEqual(after({type: 'expire', ...k, expiry: {expiresAt: 1000}}), nothing);
	t.deepEqual(after({type: 'put', ...k, value: bytesOf('z'), expiry: {expiresAt: 1}}), nothing);
});

test('a condition of expire: none, one, a later one, an earlier one; no deadline is later than any', t => {
	const isSet = (hasDeadline: boolean, asked: object): unknown => {
		const state = newState();
		const write = writerTo(state);
		tell(state, 1000);
		write(hasDeadline ? putFor(100) : put('k', 'x'));
		const operation = {type: 'expire', ...k, expiry: {ttlMs: 200}, ...asked} as WriteOperation;
		return (write(operation) as {readonly isSet: boolean}).isSet;
	};
	const rows = [
		[{}, true, true],
		[{condition: 'absent'}, false, true],
		[{condition: 'present'}, true, false],
		[{order: 'later'}, true, false],
		[{order: 'earlier'}, false, true],
		[{order: 'later', expiry: {ttlMs: 100}}, false, false],
		[{order: 'earlier', expiry: {ttlMs: 100}}, false, true],
		[{order: 'earlier', expiry: {ttlMs: 99}}, true, true],
		[{order: 'earlier', condition: 'present'}, false, false],
		[{expiry: 'never'}, true, false],
	] as const;
	for (const [asked, withDeadline, without] of rows) {
		t.is(isSet(true, asked), withDeadline, JSON.stringify(asked));
		t.is(isSet(false, asked), without, JSON.stringify(asked));
	}
});

test('a snapshot carries deadlines and the time: what was over does not come back, what was not is over in time', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	// More than three entries delete.
	const operations = Array.from({length: 8000}, (_, number) => putFor(10, `f${number}`) as never);
	write({type: 'batch', operations});
	write(putFor(500));
	write(put('stays', 'x'));
	tell(state, 1100);
	t.is(state.machine.itemCount, 2);
	const other = restarted(state);
	t.is(other.stateHash(), state.stateHash());
	t.is(other.machine.itemCount, 2);
	t.deepEqual(read(other, 'f4999'), nothing);
	t.deepEqual(read(other), read(state));
	for (const replica of [state, other]) {
		tell(replica, 1500);
		t.is(replica.machine.itemCount, 1);
	}
	t.deepEqual(read(other), nothing);
	t.is(other.stateHash(), state.stateHash());
	t.like(read(other, 'stays'), {value: bytesOf('x')});
});

test('what is over is deleted in parts, one for each entry that tells the time, and while a snapshot is written', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	const operations = Array.from({length: 10_000}, (_, number) => putFor(10, `f${number}`) as never);
	write({type: 'batch', operations});
	const {byteLength} = state.machine;
	const snapshot = state.beginSnapshot(1000);
	tell(state, 2000);
	t.is(state.machine.itemCount, 0);
	t.true(state.machine.byteLength > byteLength / 2, 'not all at once');
	const dueAt = (): number => state.machine.timed!.nextDeadline();
	let entries = 1;
	for (; dueAt() < Infinity && entries < 100; entries += 1) {
		tell(state, 2000 + entries * 10);
		t.is(state.machine.itemCount, 0);
	}
	t.true(entries > 4 && entries < 20, `${entries}`);
	t.true(state.machine.byteLength < 5000, `${state.machine.byteLength}`);
	const reader = newState().beginRestore();
	for (let isDone = false; !isDone;) {
		const {data, done} = snapshot.nextChunk();
		reader.push(data);
		isDone = done;
	}
	t.is(reader.finish().machine.timed!.nextDeadline(), 1010, 'the snapshot is of the time before');
});

test('equal keys with other deadlines make another hash, and so does another time', t => {
	const hash = (ttlMs: number, wallTime: number): string => {
		const state = newState();
		const write = writerTo(state);
		tell(state, 1000);
		write(putFor(ttlMs));
		tell(state, wallTime);
		return state.stateHash();
	};
	t.is(hash(100, 1001), hash(100, 1001));
	t.not(hash(100, 1001), hash(101, 1001));
	t.not(hash(100, 1001), hash(100, 1002));
});

test('a put without a deadline takes not a byte more in the log, and no clock', t => {
	const command = (write: WriteOperation): number =>
		encodeCommand({type: 'writes', session: 1, acknowledged: 0, after: 0, writes: [{sequence: 1, write}]}).length;
	t.is(command(put('k', 'x')), 12);
	t.is(command(putFor(1)), 14);
});

test('a get without its value tells the length, the version and the deadline, in few bytes', t => {
	const state = newState();
	const write = writerTo(state);
	write({type: 'put', key: 'k', value: new Uint8Array(1000), expiry: {expiresAt: 5000}});
	const {version} = state.read({type: 'get', key: 'k'}) as {version: number};
	const brief = state.read({type: 'get', key: 'k', withoutValue: true});
	t.deepEqual(brief, {type: 'value', value: undefined, version, expiresAt: 5000, length: 1000});
	t.deepEqual(parseResult(plainOfResult(brief)), brief);
	write({type: 'put', key: 'k', value: new Uint8Array(0)});
	const empty = state.read({type: 'get', key: 'k', withoutValue: true});
	t.deepEqual(empty, {type: 'value', value: undefined, version: version + 1, length: 0});
	t.deepEqual(parseResult(plainOfResult(empty)), empty);
	t.deepEqual(state.read({type: 'get', key: 'none', withoutValue: true}), state.read({type: 'get', key: 'none'}));
});
