/** Keys with deadlines in a cluster on real threads. */
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import {type Clerk, Cluster, startRedisGateway} from '../../actors/index.js';
import type {Part} from '../../src/kv/types.js';

const hourMs = 3_600_000;

async function startCluster(t: ExecutionContext): Promise<{cluster: Cluster; clerk: Clerk}> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	return {cluster, clerk: cluster.clerk({timeoutMs: 60_000})};
}

/** Asks again until it is as wanted: the limit of the test is its deadline. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
	while (!(await isSo())) await sleep(20);
}

async function restartLeader(cluster: Cluster): Promise<void> {
	const leader = await cluster.waitForLeader(60_000);
	await cluster.kill(leader);
	await cluster.restart(leader);
}

/** Keys and their bytes, of each node. */
const held = async (cluster: Cluster): Promise<readonly (readonly [items: number, bytes: number])[]> =>
	(await cluster.metrics()).nodes.map(({server}) => [server?.items ?? -1, server?.stateBytes ?? -1]);

test.serial(
	'twenty thousand keys whose deadlines lie within one second go from all nodes, with what they took, though nobody asks for anything',
	async t => {
		const {cluster, clerk} = await startCluster(t);
		const keyCount = 20_000;
		const partCount = 2000;
		const forEach = async (partOf: (key: string, number: number) => Part): Promise<void> => {
			for (let first = 0; first < keyCount; first += partCount) {
				const operations = Array.from({length: partCount}, (_, place) => partOf(`k${first + place}`, first + place));
				await clerk.execute({type: 'batch', operations});
			}
		};
		await clerk.put('stays', 'x', {ttlMs: hourMs});
		await forEach(key => ({type: 'put', key, value: new Uint8Array(8), expiry: {ttlMs: hourMs}}));
		t.true((await held(cluster)).some(([items, bytes]) => items === keyCount + 1 && bytes > keyCount * 20));
		const base = Date.now();
		await forEach((key, number) => ({type: 'expire', key, expiry: {expiresAt: base + (number % 1000)}}));
		await until(async () => (await held(cluster)).every(([items, bytes]) => items === 1 && bytes < 1000));
		t.is(await clerk.getText('stays'), 'x');
		t.is(await clerk.get('k0'), undefined);
	},
);

test.serial(
	'a key whose deadline is over stays gone over crashes of leaders, and one whose deadline is not keeps it',
	async t => {
		const {cluster, clerk} = await startCluster(t);
		await clerk.put('lasting', 'x', {ttlMs: hourMs});
		const lasting = await clerk.get('lasting');
		t.true(lasting!.expiresAt! > Date.now());
		await clerk.put('short', 'x', {ttlMs: 1});
		await until(async () => (await clerk.get('short')) === undefined);
		for (let crash = 0; crash < 3; crash++) {
			await restartLeader(cluster);
			t.is(await clerk.get('short'), undefined);
			t.deepEqual(await clerk.get('lasting'), lasting);
		}
	},
);

test.serial('ioredis: a limiter and a lock as people write them, with the leader killed in the middle', async t => {
	const {cluster, clerk} = await startCluster(t);
	const gateway = await startRedisGateway({client: clerk, port: 0, info: () => Promise.resolve({})});
	t.teardown(() => gateway.close());
	const clients = Array.from({length: 5}, () => new Redis(gateway.port, '127.0.0.1'));
	t.teardown(() => clients.forEach(client => client.disconnect()));
	const [redis] = clients as [Redis];

	const limit = 100;
	const isAllowed = async (client: Redis): Promise<boolean> => {
		const count = await client.incr('limit');
		if (count === 1) await client.expire('limit', 3600);
		return count <= limit;
	};
	const call = async (client: Redis): Promise<number> => {
		let allowed = 0;
		for (let calls = 0; calls < 30; calls++) if (await isAllowed(client)) allowed += 1;
		return allowed;
	};
	const [, ...allowed] = await Promise.all([restartLeader(cluster), ...clients.map(call)]);
	t.is(
		allowed.reduce((sum, count) => sum + count, 0),
		limit,
		'each call is counted once, also where its answer was lost',
	);
	t.true((await redis.pttl('limit')) > 0);

	const take = (client: Redis, owner: number): Promise<'OK' | null> => client.set('lock', owner, 'PX', hourMs, 'NX');
	const [, ...taken] = await Promise.all([restartLeader(cluster), ...clients.map(take)]);
	const owner = taken.indexOf('OK');
	t.is(taken.filter(reply => reply === 'OK').length, 1);
	t.is(await redis.getex('lock', 'PX', 1), String(owner));
	await until(async () => (await redis.exists('lock')) === 0);
	t.is(await take(redis, 9), 'OK');
	t.is(await redis.getdel('lock'), '9');
});
