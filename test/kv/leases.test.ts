/** Leases in the state of a replica: their time, their keys, how they end, and what a snapshot carries. */
import test from 'ava';
import fc from 'fast-check';
import {bytesOf} from '../../actors/text.js';
import {leasesMax} from '../../src/kv/leases.js';
import type {Part, Result, WriteOperation} from '../../src/kv/types.js';
import {
	applyTo,
	encodeCommand,
	decodeCommand,
	newState,
	operationOf,
	put,
	runs,
	writerTo,
	type KvState,
	type Outcome,
} from './helpers.js';

type Lease = Extract<Result, {type: 'lease'}>;

const tell = (state: KvState, wallTime: number): unknown => applyTo(state, {type: 'clock', logTime: 0, wallTime});
const grant = (ttlMs: number): WriteOperation => ({type: 'lease', action: 'grant', ttlMs});
const keepAlive = (leaseId: number): WriteOperation => ({type: 'lease', action: 'keepAlive', leaseId});
const revoke = (leaseId: number): WriteOperation => ({type: 'lease', action: 'revoke', leaseId});
const attached = (leaseId: number, key = 'k', text = 'x'): Extract<Part, {type: 'put'}> => ({
	type: 'put',
	key,
	value: bytesOf(text),
	expiry: {leaseId},
});
const getLease = (state: KvState, leaseId: number, keysMax = 100): Result =>
	state.read({type: 'getLease', leaseId, keysMax});
const read = (state: KvState, key = 'k'): Result => state.read({type: 'get', key});
const nothing = {type: 'value', value: undefined, version: 0} as const;

/** At wall time 1000, with a lease of 100 ms. */
function newLease(): {state: KvState; write: (operation: WriteOperation) => Outcome; leaseId: number} {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	const {leaseId} = write(grant(100)) as Lease;
	return {state, write, leaseId};
}

/** A replica that has the state by a snapshot. */
function restarted(state: KvState): KvState {
	const next = newState();
	const reader = next.beginRestore();
	const snapshot = state.beginSnapshot(64);
	for (let isDone = false; !isDone;) {
		const {data, done} = snapshot.nextChunk();
		reader.push(data);
		isDone = done;
	}
	next.restore(reader);
	return next;
}

test('the keys of a lease are there until its time is over by the log, and then all are gone at once', t => {
	const {state, write, leaseId} = newLease();
	write({type: 'batch', operations: [attached(leaseId, 'a'), attached(leaseId, 'b')]});
	write(put('c', 'x'));
	tell(state, 1099);
	t.like(read(state, 'a'), {value: bytesOf('x'), expiresAt: 1100});
	t.deepEqual(getLease(state, leaseId), {
		type: 'lease',
		isThere: true,
		leaseId,
		ttlMs: 100,
		expiresAt: 1100,
		version: 0,
		keyCount: 2,
		keys: ['a', 'b'],
	});
	tell(state, 1100);
	for (const key of ['a', 'b']) t.deepEqual(read(state, key), nothing);
	t.is(state.machine.itemCount, 1);
	t.like(getLease(state, leaseId), {isThere: false, ttlMs: 0, expiresAt: 0});
});

test('who keeps a lease alive gives its keys all of its time from that entry on, and changes no version', t => {
	const {state, write, leaseId} = newLease();
	write(attached(leaseId));
	const before = read(state);
	tell(state, 1090);
	t.like(write(keepAlive(leaseId)), {isThere: true, ttlMs: 100, expiresAt: 1190});
	tell(state, 1189);
	t.deepEqual(read(state), {...before, expiresAt: 1190} as Result);
	tell(state, 1190);
	t.deepEqual(read(state), nothing);
});

test('a lease that is over is not kept alive, not revoked, and takes no key: not by a late entry either', t => {
	const {state, write, leaseId} = newLease();
	write(attached(leaseId));
	tell(state, 1100);
	t.like(write(keepAlive(leaseId)), {isThere: false, expiresAt: 0});
	t.like(write(revoke(leaseId)), {isThere: false});
	t.like(write(attached(leaseId)), {type: 'invalid', reason: 'noSuchLease', version: 0});
	t.deepEqual(read(state), nothing);
	t.like(write(keepAlive(4711)), {isThere: false});
});

