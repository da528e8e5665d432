/** The rows of 3A and 3B that take a moment each. */
import assert from 'node:assert/strict';
import {background} from '../background.js';
import {checkElements, element} from './elements.js';
import type {KvTester, LabClerk} from './kv-tester.js';

export async function oneKey(kv: KvTester): Promise<void> {
	const clients = 5;
	const appends = 10;
	kv.setMode('unreliable', true);
	const clerk = kv.clerk();
	await clerk.put('k', '');
	await Promise.all(
		Array.from({length: clients}, async (_, client) => {
			const own = kv.clerk();
			for (let number = 0; number < appends; number++) await own.append('k', element(client, number));
		}),
	);
	const value = await clerk.get('k');
	for (let client = 0; client < clients; client++) checkElements(client, value, appends);
}

/** A majority without the old leader, and clerks on both sides. */
interface Divided {
	readonly kv: KvTester;
	/** Reaches all servers. */
	readonly all: LabClerk;
	readonly majority: LabClerk;
	readonly writer: LabClerk;
	readonly reader: LabClerk;
}

async function divide(kv: KvTester): Promise<Divided> {
	const all = kv.clerk();
	await all.put('1', '13');
	const leader = await kv.leader();
	const [companion, ...others] = kv.servers.filter(server => server !== leader);
	const minority = [companion!, leader];
	kv.partition(others, minority);
	return {
		kv,
		all,
		majority: kv.clerk({servers: others}),
		writer: kv.clerk({servers: minority}),
		reader: kv.clerk({servers: minority}),
	};
}

async function progressIn({majority}: Divided): Promise<void> {
	await majority.put('1', '14');
	await majority.check('1', '14');
}

/** The operations that the minority has begun, and must not end before the heal. */
interface Blocked {
	readonly put: Promise<void>;
	readonly get: Promise<string>;
	readonly done: {put: boolean; get: boolean};
}

async function noProgressIn({kv, majority, writer, reader}: Divided): Promise<Blocked> {
	const done = {put: false, get: false};
	// Where the row ends without a heal they end with the cluster, unanswered.
	const put = background(writer.put('1', '15').then(() => void (done.put = true)));
	const get = background(
		reader.get('1').then(value => {
			done.get = true;
			return value;
		}),
	);
	await kv.world.sleep(1000);
	assert(!done.put, 'a Put has completed in the minority');
	assert(!done.get, 'a Get has completed in the minority');
	await majority.check('1', '14');
	await majority.put('1', '16');
	await majority.check('1', '16');
	return {put, get, done};
}

/** The lab looks at the Get without demanding anything; here it has to end, like the Put. */
async function completionAfterHeal({kv, all, writer, reader}: Divided, {put, get, done}: Blocked): Promise<void> {
	kv.connectAll();
	writer.connectTo(kv.servers);
	reader.connectTo(kv.servers);
	await kv.world.sleep(1000);
	await Promise.race([Promise.all([put, get]), kv.world.sleep(3000)]);
	assert(done.put, 'the Put of the minority did not complete within 3 s of the heal');
	assert(done.get, 'the Get of the minority did not complete within 3 s of the heal');
	const seen = await get;
	assert(seen === '16' || seen === '15', `the Get of the minority gave '${seen}'`);
	await all.check('1', '15');
}

export async function progressInMajority(kv: KvTester): Promise<void> {
	await progressIn(await divide(kv));
}

export async function noProgressInMinority(kv: KvTester): Promise<void> {
	const divided = await divide(kv);
	await progressIn(divided);
	await noProgressIn(divided);
}

export async function completesAfterHeal(kv: KvTester): Promise<void> {
	const divided = await divide(kv);
	await progressIn(divided);
	await completionAfterHeal(divided, await noProgressIn(divided));
}

/** At least three operations in each of the lab's heartbeats of 100 ms. */
export async function speed(kv: KvTester): Promise<void> {
	const count = 1000;
	const limitMs = (count * 100) / 3;
	const clerk = kv.clerk();
	await clerk.get('x');
	const startedAt = kv.world.now();
	for (let number = 0; number < count; number++) await clerk.append('x', element(0, number));
	const tookMs = kv.world.now() - startedAt;
	checkElements(0, await clerk.get('x'), count);
	assert(tookMs <= limitMs, `${count} appends took ${tookMs} ms, longer than ${limitMs} ms`);
}

export async function snapshotRpc(kv: KvTester): Promise<void> {
	const clerk = kv.clerk();
	await clerk.put('a', 'A');
	await clerk.check('a', 'A');
	kv.partition([0, 1], [2]);
	const first = kv.clerk({servers: [0, 1]});
	for (let number = 0; number < 50; number++) await first.put(String(number), String(number));
	await kv.world.sleep(1000);
	await first.put('b', 'B');
	await kv.checkSizes();
	// Server 2 needs a snapshot before it can serve.
	kv.partition([0, 2], [1]);
	const second = kv.clerk({servers: [0, 2]});
	await second.put('c', 'C');
	await second.put('d', 'D');
	for (const [key, value] of [
		['a', 'A'],
		['b', 'B'],
		['1', '1'],
		['49', '49'],
	] as const) {
		await second.check(key, value);
	}
	kv.connectAll();
	await clerk.put('e', 'E');
	await clerk.check('c', 'C');
	await clerk.check('e', 'E');
	await clerk.check('1', '1');
}

export async function snapshotSize(kv: KvTester): Promise<void> {
	const clerk = kv.clerk();
	for (let round = 0; round < 200; round++) {
		for (const value of ['0', '1']) {
			await clerk.put('x', value);
			await clerk.check('x', value);
		}
	}
	await kv.checkSizes({snapshotBytesMax: 500});
}
