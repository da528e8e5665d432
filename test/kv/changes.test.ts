/** What a replica tells of changes: all of them, each once, in the order of the log; and that it says so where it cannot. */
import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {bytesOf, textOf} from '../../actors/text.js';
import type {Change, Result, WriteOperation} from '../../src/kv/types.js';
import {applyTo, append, newState as newUnwatched, put, runs, writerTo, type KvState} from './helpers.js';

/** Remembers changes from the first on: it was asked for keys. */
function newState(limits: Parameters<typeof newUnwatched>[0] = {}): KvState {
	const state = newUnwatched(limits);
	state.read({type: 'scan', from: 0, lookedAtMax: 1});
	return state;
}

const tell = (state: KvState, wallTime: number): unknown => applyTo(state, {type: 'clock', logTime: 0, wallTime});
const changesAfter = (state: KvState, after: number | undefined, prefix?: string): Result =>
	state.read({type: 'changes', after, prefix, waitMs: 0});

/** What is told after this revision, as lines. */
function told(state: KvState, after: number, prefix?: string): readonly string[] {
	const result = changesAfter(state, after, prefix);
	if (result.type !== 'changes') return [`${result.type} ${'revision' in result ? result.revision : ''}`];
	return result.changes.map(change => line(change));
}

function line({revision, event, key, value, isNew, setsDeadline}: Change): string {
	const flags = `${isNew ? ' new' : ''}${setsDeadline ? ' until' : ''}`;
	return `${revision} ${event} ${key}${value.length > 0 ? `=${textOf(value)}` : ''}${flags}`;
}

/** A replica that has the state by a snapshot. */
function restarted(state: KvState): KvState {
	const next = newUnwatched();
	const reader = next.beginRestore();
	const snapshot = state.beginSnapshot(65_536);
	for (let isDone = false; !isDone;) {
		const {data, done} = snapshot.nextChunk();
		reader.push(data);
		isDone = done;
	}
	next.restore(reader);
	return next;
}

test('each kind of write tells what it has changed, and one that changes nothing tells nothing', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	const from = state.revision;
	for (const operation of [
		put('a', '1'),
		put('a', '2'),
		append('a', '3'),
		{type: 'put', key: 'a', value: bytesOf('x'), condition: 'absent'},
		{type: 'compareAndSet', key: 'a', expected: {value: bytesOf('23')}, value: bytesOf('4')},
		{type: 'compareAndSet', key: 'a', expected: {value: bytesOf('23')}, value: bytesOf('5')},
		{type: 'increment', key: 'a', by: 3n},
		{type: 'expire', key: 'a', expiry: {ttlMs: 50}},
		{type: 'expire', key: 'a', expiry: 'never'},
		{type: 'put', key: 'b', value: bytesOf('6'), expiry: {ttlMs: 50}},
		{type: 'put', key: 'c', value: bytesOf('7'), expiry: {expiresAt: 1}},
		{type: 'expire', key: 'b', expiry: {expiresAt: 1}},
		{type: 'delete', key: 'a'},
		{type: 'delete', key: 'a'},
		{type: 'put', key: 'd', value: bytesOf('8')},
		{type: 'edit', name: 'rename', keys: ['d', 'e'], values: []},
		{type: 'edit', name: 'rename', keys: ['d', 'e'], values: []},
		{type: 'edit', name: 'copy', keys: ['e', 'a'], values: []},
		{type: 'edit', name: 'incrbyfloat', keys: ['a'], values: [bytesOf('1')]},
		{type: 'edit', name: 'msetnx', keys: ['f', 'g'], values: [bytesOf('1'), bytesOf('2')]},
		{type: 'clear'},
	] satisfies WriteOperation[])
		write(operation);
	t.deepEqual(
		told(state, from).map(each => `${Number(each.split(' ')[0]) - from} ${each.split(' ').slice(1).join(' ')}`),
		[
			'1 set a=1 new',
			'2 set a=2',
			'3 append a=23',
			'5 set a=4',
			'7 incrby a=7',
			'8 expire a=7',
			'9 persist a=7',
			'10 set b=6 new until',
			'11 set c=7 new until',
			'11 expired c',
			'12 del b',
			'13 del a',
			'15 set d=8 new',
			'16 rename_from d',
			'16 rename_to e=8 new',
			'18 copy_to a=8 new',
			'19 incrbyfloat a=9',
			'20 set f=1 new',
			'20 set g=2 new',
			'21 clear ',
		],
	);
});

