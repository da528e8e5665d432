/** A load of the same seed asks for the same again, however fast its answers come. */
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {KeyValueClient} from '../../actors/key-value-client.js';
import {RecordedLoad} from '../../actors/load/recorded-load.js';
import {Random} from '../../src/base/random.js';
import {execute} from '../../src/kv/operations.js';
import {Store} from '../../src/kv/store.js';
import type {NamedOperation, Operation, Result} from '../../src/kv/types.js';

const operationsWanted = 60;

/** What all clients share. */
class World {
	readonly store = new Store();
	version = 0;
}

/** Notes what it is asked for; answers after a time that is drawn. */
class NotingClient extends KeyValueClient {
	readonly asked: string[] = [];
	readonly #world: World;
	readonly #random: Random;

	constructor(world: World, random: Random) {
		super();
		this.#world = world;
		this.#random = random;
	}

	async execute(operation: NamedOperation): Promise<Result> {
		this.asked.push(shapeOf(operation));
		await sleep(this.#random.integer(0, 3));
		const version = ++this.#world.version;
		return execute({store: this.#world.store, version, now: 0, valueBytesMax: 2 ** 20}, operation);
	}

	close(): void {}
}

/** Without what the answers to all clients decide: which counter, and what is expected. */
function shapeOf(operation: Operation): string {
	if (operation.type === 'batch') return operation.operations.map(shapeOf).join('+');
	const key = 'key' in operation ? operation.key.replace(/^.*\//, '').replace(/^counter\d+$/, 'counter') : '';
	const value = 'value' in operation ? Buffer.from(operation.value).toString() : '';
	return `${operation.type} ${key} ${value}`;
}

/** What each of three clients asks for first. */
async function asksOf(seed: number, pace: Random): Promise<readonly (readonly string[])[]> {
	const world = new World();
	const clients = Array.from({length: 3}, (_, number) => new NotingClient(world, pace.fork(`${number}`)));
	const now = (): number => Math.round(performance.now() * 1e6);
	const random = Random.fromSeed(seed);
	const load = new RecordedLoad({clients, prefix: 'load/', random, now, readShare: 0.3, chapter: () => undefined});
	while (clients.some(({asked}) => asked.length < operationsWanted)) await sleep(1);
	await load.stop();
	return clients.map(({asked}) => asked.slice(0, operationsWanted));
}

test('each client asks for the same keys and operations in the same order, at whatever pace', async t => {
	const first = await asksOf(7, Random.fromSeed(1));
	t.deepEqual(await asksOf(7, Random.fromSeed(2)), first);
	t.notDeepEqual(first[0], first[1]);
	t.notDeepEqual(await asksOf(8, Random.fromSeed(1)), first);
});
