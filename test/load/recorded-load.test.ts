import {MessageChannel} from 'node:worker_threads';
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {type LoadFigures, LoadMeter} from '../../actors/load/load-statistics.js';
import type {LoadConnection} from '../../actors/load/load-task.js';
import {Pacer} from '../../actors/load/pacer.js';
import {KeyValueClient} from '../../actors/key-value-client.js';
import {BackgroundLoad} from '../../actors/load/background-load.js';
import {Judgement, type Judged} from '../../actors/load/judgement.js';
import {RecordedLoad, type RecordedLoadOptions} from '../../actors/load/recorded-load.js';
import {Random} from '../../src/base/random.js';
import {editNames} from '../../src/linearizability/kv-operation.js';
import {TimeoutError} from '../../src/service/errors.js';
import {execute} from '../../src/kv/operations.js';
import {Store} from '../../src/kv/store.js';
import type {NamedOperation, Operation, Result} from '../../src/kv/types.js';

const now = (): number => Math.round(performance.now() * 1e6);

/** What several clients share: their store, and how often it was asked. */
class World {
	readonly store = new Store();
	operations = 0;

	async until(operations: number): Promise<void> {
		while (this.operations < operations) await sleep(1);
	}
}

/** A client of it, honest or not. */
class LocalClient extends KeyValueClient {
	readonly #world: World;
	readonly #answer: (operation: Operation, result: Result) => Result;

	constructor(world: World, answer: (operation: Operation, result: Result) => Result = (_, result) => result) {
		super();
		this.#world = world;
		this.#answer = answer;
	}