test('all changes of a batch, a transaction or a script have one revision; a script that fails changes nothing', t => {
	const state = newState();
	const write = writerTo(state);
	const from = state.revision;
	const script = (source: string): WriteOperation => ({type: 'script', source: bytesOf(source), keys: [], values: []});
	write({type: 'batch', operations: [put('a', '1'), put('b', '2')] as never});
	write({type: 'transaction', compares: [], operations: [put('a', '3'), {type: 'delete', key: 'b'}] as never});
	write(script("redis.call('set', 'c', '4') redis.call('incr', 'c') return redis.call('del', 'a')"));
	write(script("redis.call('set', 'e', '4') return redis.call('nothing')"));
	t.deepEqual(told(state, from), [
		`${from + 1} set a=1 new`,
		`${from + 1} set b=2 new`,
		`${from + 2} set a=3`,
		`${from + 2} del b`,
		`${from + 3} set c=4 new`,
		`${from + 3} incrby c=5`,
		`${from + 3} del a`,
	]);
});

test('of a prefix its own changes are told, and that all keys are gone', t => {
	const state = newState();
	const write = writerTo(state);
	const from = state.revision;
	for (const key of ['a/1', 'b/1', 'a/2']) write(put(key, 'x'));
	write({type: 'clear'});
	t.deepEqual(told(state, from, 'a/'), [
		`${from + 1} set a/1=x new`,
		`${from + 3} set a/2=x new`,
		`${from + 4} clear `,
	]);
	t.like(changesAfter(state, undefined), {type: 'changes', revision: from + 4, changes: []});
	t.like(changesAfter(state, from + 4), {type: 'changes', revision: from + 4, changes: []});
	t.like(changesAfter(state, from + 100), {revision: from + 100}, 'one that is ahead is not sent back');
});

test('what is older than the ring is compacted, and so is what came before a snapshot that a replica began with', t => {
	const state = newState({changesMax: 3});
	const write = writerTo(state);
	for (const text of '12345') write(put('a', text));
	t.deepEqual(told(state, 3), ['4 set a=3', '5 set a=4', '6 set a=5']);
	t.deepEqual(told(state, 2), ['compacted 3']);
	write({type: 'batch', operations: [put('a', '6'), put('b', '7')] as never});
	t.deepEqual(told(state, 4), ['compacted 5']);
	t.deepEqual(told(state, 5), ['6 set a=5', '7 set a=6', '7 set b=7 new']);
	write({type: 'batch', operations: [put('a', '8'), put('b', '9'), put('c', '0'), put('d', '1')] as never});
	t.deepEqual(told(state, 7), ['compacted 8'], 'a revision is told as a whole or not at all');
	t.deepEqual(told(state, 8), []);

	const next = restarted(state);
	t.deepEqual(told(next, 7), ['compacted 8']);
	t.deepEqual(told(next, 8), []);
	next.read({type: 'scan', from: 0, lookedAtMax: 1});
	writerTo(next)(put('a', 'x'));
	t.deepEqual(told(next, 8), ['10 set a=x']);
});

const many = (count: number): WriteOperation[] =>
	Array.from({length: count}, (_, number) => put('many', String(number)));

test('while nobody watches the last 64 changes are remembered, and all from the entry on that says that somebody does', t => {
	const state = newUnwatched();
	const write = writerTo(state);
	tell(state, 1000);
	write(put('a', '1'));
	const from = state.revision;
	for (const each of many(64)) write(each);
	t.is(told(state, from).length, 64);
	t.is(told(state, from)[63], `${from + 64} set many=63`);
	write(put('a', '2'));
	t.deepEqual(told(state, from), [`compacted ${from + 1}`]);
	t.like(write({type: 'keepChanges'}), {type: 'changes', revision: from + 66, changes: []});
	for (const each of many(500)) write(each);
	t.is(told(state, from + 1).length, 564, 'what is remembered then stays');

	const next = restarted(state);
	for (const replica of [state, next]) {
		const writeTo = writerTo(replica);
		const last = replica.revision;
		applyTo(replica, {type: 'clock', logTime: 0, wallTime: 600_999});
		for (const each of many(100)) writeTo(each);
		t.is(told(replica, last).length, 100, 'a snapshot says that somebody watches');
	}
	t.is(next.stateHash(), state.stateHash());
	for (const replica of [state, next]) {
		const last = replica.revision;
		tell(replica, 601_000);
		t.is(told(replica, last - 64).length, 64, 'ten minutes are over: the last are remembered');
		t.deepEqual(told(replica, last - 65), [`compacted ${last - 64}`]);
		const writeTo = writerTo(replica);
		for (const each of many(65)) writeTo(each);
		t.deepEqual(told(replica, replica.revision - 65), [`compacted ${replica.revision - 64}`]);
	}
});

