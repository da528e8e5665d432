/** WATCH of a key that is absent: whether it was made and deleted since is known, whoever leads and wherever the state came from. */
import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf} from '../../actors/text.js';
import {bytesOfOperation} from '../../src/kv/operation-bytes.js';
import {parseWrite, plainOfOperation, transactionPartsMax} from '../../src/kv/operation-codec.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {Operation, Part, Result, WriteOperation} from '../../src/kv/types.js';
import {WatchedKeys, watchedKeysMax} from '../../src/kv/watched-keys.js';
import {KvModel} from '../../src/simulation/kv/kv-model.js';
import {isAlike} from '../../src/simulation/kv/operation-text.js';
import type {StateMachine} from '../../src/service/machine.js';
import type {KvTypes} from '../../src/kv/words.js';

type Transaction = Extract<Operation, {type: 'transaction'}>;
type TransactionResult = Extract<Result, {type: 'transaction'}>;

const valueBytesMax = 100;
const put = (key: string): Part & WriteOperation => ({type: 'put', key, value: bytesOf('x')});
const watch = (...watched: string[]): Transaction => ({type: 'transaction', compares: [], operations: [], watched});
const asks = (key: string, absentSince: number): Transaction => ({
	type: 'transaction',
	compares: [{key, expected: {absentSince}}],
	operations: [],
});

/** A machine, and what restores it from its own snapshot. */
class Bench {
	machine: StateMachine<KvTypes> = kvMachine({valueBytesMax}).create();
	revision = 0;

	run(write: WriteOperation): Result {
		this.revision += 1;
		const place = {index: this.revision, term: 1, revision: this.revision, logTime: 0, emit: () => undefined};
		return this.machine.apply(write, place as unknown as Parameters<StateMachine<KvTypes>['apply']>[1]);
	}

	/** The revision at which this key is watched. */
	watch(...keys: string[]): number {
		return (this.run(watch(...keys)) as TransactionResult).revision;
	}

	holds(key: string, since: number): boolean {
		return (this.run(asks(key, since)) as TransactionResult).isCommitted;
	}

	/** Through bytes, in frames as small as they get. */
	restart(bytesMax = 1): void {
		const {machine} = this;
		const before = machine.hash();
		const frozen = machine.freeze();
		const reader = kvMachine({valueBytesMax}).beginRestore(3);
		const frames = frozen.frames(bytesMax);
		for (let frame = frames.next(); frame.done !== true; frame = frames.next()) {
			if (reader?.take(codec.decode(codec.encode(frame.value)) as unknown[]) !== true) throw new TypeError('frame');
		}
		frozen.release();
		this.machine = reader?.finish() as StateMachine<KvTypes>;
		if (this.machine.hash() !== before) throw new TypeError('the restored state is another one');
	}
}

test('a key that was made and deleted since it was watched is not absent since, also after a snapshot', t => {
	for (const restarts of [false, true]) {
		const bench = new Bench();
		const since = bench.watch('a', 'b');
		if (restarts) bench.restart();
		t.true(bench.holds('a', since));
		bench.run(put('a'));
		t.false(bench.holds('a', since));
		if (restarts) bench.restart();
		bench.run({type: 'delete', key: 'a'});
		if (restarts) bench.restart();
		t.false(bench.holds('a', since));
		t.true(bench.holds('b', since));
		// Who watches from now on sees what comes from now on.
		const later = bench.watch('a');
		t.true(bench.holds('a', later));
		t.false(bench.holds('a', since));
	}
});

test('a key is made and gone by whatever makes it and takes it away', t => {
	const makes: readonly WriteOperation[] = [
		put('a'),
		{type: 'append', key: 'a', value: bytesOf('')},
		{type: 'increment', key: 'a', by: 1n},
		{type: 'compareAndSet', key: 'a', expected: {version: 0}, value: bytesOf('1')},
		{type: 'put', key: 'a', value: bytesOf('1'), expiry: {ttlMs: 5}},
		{type: 'batch', operations: [put('a'), {type: 'delete', key: 'a'}]},
		{type: 'transaction', compares: [], operations: [put('a')]},
	];
	const ends: readonly ((bench: Bench) => unknown)[] = [
		bench => bench.run({type: 'delete', key: 'a'}),
		bench => bench.run({type: 'clear'}),
		bench => bench.run({type: 'expire', key: 'a', expiry: {ttlMs: 0}}),
		bench => bench.machine.timed?.advance(10, 0),
	];
	for (const make of makes) {
		for (const [place, end] of ends.entries()) {
			const bench = new Bench();
			const since = bench.watch('a');
			bench.run(make);
			const isTimed = make.type === 'put' && make.expiry !== undefined;
			if (place < 3 || isTimed) end(bench);
			t.false(bench.holds('a', since), `${make.type}, ${place}`);
		}
	}
});

test('a key that was absent, whose time was over before it was watched, is absent since, though its record may still be held', t => {
	const bench = new Bench();
	bench.run({type: 'put', key: 'a', value: bytesOf('1'), expiry: {ttlMs: 5}});
	bench.machine.timed?.advance(6, 0);
	const since = bench.watch('a');
	t.true(bench.holds('a', since));
	bench.machine.timed?.advance(100, 0);
	t.true(bench.holds('a', since));
});

