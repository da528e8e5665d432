/** Databases 0 to 15: on a machine, beside a model that was written a second time; in snapshots; in memory; and as they travel. */
import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf, textOf} from '../../actors/text.js';
import {databaseOf, keyInDatabase, nameOfKey} from '../../src/kv/database-name.js';
import {writeInDatabase} from '../../src/kv/in-database.js';
import {isKey} from '../../src/kv/key.js';
import {bytesOfOperation} from '../../src/kv/operation-bytes.js';
import {parseRead, parseWrite, plainOfOperation} from '../../src/kv/operation-codec.js';
import {scanEnd} from '../../src/kv/scan-position.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {Operation, Part, ReadOperation, Result, WriteOperation} from '../../src/kv/types.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {FrozenMachine, StateMachine} from '../../src/service/machine.js';
import {KvModel} from '../../src/simulation/kv/kv-model.js';
import {isAlike} from '../../src/simulation/kv/operation-text.js';
import {put, runs} from './helpers.js';

const valueBytesMax = 100;
const limits = {
	valueBytesMax,
	sessionsMax: 2,
	sessionTimeoutMs: 1e9,
	sessionResultsMax: 1e6,
	sessionResultBytesMax: 1e9,
};

const swap = (one: number, other: number): Part & WriteOperation => ({
	type: 'edit',
	name: 'swapdb',
	keys: [],
	values: [one, other].map(number => bytesOf(String(number))),
});
const move = (from: string, to: string): Part & WriteOperation => ({
	type: 'edit',
	name: 'move',
	keys: [from, to],
	values: [],
});

/** A machine, and what restores it from its own snapshot. */
class Bench {
	machine: StateMachine<KvTypes> = kvMachine({valueBytesMax}).create();
	revision = 0;

	run(write: WriteOperation, wallTime?: number): Result {
		this.revision += 1;
		if (wallTime !== undefined) this.machine.timed?.advance(wallTime, this.revision);
		const place = {index: this.revision, term: 1, revision: this.revision, logTime: 0, emit: () => undefined};
		return this.machine.apply(write, place as unknown as Parameters<StateMachine<KvTypes>['apply']>[1]);
	}

	/** An entry that tells the time. */
	pass(wallTime: number): void {
		this.revision += 1;
		this.machine.timed?.advance(wallTime, this.revision);
	}

	read(read: ReadOperation): Result {
		return this.machine.read(read, this.revision);
	}

	names(database: number): readonly string[] {
		const told = this.read({type: 'scan', from: 0, prefix: keyInDatabase(database, ''), lookedAtMax: 1000});
		return told.type === 'keys' ? [...told.keys].sort() : [];
	}

	valueOf(key: string): string | undefined {
		const told = this.read({type: 'get', key});
		return told.type === 'value' && told.value !== undefined ? textOf(told.value) : undefined;
	}
}

/** Through bytes, in frames as small as they get. */
function restored(frozen: FrozenMachine, wallTime: number): StateMachine<KvTypes> {
	const reader = kvMachine({valueBytesMax}).beginRestore(6);
	const frames = frozen.frames(1);
	for (let frame = frames.next(); frame.done !== true; frame = frames.next())
		if (reader?.take(codec.decode(codec.encode(frame.value)) as unknown[]) !== true) throw new TypeError('frame');
	const machine = reader?.finish() as StateMachine<KvTypes>;
	machine.timed?.advance(wallTime, 0);
	return machine;
}

const database = fc.constantFrom(0, 0, 1, 2, 15);
const key = fc
	.tuple(database, fc.constantFrom('a', 'b', '', '\u00ff'))
	.map(([number, name]) => keyInDatabase(number, name));
