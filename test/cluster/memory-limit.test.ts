import test from 'ava';
import {Cluster, OutOfMemoryError} from '../../actors/index.js';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {talk} from '../redis/harness.js';

test('beyond the limit of memory writes that add data are refused, reads and deletes go on, and all is as before when there is room', async t => {
	const cluster = await Cluster.start({nodes: 3, maxMemoryBytes: 200_000});
	t.teardown(() => cluster.close());
	const clerk = cluster.clerk({timeoutMs: 30_000});
	const value = new Uint8Array(10_000).fill(118);
	let written = 0;
	const error = await t.throwsAsync(
		async () => {
			for (; written < 100; written++) await clerk.put(`k${written}`, value);
		},
		{instanceOf: OutOfMemoryError},
	);
	t.like(error, {code: 'ERR_OUT_OF_MEMORY', outcome: 'notExecuted'});
	t.true(written > 10 && written < 20, String(written));

	t.is(await clerk.get(`k${written}`), undefined);
	t.is((await clerk.get('k0'))?.value.length, 10_000);
	t.is((await clerk.put('k0', value)).length, 10_000, 'a value of the same size adds nothing');
	await t.throwsAsync(clerk.append('k0', value), {instanceOf: OutOfMemoryError});

	const gateway = await startRedisGateway({client: clerk, info: () => Promise.resolve({}), port: 0});
	t.teardown(() => gateway.close());
	const large = 'v'.repeat(10_000);
	t.is(
		await talk(gateway, `SET new ${large}\r\nGET new\r\nDEL k0 k1\r\nSET new ${large}\r\nSTRLEN new\r\n`),
		"-OOM command not allowed when used memory > 'maxmemory'.\r\n$-1\r\n:2\r\n+OK\r\n:10000\r\n",
	);
});

test('writes that are under way count, and what fits of a batch of clients is written', async t => {
	const cluster = await Cluster.start({nodes: 1, maxMemoryBytes: 200_000});
	t.teardown(() => cluster.close());
	const clerk = cluster.clerk({timeoutMs: 30_000});
	const value = new Uint8Array(10_000);
	const results = await Promise.allSettled(
		Array.from({length: 100}, async (_, place) => (await clerk.put(`k${place}`, value)).length),
	);
	const stored = results.filter(({status}) => status === 'fulfilled').length;
	t.true(stored > 5 && stored < 20, String(stored));
	for (const result of results) if (result.status === 'rejected') t.true(result.reason instanceof OutOfMemoryError);
	let present = 0;
	for (let place = 0; place < 100; place++) present += (await clerk.get(`k${place}`)) === undefined ? 0 : 1;
	t.is(present, stored);
});