test('a change with a large value, or too many at once, is not remembered while nobody watches', t => {
	const state = newUnwatched();
	const write = writerTo(state);
	write(put('a', '1'));
	const from = state.revision;
	write(put('a', 'x'.repeat(64 * 1024)));
	t.deepEqual(told(state, from), [`compacted ${from + 1}`]);
	write({type: 'batch', operations: many(65) as never});
	t.deepEqual(told(state, from + 1), [`compacted ${from + 2}`]);
	t.deepEqual(told(state, from + 2), []);
});

test('a value that is remembered while nobody watches is the one that was written, whatever comes after it', t => {
	const state = newUnwatched();
	const write = writerTo(state);
	write(put('a', '1'));
	const from = state.revision;
	for (const each of [
		put('a', '2'),
		append('a', '3'),
		put('a', '44'),
		{type: 'edit', name: 'copy', keys: ['a', 'b'], values: []},
		put('b', '55'),
		put('a', '66'),
	] satisfies WriteOperation[])
		write(each);
	t.deepEqual(
		told(state, from).map(each => each.split(' ')[2]),
		['a=2', 'a=23', 'a=44', 'b=44', 'b=55', 'a=66'],
	);
});

test('whoever reads keys can watch from there on: the replica that was asked keeps what comes next', t => {
	const state = newUnwatched({changesMax: 200});
	const write = writerTo(state);
	tell(state, 1000);
	write(put('a', '1'));
	state.read({type: 'scan', from: 0, lookedAtMax: 10});
	const from = state.revision;
	for (const each of many(150)) write(each);
	tell(state, 700_000);
	t.is(told(state, from).length, 150);
	t.is(restarted(state).stateHash(), state.stateHash(), 'it is no part of the state');
	for (const each of many(150)) write(each);
	tell(state, 700_001);
	for (const each of many(100)) write(each);
	t.deepEqual(
		told(state, state.revision - 65),
		[`compacted ${state.revision - 64}`],
		'as many as a replica keeps have come',
	);
});

test('the ring is bounded in bytes, too, and keeps values as they were', t => {
	const state = newState({changeBytesMax: 100});
	const write = writerTo(state);
	const value = bytesOf('0123456789');
	for (let number = 0; number < 50; number += 1) write({type: 'put', key: 'k', value});
	value.fill(0);
	const held = told(state, 42);
	t.is(held.length, 9);
	t.true(held.every(each => each.endsWith('k=0123456789') || each.endsWith('new')));
	t.deepEqual(told(state, 41), ['compacted 42']);
	write(put('k', 'x'.repeat(200)));
	t.deepEqual(told(state, 51), ['compacted 52'], 'one value that is larger than the ring');
});

test('a long answer is cut between two revisions, and whoever goes on from it gets the rest', t => {
	const state = newState();
	const write = writerTo(state);
	const text = 'x'.repeat(100_000);
	for (let number = 0; number < 15; number += 1)
		write({type: 'batch', operations: [put(`a${number}`, text), put(`b${number}`, text)] as never});
	const keys: string[] = [];
	let answers = 0;
	for (let after = 1; ;) {
		const result = changesAfter(state, after);
		if (result.type !== 'changes' || result.changes.length === 0) break;
		t.is(result.changes.at(-1)?.revision, result.revision === state.revision ? state.revision : result.revision);
		t.is(result.changes.length % 2, 0);
		keys.push(...result.changes.map(({key}) => key));
		after = result.revision;
		answers += 1;
	}
	t.is(answers, 3);
	t.deepEqual(keys, Array.from({length: 15}, (_, number) => [`a${number}`, `b${number}`]).flat());
});

test('keys that expire are told at the entry that says so, however late they are deleted', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	const keys = Array.from({length: 5000}, (_, number) => `k${String(number).padStart(4, '0')}`);
	for (const key of keys) write({type: 'put', key, value: bytesOf('x'), expiry: {ttlMs: 10}});
	const from = state.revision;
	tell(state, 1010);
	const expiredAt = state.revision;
	write(put('later', '1'));
	t.deepEqual(told(state, from), [], 'not all of them are found');
	// Found when it is overwritten, and when it is deleted.
	write(put('k0001', 'new'));
	write({type: 'delete', key: 'k0002'});
	tell(state, 1020);
	tell(state, 1030);
	const all = told(state, from);
	t.deepEqual(
		all.slice(0, 5000),
		keys.map(key => `${expiredAt} expired ${key}`),
	);
	t.deepEqual(all.slice(5000), [`${expiredAt + 1} set later=1 new`, `${expiredAt + 2} set k0001=new new`]);
});