const value = fc.constantFrom('1', 'x', '').map(text => bytesOf(text));
const part: fc.Arbitrary<Part & WriteOperation> = fc.oneof(
	fc.record({
		type: fc.constant('put' as const),
		key,
		value,
		expiry: fc.option(fc.record({expiresAt: fc.integer({min: 1, max: 40})}), {nil: undefined}),
	}),
	fc.record({type: fc.constant('append' as const), key, value}),
	fc.record({type: fc.constant('delete' as const), key}),
	fc.record({type: fc.constant('increment' as const), key, by: fc.constant(1n)}),
	fc.record({
		type: fc.constant('clear' as const),
		database: fc.constantFrom<(number | 'all')[]>(0, 1, 2, 15, 'all'),
	}),
	fc.tuple(database, database).map(numbers => swap(...numbers)),
	fc.tuple(key, key).map(keys => move(...keys)),
	fc.tuple(key, key).map((keys): Part & WriteOperation => ({type: 'edit', name: 'copy', keys, values: []})),
);
const write: fc.Arbitrary<WriteOperation> = fc.oneof(
	{weight: 6, arbitrary: part},
	{weight: 1, arbitrary: fc.record({type: fc.constant('batch' as const), operations: fc.array(part, {maxLength: 4})})},
	{
		weight: 2,
		arbitrary: fc
			.tuple(key, fc.array(part, {maxLength: 2}), fc.boolean())
			.map(([watched, operations, asks]): WriteOperation => ({
				type: 'transaction',
				compares: asks ? [{key: watched, expected: {absentSince: 3}}] : [],
				operations,
				watched: [watched],
			})),
	},
	{
		weight: 1,
		arbitrary: fc.tuple(database, database, database).map(([begins, selected, other]): WriteOperation => ({
			type: 'script',
			source: bytesOf(`redis.call('append', 'a', 's')
redis.call('select', ARGV[1])
redis.call('append', 'a', 't')
redis.call('swapdb', ARGV[1], ARGV[2])
redis.call('append', 'a', 'u')
redis.call('move', 'a', ARGV[2])`),
			keys: [],
			values: [selected, other].map(number => bytesOf(String(number))),
			database: begins,
		})),
	},
);
const step = fc.oneof(
	{weight: 8, arbitrary: write},
	{weight: 1, arbitrary: fc.constantFrom('freeze' as const, 'restart' as const)},
	{weight: 1, arbitrary: fc.constant('later' as const)},
);

/** What a script of `write` comes to, as a batch: MOVE in it fails where both databases are the same. */
function meaning(operation: WriteOperation): WriteOperation {
	if (operation.type !== 'script') return operation;
	const [selected = 0, other = 0] = operation.values.map(text => Number(textOf(text)));
	const append = (number: number, text: string): Part => ({
		type: 'append',
		key: keyInDatabase(number, 'a'),
		value: bytesOf(text),
	});
	if (selected === other) return {type: 'batch', operations: []};
	return {
		type: 'batch',
		operations: [
			append(operation.database ?? 0, 's'),
			append(selected, 't'),
			swap(selected, other),
			append(selected, 'u'),
			move(keyInDatabase(selected, 'a'), keyInDatabase(other, 'a')),
		],
	};
}

