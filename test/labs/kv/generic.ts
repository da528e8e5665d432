/** The lab's generic test: clients at work for five seconds, three times over, whatever happens to the servers. */
import assert from 'node:assert/strict';
import {background} from '../background.js';
import {checkElements, element} from './elements.js';
import type {KvTester, LabClerk} from './kv-tester.js';

export interface GenericOptions {
	readonly clients: number;
	readonly unreliable?: boolean;
	/** All servers crash at the end of each iteration. */
	readonly restarts?: boolean;
	/** Servers are divided anew about every second. */
	readonly partitions?: boolean;
	/** All clients use all keys, and the checker judges; otherwise each has a key of its own. */
	readonly randomKeys?: boolean;
}

const iterations = 3;

/** A signal to loops: finish what you are at. */
interface Signal {
	isOn: boolean;
}

export const generic =
	(options: GenericOptions) =>
	async (kv: KvTester): Promise<void> => {
		const tester = kv.clerk({record: options.randomKeys === true});
		kv.setMode('unreliable', options.unreliable === true);
		for (let iteration = 0; iteration < iterations; iteration++) {
			const stop: Signal = {isOn: false};
			const work = clientsOf(kv, options, stop);
			const isPartitioned = options.partitions === true ? background(partitionUntil(kv, stop)) : undefined;
			await kv.world.sleep(5000);
			stop.isOn = true;
			if (isPartitioned !== undefined) {
				await isPartitioned;
				kv.connectAll();
				await kv.world.sleep(1000);
			}
			if (options.restarts === true) {
				await kv.shutdownAll();
				await kv.world.sleep(1000);
				await kv.startAll();
			}
			await checkClients(tester, work, options);
			await kv.checkSizes();
		}
	};

/** What a client has done in one iteration. */
interface Work {
	/** Completed before the signal to stop. */
	readonly operations: number;
	/** That it has written. */
	readonly elements: number;
}

/** What each client has done, once it has finished. */
function clientsOf(kv: KvTester, {clients, randomKeys}: GenericOptions, stop: Signal): readonly Promise<Work>[] {
	const run = async (client: number): Promise<Work> => {
		const clerk = kv.clerk({record: randomKeys === true});
		const work =
			randomKeys === true ? useAllKeys(kv, clerk, client, clients, stop) : useOwnKey(kv, clerk, client, stop);
		const done = await work;
		clerk.close();
		return done;
	};
	return Array.from({length: clients}, (_, client) => background(run(client)));
}

async function useOwnKey({world}: KvTester, clerk: LabClerk, client: number, stop: Signal): Promise<Work> {
	const key = String(client);
	let expected = '';
	let elements = 0;
	let operations = 0;
	await clerk.put(key, expected);
	if (!stop.isOn) operations++;
	while (!stop.isOn) {
		if (world.random.chance(0.5)) {
			const next = element(client, elements++);
			expected += next;
			await clerk.append(key, next);
		} else {
			await clerk.check(key, expected);
		}
		if (!stop.isOn) operations++;
	}
	return {operations, elements};
}

async function useAllKeys(
	{world: {random}}: KvTester,
	clerk: LabClerk,
	client: number,
	keys: number,
	stop: Signal,
): Promise<Work> {
	let elements = 0;
	let operations = 0;
	while (!stop.isOn) {
		const key = String(random.integer(0, keys - 1));
		if (random.chance(0.5)) await clerk.append(key, element(client, elements++));
		else if (random.chance(0.1)) await clerk.put(key, element(client, elements++));
		else await clerk.get(key);
		if (!stop.isOn) operations++;
	}
	return {operations, elements};
}

/** Each server on one of two sides, by chance; one side may be empty. */
async function partitionUntil(kv: KvTester, stop: Signal): Promise<void> {
	const {world} = kv;
	await world.sleep(1000);
	while (!stop.isOn) {
		const side = kv.servers.map(() => world.random.chance(0.5));
		kv.partition(
			kv.servers.filter(server => side[server]),
			kv.servers.filter(server => !side[server]),
		);
		await world.sleep(world.random.integer(1000, 1199));
	}
}

async function checkClients(
	tester: LabClerk,
	work: readonly Promise<Work>[],
	{randomKeys, unreliable, partitions}: GenericOptions,
): Promise<void> {
	const done = await Promise.all(work);
	assert(
		done.some(({operations}) => operations > 0),
		'no client has done anything within 5 s',
	);
	// Where votes are lost while partitions move, a majority of four of seven can be without a leader for seconds.
	const mustAllGetOn = unreliable !== true || partitions !== true;
	for (const [client, {operations, elements}] of done.entries()) {
		assert(operations > 0 || !mustAllGetOn, `client ${client} has done nothing within 5 s`);
		if (randomKeys !== true) checkElements(client, await tester.get(String(client)), elements);
	}
}