	async execute(operation: NamedOperation): Promise<Result> {
		const version = ++this.#world.operations;
		const result = execute({store: this.#world.store, version, now: 0, valueBytesMax: 2 ** 20}, operation);
		await sleep(1);
		return this.#answer(operation, result);
	}

	close(): void {}
}

/** A load whose chapters go to a judge. */
class JudgedLoad {
	readonly judgement = new Judgement({now: () => performance.now()});
	readonly load: RecordedLoad;
	chapters = 0;

	constructor(clients: readonly KeyValueClient[], seed: number, options: Partial<RecordedLoadOptions> = {}) {
		this.load = new RecordedLoad({
			clients,
			prefix: 'load/',
			random: Random.fromSeed(seed),
			now,
			chapter: history => {
				this.chapters++;
				this.judgement.add({history, isByHand: false});
			},
			...options,
		});
	}

	async stop(): Promise<Judged & {readonly figures: LoadFigures}> {
		const figures = await this.load.stop();
		return {...this.judgement.judge([]), figures};
	}
}

test('what honest clients saw is linearizable, and nothing is left of it', async t => {
	const world = new World();
	const clients = [new LocalClient(world), new LocalClient(world), new LocalClient(world)];
	const load = new JudgedLoad(clients, 1);
	// Enough for a second counter.
	await world.until(1000);
	const {figures, ...report} = await load.stop();
	t.like(report, {verdict: 'ok', violation: undefined, operations: world.operations, undecided: 0});
	t.like(figures, {operations: world.operations, unknown: 0, notExecuted: 0});
	t.true(figures.p50Ms > 0 && figures.p99Ms >= figures.p50Ms && figures.longestPauseMs > 0);
	t.is(load.judgement.kept().history.length, world.operations);
	t.true(world.store.size > 0);
	await load.load.removeKeys();
	t.is(world.store.size, 0);
});

/** How a service goes wrong: what it answers, where it does; `run` is how it goes right. */
type Fault = (
	world: World,
	operation: NamedOperation,
	run: (operation: NamedOperation) => Result,
) => Result | Promise<Result> | undefined;

class FaultyClient extends LocalClient {
	readonly #faulty: World;
	readonly #fault: Fault;

	constructor(world: World, fault: Fault) {
		super(world);
		this.#faulty = world;
		this.#fault = fault;
	}

	override async execute(operation: NamedOperation): Promise<Result> {
		const run = (asked: NamedOperation): Result => {
			const version = ++this.#faulty.operations;
			return execute({store: this.#faulty.store, version, now: 0, valueBytesMax: 2 ** 20}, asked);
		};
		const result = await this.#fault(this.#faulty, operation, run);
		if (result === undefined) return super.execute(operation);
		await sleep(1);
		return result;
	}
}

/** Runs it, and takes its effect on the key away again. */
function runAndForget(world: World, key: string, run: () => Result): Result {
	const before = world.store.get(key);
	const kept = before && {value: new Uint8Array(before.value), version: before.version};
	const result = run();
	if (kept === undefined) world.store.delete(key);
	else world.store.set(key, kept.value, kept.version);
	return result;
}

const findsOut = test.macro({
	async exec(t, family: string, fault: Fault, edits?: boolean) {
		const world = new World();
		let times = 0;
		const faulty = new FaultyClient(world, (...of) => {
			const result = fault(...of);
			if (result !== undefined) times++;
			return result;
		});
		const load = new JudgedLoad([new LocalClient(world), faulty, new LocalClient(world)], 2, {edits});
		await world.until(1500);
		const {verdict, violation} = await load.stop();
		t.true(times > 0, 'it has gone wrong');
		t.is(verdict, 'violation');
		t.true(violation?.key.startsWith(`load/0/${family}`), violation?.key);
	},
	title: (name = '') => `a load finds out that ${name}`,
});

const every = (count: number): (() => boolean) => {
	let calls = 0;
	return () => ++calls % count === 0;
};
const sometimes = every(7);

test('an append was acknowledged and did not happen', findsOut, 'value', (world, operation, run) => {
	if (operation.type !== 'append' || !sometimes()) return undefined;
	return runAndForget(world, operation.key, () => run(operation));
});
test('an append ran twice', findsOut, 'value', (_, operation, run) => {
	if (operation.type !== 'append' || !sometimes()) return undefined;
	const result = run(operation);
	run(operation);
	return result;
});
test('an increment ran twice', findsOut, 'counter', (_, operation, run) => {
	if (operation.type !== 'increment' || !sometimes()) return undefined;
	const result = run(operation);
	run(operation);
	return result;
});
test('a put if absent replaced what was there', findsOut, 'lock', (_, operation, run) => {
	if (operation.type !== 'put' || operation.condition !== 'absent') return undefined;
	return run({...operation, condition: undefined});
});
test('a put if present wrote what was absent', findsOut, 'lock', (_, operation, run) => {
	if (operation.type !== 'put' || operation.condition !== 'present') return undefined;
	return run({...operation, condition: undefined});
});
test('a compare-and-set by version succeeded at another version', findsOut, 'lock', (world, operation, run) => {
	if (operation.type !== 'compareAndSet' || !('version' in operation.expected)) return undefined;
	return run({...operation, expected: {version: world.store.get(operation.key)?.version ?? 0}});
});
test('a delete left the value where it was', findsOut, 'lock', (world, operation) => {
	if (operation.type !== 'delete' || world.store.get(operation.key) === undefined) return undefined;
	return {type: 'deleted', existed: true, version: ++world.operations};
});
test('a refused compare-and-set was repeated, and succeeded then', findsOut, 'value', (world, operation, run) => {
	if (operation.type !== 'compareAndSet' || !('value' in operation.expected)) return undefined;
	const result = run(operation);
	if (result.type !== 'conditionFailed') return result;
	run({...operation, expected: {version: world.store.get(operation.key)?.version ?? 0}});
	return result;
});
test('of a batch only a part was carried out', findsOut, 'pair', (world, operation, run) => {
	if (operation.type !== 'batch' || operation.operations.every(part => part.type === 'get')) return undefined;
	const [, second] = operation.operations;
	return second?.type === 'put' ? runAndForget(world, second.key, () => run(operation)) : undefined;
});
test('a batch of reads read at two moments', findsOut, 'pair', (_, operation, run) => {
	const [first, second] = operation.type === 'batch' ? operation.operations : [];
	if (first?.type !== 'get' || second?.type !== 'get') return undefined;
	return twoMoments(
		() => run(first),
		() => run(second),
	);
});

async function twoMoments(first: () => Result, second: () => Result): Promise<Result> {
	const early = first();
	await sleep(5);
	return {type: 'batch', results: [early, second()]};
}

test(
	'an edit was acknowledged and did not happen',
	findsOut,
	'edit',
	(world, operation, run) => {
		if (operation.type !== 'edit' || operation.keys.length > 1) return undefined;
		return runAndForget(world, operation.keys[0] ?? '', () => run(operation));
	},
	true,
);
test(
	'a renamed key stayed where it was',
	findsOut,
	'edit',
	(world, operation, run) => {
		if (operation.type !== 'edit' || operation.name !== 'rename') return undefined;
		return runAndForget(world, operation.keys[0] ?? '', () => run(operation));
	},
	true,
);
test(
	'an edit ran twice',
	findsOut,
	'edit',
	(_, operation, run) => {
		if (operation.type !== 'edit' || operation.keys.length > 1) return undefined;
		const result = run(operation);
		run(operation);
		return result;
	},
	true,
);
test(
	'a delete was refused, and deleted',
	findsOut,
	'edit',
	(_, operation, run) => {
		if (operation.type !== 'delete' || operation.condition === undefined) return undefined;
		const result = run(operation);
		if (result.type !== 'deleted' || !result.existed) return result;
		return {type: 'conditionFailed', value: new Uint8Array([1]), version: result.version};
	},
	true,
);

test('of a service that knows them a load asks for all edits, and they are judged', async t => {
	const world = new World();
	const names = new Set<string>();
	const replies = new Set<string>();
	const seeing = new LocalClient(world, (operation, result) => {
		if (operation.type === 'edit') names.add(operation.name);
		if (result.type === 'scripted') replies.add(result.isApplied ? 'applied' : 'refused');
		return result;
	});
	const load = new JudgedLoad([seeing, seeing, seeing], 8, {edits: true});
	await world.until(1500);
	const {verdict, undecided} = await load.stop();
	t.is(verdict, 'ok');
	t.is(undecided, 0);
	t.deepEqual([...names].sort(), [...editNames].sort());
	t.deepEqual([...replies].sort(), ['applied', 'refused']);
	await load.load.removeKeys();
	t.is(world.store.size, 0);
});

test('the load asks for everything that an engine can do, but for a clear of what is not its own', async t => {
	const world = new World();
	const kinds = new Set<string>();
	const seeing = new LocalClient(world, (operation, result) => {
		for (const part of operation.type === 'batch' ? operation.operations : [operation]) {
			const condition = part.type === 'put' && typeof part.condition !== 'object' ? String(part.condition) : '';
			const expected = part.type === 'compareAndSet' ? Object.keys(part.expected).join() : '';
			kinds.add(`${operation.type === 'batch' ? 'batch of ' : ''}${part.type} ${condition}${expected}`.trim());
		}
		return result;
	});
	const load = new JudgedLoad([seeing, new LocalClient(world)], 3);
	await world.until(1000);
	await load.stop();
	t.deepEqual([...kinds].sort(), [
		'append',
		'batch of append',
		'batch of compareAndSet value',
		'batch of get',
		'batch of put undefined',
		'compareAndSet value',
		'compareAndSet version',
		'delete',
		'get',
		'increment',
		'put absent',
		'put present',
		'put undefined',
	]);
});

test('operations of unknown outcome are counted, and no violation', async t => {
	const world = new World();
	const random = Random.fromSeed(4);
	const unlucky = new LocalClient(world, (_, result) => {
		if (random.chance(0.2)) throw new TimeoutError('unknown', 1, 'timeout');
		return result;
	});
	const load = new JudgedLoad([unlucky, new LocalClient(world)], 3);
	await world.until(200);
	const {verdict, unknown} = await load.stop();
	t.is(verdict, 'ok');
	t.true(unknown > 0);
});

test('after so many operations a load goes over to new keys, and each chapter is judged by itself', async t => {
	const world = new World();
	const load = new JudgedLoad([new LocalClient(world), new LocalClient(world)], 5, {chapterOperations: 100});
	await world.until(450);
	await load.load.turn();
	const before = load.chapters;
	t.true(before >= 4, `${before} chapters`);
	await world.until(world.operations + 50);
	const {verdict, operations} = await load.stop();
	t.is(load.chapters, before + 1);
	t.is(verdict, 'ok');
	// The keys of chapters that are over were deleted meanwhile, unrecorded.
	t.true(operations > 450 && operations <= world.operations);
	await load.load.removeKeys();
	t.is(world.store.size, 0);
});

test('a chapter is told only when the last of its operations is over', async t => {
	const world = new World();
	let letGo = (): void => undefined;
	const slow = new Promise<void>(resolve => (letGo = resolve));
	const stuck = new FaultyClient(world, async (_, operation, run) => {
		await slow;
		return run(operation);
	});
	const load = new JudgedLoad([new LocalClient(world), stuck], 6);
	await world.until(50);
	let isTurned = false;
	const turned = load.load.turn().then(() => (isTurned = true));
	await world.until(100);
	t.false(isTurned);
	t.is(load.chapters, 0);
	letGo();
	await turned;
	t.is(load.chapters, 1);
	const {verdict} = await load.stop();
	t.is(verdict, 'ok');
});

for (const readShare of [0, 0.3, 1]) {
	test(`a mix of ${readShare * 100} % reads is kept to`, async t => {
		const world = new World();
		const load = new JudgedLoad([new LocalClient(world)], 7, {readShare});
		await world.until(400);
		await load.stop();
		const {history} = load.judgement.kept();
		const reads = history.filter(
			({input}) =>
				input.type === 'get' || (input.type === 'batch' && input.operations.every(({type}) => type === 'get')),
		);
		// Of 400 draws: four standard deviations at the most.
		t.true(Math.abs(reads.length / history.length - readShare) <= 0.1, `${reads.length} of ${history.length}`);
	});
}

test('a rate spreads operations evenly, and what a stall kept back does not come as a burst', t => {
	let nowNs = 0;
	const pacer = new Pacer(100, () => nowNs);
	const beginnings: number[] = [];
	for (let number = 0; number < 5; number++) beginnings.push(pacer.nextDelayMs());
	t.deepEqual(beginnings, [0, 10, 20, 30, 40]);
	nowNs = 1e9;
	t.is(pacer.nextDelayMs(), 0);
	t.is(pacer.nextDelayMs(), 10);
});

test('figures tell how many were answered, how late, and the longest time without an answer', t => {
	let nowNs = 0;
	const meter = new LoadMeter(() => nowNs);
	for (let number = 1; number <= 100; number++) {
		nowNs += 1e6;
		meter.count('acknowledged', nowNs - 2e6);
	}
	nowNs += 500e6;
	meter.count('unknown', 0);
	meter.count('notExecuted', 0);
	const {total, recent} = meter.take();
	t.like(total, {operations: 100, seconds: 0.6, longestPauseMs: 500, unknown: 1, notExecuted: 1});
	t.true(Math.abs(total.p50Ms - 2) < 0.01 && Math.abs(total.p99Ms - 2) < 0.01);
	t.is(recent.operations, 100);
	nowNs += 100e6;
	const next = meter.take();
	t.like(next.recent, {operations: 0, seconds: 0.1, longestPauseMs: 600, p50Ms: 0});
	t.is(next.total.operations, 100);
});

test('a client that cannot connect ends the load before it begins', async t => {
	const {port1} = new MessageChannel();
	const load = new BackgroundLoad({judge: () => port1, origin: 0n, statistics: () => undefined});
	t.teardown(() => load.close());
	const connect = (): LoadConnection => ({type: 'etcd', url: 'etcd://', security: {}});
	await t.throwsAsync(load.start(connect, {clients: 1}, {seed: 1, prefix: 'load/', epoch: 0}), {message: /etcd/});
	await t.throwsAsync(load.stop(), {code: 'ERR_LOAD_STATE'});
});