test('the machine and its model say the same of all databases, and snapshots bring each key back where it was', t => {
	fc.assert(
		fc.property(fc.array(step, {minLength: 20, maxLength: 60}), steps => {
			const bench = new Bench();
			const model = new KvModel(limits, () => undefined);
			model.other({type: 'openSession', closes: 0});
			bench.revision = 1;
			let wallTime = 0;
			let frozen: {readonly machine: FrozenMachine; readonly hash: string; readonly wallTime: number} | undefined;
			for (const [place, each] of steps.entries()) {
				if (each === 'later') {
					wallTime += 5;
					bench.pass(wallTime);
					model.other({type: 'clock', logTime: 0, wallTime});
					continue;
				}
				if (typeof each === 'string') {
					// What was frozen is read when other things have become of it.
					if (frozen !== undefined) {
						t.is(restored(frozen.machine, frozen.wallTime).hash(), frozen.hash);
						frozen.machine.release();
					}
					frozen = {machine: bench.machine.freeze(), hash: bench.machine.hash(), wallTime};
					if (each === 'freeze') continue;
					const before = bench.machine;
					bench.machine = restored(frozen.machine, wallTime);
					t.is(bench.machine.hash(), before.hash());
					t.is(bench.machine.itemCount, before.itemCount);
					frozen = undefined;
					continue;
				}
				const result = bench.run(each);
				const writes = [{sequence: place + 1, write: meaning(each)}];
				const made = {type: 'writes', session: 1, acknowledged: 0, after: 0, writes};
				const [run] = model.writes(made as never, {index: bench.revision, term: 1} as never);
				if (each.type !== 'script' && !isAlike(run?.outcome, {type: 'result', result}))
					t.deepEqual(run?.outcome as unknown, {type: 'result', result});
			}
			t.is(bench.machine.itemCount, model.keys.size);
			for (const [held, {value: wanted, version}] of model.keys) {
				const told = bench.read({type: 'get', key: held});
				t.like(told, {version});
				t.is(bench.valueOf(held), textOf(wanted));
			}
			for (const number of [0, 1, 2, 15]) {
				const names = [...model.keys.keys()].filter(held => databaseOf(held) === number).map(held => nameOfKey(held));
				t.deepEqual(bench.names(number), names.sort());
				t.like(bench.read({type: 'count', database: number}), {count: names.length});
			}
			bench.run({type: 'clear', database: 'all'});
			t.is(bench.machine.byteLength, 0);
		}),
		runs(400),
	);
});

test('an exchange of databases changes each key of both, so that whoever compares a version or an absence sees it', t => {
	const bench = new Bench();
	// Both have the same version.
	bench.run({type: 'batch', operations: [put('a', '0'), put('\u0101a', '1')] as Part[]});
	const watched = bench.run({type: 'transaction', compares: [], operations: [], watched: ['b', 'c']});
	const since = watched.type === 'transaction' ? watched.revision : 0;
	bench.run(put('\u0101b', 'x'));
	bench.run(swap(0, 1));
	t.is(bench.valueOf('a'), '1');
	const asks = (asked: string, expected: {version: number} | {absentSince: number}): Result =>
		bench.run({type: 'transaction', compares: [{key: asked, expected}], operations: []});
	t.like(asks('a', {version: 1}), {isCommitted: false});
	bench.run({type: 'delete', key: 'b'});
	t.like(asks('b', {absentSince: since}), {isCommitted: false}, 'it came and went');
	t.like(asks('c', {absentSince: since}), {isCommitted: true}, 'it is in neither');
	const scanned = bench.read({type: 'scan', from: 0, to: scanEnd, lookedAtMax: 99});
	t.deepEqual(scanned.type === 'keys' && scanned.versions, [4], 'a scan tells the same version as a read');
});

test('keys of leases stay in database 0', t => {
	const bench = new Bench();
	const granted = bench.run({type: 'lease', action: 'grant', ttlMs: 1000}, 1);
	const leaseId = granted.type === 'lease' ? granted.leaseId : 0;
	const attached = (name: string): WriteOperation => ({type: 'put', key: name, value: bytesOf('x'), expiry: {leaseId}});
	t.like(bench.run(attached('\u0103a')), {reason: 'noSuchLease'});
	t.like(bench.run(attached('a')), {type: 'written'});
	const refused = {type: 'scripted', isApplied: false};
	t.like(bench.run(move('a', '\u0103a')), refused);
	t.like(bench.run({type: 'edit', name: 'copy', keys: ['a', '\u0103b'], values: []}), refused);
	t.like(bench.run(swap(3, 0)), refused);
	const script = "return redis.pcall('swapdb', 0, 3).err";
	t.like(bench.run({type: 'script', source: bytesOf(script), keys: [], values: []}), {
		reply: 'ERR keys of a lease cannot be in another database than 0: delete them first',
	});
	t.like(bench.run(swap(3, 4)), {isApplied: true});
	bench.run(put('b', 'y'));
	// Its key is gone, though it may still be held.
	t.like(bench.run(swap(3, 0), 5000), {isApplied: true});
	t.deepEqual(bench.names(3), ['b']);
	t.deepEqual(bench.names(0), []);
	t.is(bench.machine.itemCount, 1);
	t.like(bench.run({type: 'lease', action: 'grant', ttlMs: 1000}), {isThere: true});
});