test('the keys of a lease are told when it ends: by its time as expired, by a revocation as deleted', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	const grant = (): number => (write({type: 'lease', action: 'grant', ttlMs: 100}) as {leaseId: number}).leaseId;
	const [timed, revoked] = [grant(), grant()];
	for (const [key, leaseId] of [
		['b', timed],
		['a', timed],
		['d', revoked],
		['c', revoked],
	] as const)
		write({type: 'put', key, value: bytesOf('x'), expiry: {leaseId}});
	const from = state.revision;
	write({type: 'lease', action: 'revoke', leaseId: revoked});
	write(put('c', 'y'));
	tell(state, 1100);
	t.deepEqual(told(state, from), [
		`${from + 1} del c`,
		`${from + 1} del d`,
		`${from + 2} set c=y new`,
		`${from + 3} expired a`,
		`${from + 3} expired b`,
	]);
	tell(state, 1200);
	t.is(told(state, from).length, 5, 'that their records are deleted is no change');
});

test('a clear while some of what has expired is not found makes what came before compacted', t => {
	const state = newState();
	const write = writerTo(state);
	tell(state, 1000);
	for (let number = 0; number < 3000; number += 1)
		write({type: 'put', key: `k${number}`, value: bytesOf('x'), expiry: {ttlMs: 10}});
	const from = state.revision;
	tell(state, 1010);
	write({type: 'clear'});
	t.deepEqual(told(state, from), [`compacted ${from + 1}`]);
	t.deepEqual(told(state, from + 1), [`${from + 2} clear `]);
});

const keyArbitrary = fc.constantFrom('a', 'b', 'c', 'd');
const stepArbitrary = fc.oneof(
	fc.record({type: fc.constant('put' as const), key: keyArbitrary, ttlMs: fc.option(fc.integer({min: 1, max: 40}))}),
	fc.record({type: fc.constant('delete' as const), key: keyArbitrary}),
	fc.record({type: fc.constant('clock' as const), byMs: fc.integer({min: 1, max: 30})}),
	fc.record({type: fc.constant('restart' as const), which: fc.nat(2)}),
	fc.record({type: fc.constant('fill' as const), count: fc.constantFrom(10, 3000)}),
);

test('replicas that restart from snapshots tell the same as one that never does, or that it is compacted', t => {
	fc.assert(
		fc.property(fc.array(stepArbitrary, {maxLength: 40}), steps => {
			const first = newUnwatched();
			const replicas = [first, newUnwatched(), newUnwatched()];
			let wallTime = 1000;
			let sequence = 1;
			const apply = (command: Parameters<typeof applyTo>[1]): unknown => replicas.map(state => applyTo(state, command));
			apply({type: 'openSession', closes: 0});
			apply({type: 'clock', logTime: 0, wallTime});
			const keeping = [{sequence: 1, write: {type: 'keepChanges'} as const}];
			apply({type: 'writes', session: 1, acknowledged: 0, after: 0, writes: keeping});
			for (const step of steps) {
				if (step.type === 'restart') {
					if (step.which > 0) replicas[step.which] = restarted(replicas[step.which]!);
					continue;
				}
				if (step.type === 'clock') apply({type: 'clock', logTime: 0, wallTime: (wallTime += step.byMs)});
				else {
					sequence += 1;
					const write: WriteOperation =
						step.type === 'delete'
							? step
							: step.type === 'put'
								? {
										type: 'put',
										key: step.key,
										value: bytesOf('x'),
										...(step.ttlMs === null ? {} : {expiry: {ttlMs: step.ttlMs}}),
									}
								: {
										type: 'batch',
										operations: Array.from({length: step.count}, (_, place) => ({
											type: 'put' as const,
											key: `f${place}`,
											value: bytesOf('x'),
											expiry: {ttlMs: 20},
										})),
									};
					apply({
						type: 'writes',
						session: 1,
						acknowledged: sequence - 1,
						after: sequence - 1,
						writes: [{sequence, write}],
					});
				}
				for (const after of [first.revision - 1, first.revision - 3]) compare(replicas, after);
			}
			for (let after = 0; after <= first.revision; after += 1) compare(replicas, after);
		}),
		runs(15),
	);
	t.pass();
});

/** Each tells all up to the revision that it names, or that it is compacted. */
function compare(replicas: readonly KvState[], after: number): void {
	const answers = replicas
		.map(state => changesAfter(state, Math.max(0, after)))
		.filter(result => result.type === 'changes');
	const least = Math.min(...answers.map(({revision}) => revision));
	const parts = answers.map(({changes}) => changes.filter(({revision}) => revision <= least).map(line));
	for (const part of parts) assert.deepEqual(part, parts[0]);
}