test('revoke ends the lease and its keys in its own entry; what was put otherwise since stays', t => {
	const {state, write, leaseId} = newLease();
	const other = (write(grant(500)) as Lease).leaseId;
	for (const key of ['a', 'b', 'c', 'd', 'e']) write(attached(leaseId, key));
	write(put('b', 'for ever'));
	write({type: 'put', key: 'c', value: bytesOf('y'), expiry: {ttlMs: 5000}});
	write(attached(other, 'd'));
	write({type: 'delete', key: 'e'});
	t.like(getLease(state, leaseId), {keys: ['a']});
	t.like(write(revoke(leaseId)), {isThere: true});
	t.deepEqual(read(state, 'a'), nothing);
	t.is(state.machine.itemCount, 3);
	t.like(read(state, 'd'), {expiresAt: 1500});
	t.like(getLease(state, other), {keys: ['d']});
});

test('append, increment and keep leave a key with its lease; put, compareAndSet and expire take it away', t => {
	const until = (...writes: readonly WriteOperation[]): unknown => {
		const {state, write, leaseId} = newLease();
		write(attached(leaseId, 'k', '7'));
		writes.forEach(write);
		return [(read(state) as {expiresAt?: number}).expiresAt, (getLease(state, leaseId) as Lease).keyCount];
	};
	const key = 'k';
	t.deepEqual(until({type: 'append', key, value: bytesOf('8')}), [1100, 1]);
	t.deepEqual(until({type: 'increment', key, by: 1n}), [1100, 1]);
	t.deepEqual(until({type: 'put', key, value: bytesOf('longer'), expiry: 'keep'}), [1100, 1]);
	t.deepEqual(until(put(key, 'y')), [undefined, 0]);
	t.deepEqual(until({type: 'compareAndSet', key, expected: {value: bytesOf('7')}, value: bytesOf('y')}), [
		undefined,
		0,
	]);
	t.deepEqual(until({type: 'expire', key, expiry: 'never'}), [undefined, 0]);
	t.deepEqual(until({type: 'expire', key, expiry: {ttlMs: 9}}), [1009, 0]);
	t.deepEqual(until({type: 'clear'}), [undefined, 0]);
});

test('a lease with many keys ends at once for all who look, and its keys are deleted in parts', t => {
	const {state, write, leaseId} = newLease();
	for (let first = 0; first < 9000; first += 3000)
		write({
			type: 'batch',
			operations: Array.from({length: 3000}, (_, place) => attached(leaseId, `k${first + place}`)),
		});
	t.like(getLease(state, leaseId), {keyCount: 9000, keys: []}, 'more than were asked for');
	const {byteLength} = state.machine;
	write(revoke(leaseId));
	t.is(state.machine.itemCount, 0);
	t.true(state.machine.byteLength > byteLength / 2, 'an entry deletes a part of them');
	t.deepEqual(read(state, 'k8999'), nothing);
	const other = restarted(state);
	let entries = 0;
	for (; state.machine.byteLength > 0 && entries < 100; entries += 1) {
		tell(state, 1010 + entries * 10);
		t.is(state.machine.itemCount, 0);
	}
	t.is(entries, 5, '2000 keys each');
	t.is(other.machine.itemCount, 0, 'none comes back from a snapshot that has them');
	t.like(getLease(other, leaseId), {isThere: false});
});

test('a snapshot carries leases, their keys and their time; what is written after it goes on as without', t => {
	const {state, write, leaseId} = newLease();
	write(attached(leaseId));
	write(put('stays', 'x'));
	const other = restarted(state);
	t.is(other.stateHash(), state.stateHash());
	t.deepEqual(getLease(other, leaseId), getLease(state, leaseId));
	t.deepEqual(read(other), read(state));
	tell(other, 1100);
	t.deepEqual(read(other), nothing);
	t.is(other.machine.itemCount, 1);
});

test('a snapshot is of the time when it began, whatever becomes of a lease meanwhile', t => {
	const {state, write, leaseId} = newLease();
	write({type: 'batch', operations: Array.from({length: 500}, (_, place) => attached(leaseId, `k${place}`))});
	const [hash, told] = [state.stateHash(), getLease(state, leaseId, 500)];
	const snapshot = state.beginSnapshot(100);
	const chunks = [snapshot.nextChunk()];
	write(revoke(leaseId));
	tell(state, 5000);
	write(grant(7));
	while (chunks.at(-1)?.done === false) chunks.push(snapshot.nextChunk());
	t.true(chunks.length > 3);
	const next = newState();
	const reader = next.beginRestore();
	for (const {data} of chunks) reader.push(data);
	next.restore(reader);
	t.is(next.stateHash(), hash);
	t.deepEqual(getLease(next, leaseId, 500), told);
	t.like(read(next, 'k7'), {expiresAt: 1100});
});

