import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {KeyValueClient} from '../../actors/key-value-client.js';
import {BackgroundLoad} from '../../actors/load/background-load.js';
import {RecordedLoad} from '../../actors/load/recorded-load.js';
import {Random} from '../../src/base/random.js';
import {TimeoutError} from '../../src/kv/errors.js';
import {execute} from '../../src/kv/operations.js';
import {Store} from '../../src/kv/store.js';
import type {Operation, Result} from '../../src/kv/types.js';

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

	async execute(operation: Operation): Promise<Result> {
		const version = ++this.#world.operations;
		const result = execute({store: this.#world.store, version, valueBytesMax: 2 ** 20}, operation);
		await sleep(1);
		return this.#answer(operation, result);
	}

	close(): void {}
}

test('what honest clients saw is linearizable, and nothing is left of it', async t => {
	const world = new World();
	const clients = [new LocalClient(world), new LocalClient(world), new LocalClient(world)];
	const load = new RecordedLoad(clients, 'load/', Random.fromSeed(1), now);
	await world.until(200);
	const report = await load.stop();
	t.like(report, {verdict: 'ok', violation: undefined, unknown: 0, notExecuted: 0, isFull: false});
	t.is(report.operations, world.operations);
	t.true(report.p50Ms > 0 && report.p99Ms >= report.p50Ms && report.longestPauseMs > 0);
	t.true([...load.jsonLines()].length > report.operations);
	t.true(world.store.size > 0);
	await load.removeKeys();
	t.is(world.store.size, 0);
});

test('a client that is told of an append that did not happen finds it out', async t => {
	const world = new World();
	const forgetful = new LocalClient(world, (operation, result) => {
		if (operation.type === 'append') world.store.delete(operation.key);
		return result;
	});
	const load = new RecordedLoad([new LocalClient(world), forgetful], 'load/', Random.fromSeed(2), now);
	await world.until(400);
	const {verdict, violation} = await load.stop();
	t.is(verdict, 'violation');
	t.true(violation!.key.startsWith('load/'));
});

test('operations of unknown outcome are counted, and no violation', async t => {
	const world = new World();
	const random = Random.fromSeed(4);
	const unlucky = new LocalClient(world, (_, result) => {
		if (random.chance(0.2)) throw new TimeoutError('unknown', 1, 'timeout');
		return result;
	});
	const load = new RecordedLoad([unlucky, new LocalClient(world)], 'load/', Random.fromSeed(3), now);
	await world.until(200);
	const {verdict, unknown} = await load.stop();
	t.is(verdict, 'ok');
	t.true(unknown > 0);
});

test('a client that cannot connect ends the load before it begins', async t => {
	const load = new BackgroundLoad();
	t.teardown(() => load.close());
	await t.throwsAsync(
		load.start(() => [{type: 'etcd', url: 'etcd://', security: {}}], 1),
		{message: /etcd/},
	);
	await t.throwsAsync(load.stop(undefined), {code: 'ERR_LOAD_STATE'});
});