test('keys of all databases are gone at their time, a bounded number at a time', t => {
	const bench = new Bench();
	const operations = Array.from({length: 5000}, (_, place): Part => {
		const expiring = keyInDatabase(place % 16, `key ${place}`);
		return {type: 'put', key: expiring, value: bytesOf(''), expiry: {expiresAt: 10}};
	});
	bench.run({type: 'batch', operations}, 1);
	const after = bench.revision;
	bench.run(put('x', ''), 10);
	t.is(bench.machine.itemCount, 1);
	const counts: number[] = [];
	for (let now = 20; bench.machine.byteLength > 1000 && now < 500; now += 10) {
		counts.push(bench.machine.byteLength);
		bench.run(put('x', ''), now);
	}
	t.true(counts.length >= 2, String(counts));
	const told = bench.read({type: 'changes', after, waitMs: 0, ofAllDatabases: true});
	const expired = told.type === 'changes' ? told.changes.filter(({event}) => event === 'expired') : [];
	t.is(new Set(expired.map(change => change.key)).size, 5000);
	t.is(new Set(expired.map(({revision}) => revision)).size, 1);
});

test('who watches is told of one database, or of all; an exchange ends what can be told of one', t => {
	const bench = new Bench();
	const told = (read: Partial<ReadOperation>): unknown => {
		const result = bench.read({type: 'changes', after: 0, waitMs: 0, ...read} as ReadOperation);
		return result.type === 'changes' ? result.changes.map(change => `${change.event} ${change.key}`) : result;
	};
	bench.run(put('a', ''));
	bench.run(put('\u0101a', ''));
	bench.run({type: 'clear', database: 1});
	bench.run(move('a', '\u0102a'));
	t.deepEqual(told({}), ['set a', 'move_from a']);
	t.deepEqual(told({prefix: '\u0101'}), ['set \u0101a', 'clear \u0101']);
	t.deepEqual(told({prefix: '\u0102a'}), ['move_to \u0102a']);
	const all = ['set a', 'set \u0101a', 'clear \u0101', 'move_from a', 'move_to \u0102a'];
	t.deepEqual(told({ofAllDatabases: true}), all);
	bench.run(swap(0, 2));
	t.deepEqual(told({}), {type: 'compacted', revision: 5});
	t.deepEqual(told({prefix: '\u0102'}), {type: 'compacted', revision: 5});
	t.deepEqual(told({prefix: '\u0101'}), ['set \u0101a', 'clear \u0101']);
	t.deepEqual(told({ofAllDatabases: true}), all);
	const waiting = bench.machine.awaited?.continued({type: 'changes', after: 4, waitMs: 9}, bench.revision);
	t.is(waiting, undefined, 'who waits hears of it');
	bench.run(put('b', ''));
	t.deepEqual(told({after: 5}), ['set b']);
});

