import test from 'ava';
import {Redis} from 'ioredis';
import {Cluster, startRedisGateway} from '../../actors/index.js';

/** Lets the event loop go round until it holds. */
const until = async (holds: () => boolean): Promise<void> => {
	while (!holds()) await new Promise(resolve => void setTimeout(resolve, 1));
};

test.serial(
	'ioredis: every append that was acknowledged is there once, though the leader is killed twice under it',
	async t => {
		const cluster = await Cluster.start({nodes: 3});
		const clerk = cluster.clerk({timeoutMs: 30_000});
		const gateway = await startRedisGateway({client: clerk, port: 0, info: () => Promise.resolve({})});
		const client = new Redis(gateway.port, '127.0.0.1');
		t.teardown(async () => {
			client.disconnect();
			await gateway.close();
			await cluster.close();
		});
		const clients = 8;
		const perClient = 150;
		let done = 0;
		const write = async (key: string): Promise<void> => {
			for (let token = 0; token < perClient; token++) {
				await client.append(key, `${token},`);
				done++;
			}
		};
		const writers = Promise.all(Array.from({length: clients}, (_, number) => write(`k${number}`)));
		for (const share of [0.25, 0.6]) {
			await until(() => done >= clients * perClient * share);
			const leader = await cluster.waitForLeader(10_000);
			await cluster.kill(leader);
			await cluster.restart(leader);
		}
		await writers;
		const expected = Array.from({length: perClient}, (_, token) => `${token},`).join('');
		for (let number = 0; number < clients; number++) t.is(await client.get(`k${number}`), expected);
	},
);

test.serial('a pipeline that is under way when the leader dies pauses, and no reply of it is an error', async t => {
	const cluster = await Cluster.start({nodes: 3});
	const clerk = cluster.clerk({timeoutMs: 30_000});
	const gateway = await startRedisGateway({client: clerk, port: 0, info: () => Promise.resolve({})});
	const client = new Redis(gateway.port, '127.0.0.1');
	t.teardown(async () => {
		client.disconnect();
		await gateway.close();
		await cluster.close();
	});
	await client.set('x', '');
	const leader = await cluster.waitForLeader(10_000);
	const pipeline = client.pipeline();
	for (let token = 0; token < 300; token++) pipeline.append('x', `${token},`).get('x');
	const [replies] = await Promise.all([pipeline.exec(), cluster.kill(leader)]);
	t.deepEqual(
		replies?.map(([error]) => error).filter(error => error !== null),
		[],
	);
	t.is(replies?.at(-1)?.[1], Array.from({length: 300}, (_, token) => `${token},`).join(''));
});
