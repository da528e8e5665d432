/** The runner of `npm run clients`, with the one client that is installed here. */
import {rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {runAtPort} from '../../bench/clients/run-program.js';

const cwd = fileURLToPath(new URL('../../../bench/clients/programs/', import.meta.url));
const ready = (program: string) => ({type: 'ready', words: [process.execPath, program], cwd, version: ''}) as const;

test('the examples of ioredis work at the port, also when the leader is killed in the middle', async t => {
	const run = await runAtPort(ready('ioredis.mjs'));
	t.like(run, {failure: undefined});
	t.true(run.operations > 5);
	t.like(await runAtPort(ready('ioredis.mjs'), run), {failure: undefined});
});

test('a program that fails is told with the reply that it met, and one that ends before the kill does not count', async t => {
	// Where it finds what is installed here.
	const file = fileURLToPath(new URL(`fails-${process.pid}.mjs`, import.meta.url));
	t.teardown(() => rm(file));
	await writeFile(
		file,
		`import {Redis} from 'ioredis';
		const redis = new Redis(Number(process.env.REDIS_PORT));
		await redis.set('k', 'v');
		if (process.env.REDIS_FAILS !== 'no') await redis.lpush('k', 'v');
		await redis.quit();`,
	);
	t.regex((await runAtPort(ready(file))).failure ?? '', /ERR unknown command 'lpush'/);
	process.env['REDIS_FAILS'] = 'no';
	const tooSoon = await runAtPort(ready(file), {failure: undefined, operations: 100, seconds: 1});
	t.is(tooSoon.failure, 'the leader was not killed: it ended too soon');
});