test('what changed nothing is no change, and a key that was there is not watched', t => {
	const bench = new Bench();
	const since = bench.watch('a');
	bench.run({type: 'delete', key: 'a'});
	bench.run({type: 'clear'});
	bench.run({type: 'put', key: 'a', value: bytesOf('1'), condition: 'present'});
	bench.run({type: 'put', key: 'a', value: new Uint8Array(valueBytesMax + 1)});
	bench.run({type: 'transaction', compares: [{key: 'a', expected: {version: 7}}], operations: [put('a')]});
	t.true(bench.holds('a', since));
	t.false(bench.holds('never', since));
	bench.run(put('there'));
	const then = bench.watch('there');
	bench.run({type: 'delete', key: 'there'});
	t.false(bench.holds('there', then));
});

test('as many keys are watched as there is room for; the one that was watched longest ago is pushed out, and counts as changed', t => {
	const bench = new Bench();
	const first = bench.watch('first');
	const second = bench.watch('second');
	bench.watch('first');
	for (let place = 0; place < watchedKeysMax - 1; place += 1) bench.watch(`key${place}`);
	bench.restart(1000);
	t.true(bench.holds('first', first));
	t.false(bench.holds('second', second));
	// Watched anew by another, it is still not known what became of it meanwhile.
	bench.watch('second');
	t.false(bench.holds('second', second));
	const keys = new WatchedKeys();
	for (let place = 0; place < 80; place += 1) keys.watch(String(place).padEnd(60_000), 1);
	t.is(keys.size, Math.floor((4 * 2 ** 20) / 60_000));
});

const key = fc.constantFrom('a', 'b');
const weighted = <T>(arbitrary: fc.Arbitrary<T>, weight: number) => ({arbitrary, weight});
const step = fc.oneof(
	weighted(fc.record({type: fc.constant('put' as const), key, value: fc.constant(bytesOf('x'))}), 2),
	weighted(fc.record({type: fc.constant('delete' as const), key}), 3),
	weighted(fc.constant({type: 'clear' as const}), 1),
	weighted(fc.record({type: fc.constant('watch' as const), key}), 4),
	weighted(fc.record({type: fc.constant('ask' as const), key, isNegated: fc.boolean(), place: fc.nat({max: 3})}), 6),
	weighted(fc.constant({type: 'restart' as const}), 1),
);

test('the machine and its model say the same of keys that are watched, snapshots between', t => {
	let held = 0;
	fc.assert(
		fc.property(fc.array(step, {minLength: 30, maxLength: 60}), steps => {
			const bench = new Bench();
			const model = new KvModel(
				{valueBytesMax, sessionsMax: 2, sessionTimeoutMs: 1e9, sessionResultsMax: 1e6, sessionResultBytesMax: 1e9},
				() => undefined,
			);
			model.other({type: 'openSession', closes: 0});
			bench.revision = 1;
			const watches: number[] = [];
			for (const [place, each] of steps.entries()) {
				if (each.type === 'restart') {
					bench.restart();
					continue;
				}
				const since = each.type === 'ask' ? (watches.at(-1 - each.place) ?? 0) : 0;
				const write: WriteOperation =
					each.type === 'watch'
						? watch(each.key)
						: each.type === 'ask'
							? {
									type: 'transaction',
									compares: [{key: each.key, expected: {absentSince: since}, isNegated: each.isNegated}],
									operations: [],
								}
							: each;
				const result = bench.run(write);
				const made = {type: 'writes', session: 1, acknowledged: 0, after: 0, writes: [{sequence: place + 1, write}]};
				const [run] = model.writes(made as never, {index: bench.revision, term: 1} as never);
				if (!isAlike(run?.outcome, {type: 'result', result})) t.deepEqual(run?.outcome as unknown, result);
				if (each.type === 'watch') watches.push(bench.revision);
				if (each.type === 'ask' && (result as TransactionResult).isCommitted !== each.isNegated) held += 1;
			}
		}),
		{seed: 7, numRuns: 500},
	);
	t.true(held > 100, String(held));
});

test('a transaction that watches, and what it asks for, come back from their bytes, within the size that is told', t => {
	const full: Transaction = {
		type: 'transaction',
		compares: [
			{key: 'a', expected: {absentSince: 2 ** 40}, isNegated: false},
			{key: '\u00ff', expected: {absentSince: 0}, isNegated: true},
		],
		operations: [],
		otherwise: [],
		watched: ['a', '\u00ff'.repeat(300)],
	};
	const bytes = codec.encode(plainOfOperation(full));
	t.deepEqual(parseWrite(codec.decode(bytes) as unknown[]), full);
	t.true(bytes.length <= bytesOfOperation(full));
	const malformed: readonly unknown[][] = [
		[32, [['a', 5, 1]], []],
		[32, [['a', 7, 1]], []],
		[32, [['a', 4, null]], []],
		[32, [], [], [], 'a'],
		[32, [], [], [], [1]],
		[32, [], [], [], Array.from({length: transactionPartsMax + 1}, () => 'a')],
	];
	for (const plain of malformed) t.is(parseWrite(plain), undefined, JSON.stringify(plain).slice(0, 60));
});