test('what a database takes is weighed by its own keys, wherever they are when they are written', t => {
	const bench = new Bench();
	const large = (name: string): WriteOperation => put(name, 'x'.repeat(90));
	for (let place = 0; place < 20; place += 1) bench.run(large(`\u0101key ${place}`));
	bench.run(large('other'));
	const fits = (room: number, ...writes: WriteOperation[]): readonly boolean[] => bench.machine.fits(writes, room);
	const all = Array.from({length: 15}, (_, place) => large(`\u0103${place}`));
	t.false(fits(200, ...all).every(Boolean));
	t.true(fits(200, {type: 'clear', database: 1}, ...all).every(Boolean), 'room that the clear made');
	t.false(fits(200, {type: 'clear', database: 0}, ...all).every(Boolean), 'little was in it');
	t.false(fits(200, {type: 'clear', database: 2}, ...all).every(Boolean), 'nothing was in it');
	t.true(fits(200, swap(1, 7), {type: 'clear', database: 7}, ...all).every(Boolean), 'it went along');
	t.false(fits(200, swap(1, 7), {type: 'clear', database: 1}, ...all).every(Boolean));
	const again = Array.from({length: 15}, (_, place) => large(`\u0107key ${place}`));
	t.true(fits(200, swap(1, 7), ...again).every(Boolean), 'they are replaced');
	t.false(fits(200, swap(2, 7), ...again).every(Boolean));
});

test('operations on databases come back from their bytes, within the size that is told; those of database 0 are as they were', t => {
	const operations: readonly Operation[] = [
		{type: 'get', key: '\u0101a'},
		{type: 'put', key: `\u010f${'\u00ff'.repeat(30)}`, value: bytesOf('x')},
		{type: 'clear', database: 3},
		{type: 'clear', database: 'all'},
		{type: 'count', database: 15},
		{type: 'count', database: 'all'},
		{type: 'changes', after: 1, prefix: undefined, waitMs: 0, ofAllDatabases: true},
		{type: 'script', source: bytesOf('return 1'), keys: ['a'], values: [], isReadOnly: false, database: 7},
		swap(0, 15),
		move('a', '\u0101a'),
	];
	for (const operation of operations) {
		const bytes = codec.encode(plainOfOperation(operation));
		const plain = codec.decode(bytes) as unknown[];
		t.deepEqual(parseWrite(plain) ?? parseRead(plain), operation as never, operation.type);
		t.true(bytes.length <= bytesOfOperation(operation), operation.type);
	}
	t.deepEqual(plainOfOperation({type: 'clear'}), [6]);
	t.deepEqual(plainOfOperation({type: 'clear', database: 0}), [6]);
	t.deepEqual(plainOfOperation({type: 'count'}), [35]);
	t.is(plainOfOperation({type: 'script', source: bytesOf(''), keys: [], values: []}).length, 5);
	const malformed: readonly unknown[][] = [
		[6, 16],
		[6, 'a'],
		[8, '\u0100a'],
		[8, '\u0110a'],
		[8, 'a\u0101'],
		[0, '\u0101\u0101', new Uint8Array(1)],
		[40, bytesOf(''), ['\u0101a'], [], false],
		[40, bytesOf(''), [], [], false, 16],
		[46, 10, [], [bytesOf('1')]],
	];
	for (const plain of malformed) t.is(parseWrite(plain) ?? parseRead(plain), undefined, JSON.stringify(plain));
	t.is(parseRead([35, 16]), undefined);
	t.is(parseRead([45, 0, null, 0, 1]), undefined);
	t.false(isKey('\u0100'));
});

test('what is asked of database 0 can be asked of another one', t => {
	const asked: WriteOperation = {
		type: 'transaction',
		compares: [{key: 'a', expected: {version: 1}}],
		operations: [put('b', '') as Part, {type: 'clear'}, {type: 'clear', database: 'all'}, {type: 'get', key: 'c'}],
		otherwise: [{type: 'script', source: bytesOf(''), keys: ['a'], values: []}],
		watched: ['d'],
	};
	t.deepEqual(writeInDatabase(asked, 3), {
		type: 'transaction',
		compares: [{key: '\u0103a', expected: {version: 1}, isNegated: undefined}],
		operations: [
			put('\u0103b', '') as Part,
			{type: 'clear', database: 3},
			{type: 'clear', database: 'all'},
			{type: 'get', key: '\u0103c'},
		],
		otherwise: [{type: 'script', source: bytesOf(''), keys: ['a'], values: [], database: 3}],
		watched: ['\u0103d'],
	});
});