const step = fc.oneof(
	{weight: 2, arbitrary: fc.record({type: fc.constant('grant' as const), ttlMs: fc.integer({min: 1, max: 60})})},
	{
		weight: 3,
		arbitrary: fc.record({
			type: fc.constant('lease' as const),
			action: fc.constantFrom('keepAlive' as const, 'revoke' as const),
			lease: fc.nat(5),
		}),
	},
	{weight: 8, arbitrary: fc.record({type: fc.constant('attach' as const), lease: fc.nat(5), key: fc.nat(20)})},
	{
		weight: 4,
		arbitrary: fc.record({
			type: fc.constantFrom('put' as const, 'delete' as const, 'append' as const),
			key: fc.nat(20),
		}),
	},
	{weight: 3, arbitrary: fc.record({type: fc.constant('tell' as const), byMs: fc.nat(40)})},
	{weight: 1, arbitrary: fc.constant({type: 'restart' as const})},
);

test('a replica that restarts from snapshots again and again is as one that never does', t => {
	fc.assert(
		fc.property(fc.array(step, {maxLength: 80, size: 'max'}), script => {
			const state = newState();
			let other = newState();
			const leases: number[] = [];
			let now = 1000;
			let sequence = 0;
			const both = (command: Parameters<typeof applyTo>[1]): Outcome => {
				const outcome = applyTo(state, command);
				t.deepEqual(applyTo(other, command), outcome);
				return outcome;
			};
			const opened = both({type: 'openSession', closes: 0});
			const session = opened.type === 'sessionOpened' ? opened.session : 0;
			const write = (operation: WriteOperation): Outcome => {
				sequence += 1;
				return both(operationOf(session, sequence, sequence - 1, operation));
			};
			for (const each of script) {
				if (each.type === 'grant') leases.push((write(grant(each.ttlMs)) as Lease).leaseId);
				else if (each.type === 'tell') both({type: 'clock', logTime: 0, wallTime: (now += each.byMs)});
				else if (each.type === 'restart') other = restarted(other);
				else if (each.type === 'attach') write(attached(leases.at(-1 - each.lease) ?? 1, `k${each.key}`));
				else if (each.type === 'put') write(put(`k${each.key}`, 'y'));
				else if (each.type === 'append') write({type: 'append', key: `k${each.key}`, value: bytesOf('z')});
				else if (each.type === 'lease')
					write({type: 'lease', action: each.action, leaseId: leases.at(-1 - each.lease) ?? 1});
				else write({type: 'delete', key: `k${each.key}`});
				if (other.stateHash() !== state.stateHash() || other.machine.itemCount !== state.machine.itemCount)
					t.fail(`another state after ${each.type}`);
			}
		}),
		runs(300),
	);
});

test('leases that are revoked leave nothing behind that is to be done at their time', t => {
	const {state, write, leaseId} = newLease();
	write(revoke(leaseId));
	const last = (write(grant(1e6)) as Lease).leaseId;
	for (let count = 1; count <= 1000; count += 1) write(revoke((write(grant(count * 10)) as Lease).leaseId));
	let entries = 0;
	for (let due = 0; due < 1e6; entries += 1) {
		due = state.machine.timed!.nextDeadline();
		tell(state, due);
	}
	t.true(entries < 100, `${entries}`);
	t.like(getLease(state, last), {isThere: false});
	t.is(state.machine.byteLength, 0);
});

test('there are only so many leases', t => {
	const {state, write} = newLease();
	for (let count = 1; count < leasesMax; count += 1) state.machine.apply(grant(10), {revision: count + 100} as never);
	t.like(write(grant(10)), {type: 'invalid', reason: 'tooManyLeases'});
	tell(state, 2000);
	t.like(write(grant(10)), {isThere: true});
});

test('words about leases travel as bytes, and what makes no sense is malformed', t => {
	const command = (write: unknown): Parameters<typeof encodeCommand>[0] =>
		operationOf(1, 2, 1, write as WriteOperation);
	for (const write of [grant(5), keepAlive(7), revoke(7)])
		t.deepEqual(decodeCommand(encodeCommand(command(write))), command(write));
	t.is(decodeCommand(encodeCommand(command(grant(0)))), undefined);
	t.is(decodeCommand(encodeCommand(command(revoke(0)))), undefined);
	t.is(decodeCommand(encodeCommand(command({type: 'lease', action: 'steal', leaseId: 1}))), undefined);
	t.is(decodeCommand(encodeCommand(command({...attached(0)}))), undefined);
});
