/** SCAN and KEYS of many keys beside redis-server, which has another order: their replies are compared as sets. */
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Redis} from 'ioredis';
import {openGateway} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const characters = 'ab*?[]^-\\\0\u00ff';
const text = fc.array(fc.constantFrom(...characters.split('')), {maxLength: 4}).map(parts => parts.join(''));
const keySet = fc.uniqueArray(text, {maxLength: 40});
const pattern = fc.oneof(
	text,
	fc
		.array(fc.constantFrom('a', 'b', '*', '?', '[ab]', '[^a]', '[a-b', '\\a', '\\', '[b-a]*', '[\\]]'), {maxLength: 4})
		.map(parts => parts.join('')),
);

function connect(t: ExecutionContext, server: {readonly path: string} | {readonly port: number}): Redis {
	const client = new Redis({...server, lazyConnect: true});
	t.teardown(() => client.disconnect());
	return client;
}

const bytes = (key: string): Buffer => Buffer.from(key, 'latin1');
const sorted = (keys: readonly Buffer[]): readonly string[] => keys.map(key => key.toString('latin1')).sort();

async function scanAll(client: Redis, match: string, count: number): Promise<readonly string[]> {
	const found: Buffer[] = [];
	let cursor = '0';
	do {
		const reply = await client.callBuffer('SCAN', cursor, 'MATCH', bytes(match), 'COUNT', count);
		const [next, keys] = reply as [Buffer, Buffer[]];
		found.push(...keys);
		cursor = next.toString();
	} while (cursor !== '0');
	return sorted(found);
}

/** What both answer to the same. */
async function toldBy(client: Redis, keys: readonly string[], match: string, count: number): Promise<unknown> {
	await client.flushall();
	for (const key of keys) await client.set(bytes(key), 'x');
	return {
		size: await client.dbsize(),
		keys: sorted((await client.callBuffer('KEYS', bytes(match))) as Buffer[]),
		scanned: [...new Set(await scanAll(client, match, count))],
	};
}

oracleTest('SCAN, KEYS and DBSIZE find what redis-server 7.0 finds, whatever the pattern', async t => {
	const ours = connect(t, await openGateway(t));
	const theirs = connect(t, await startRedis(t));
	await fc.assert(
		fc.asyncProperty(keySet, pattern, fc.integer({min: 1, max: 20}), async (keys, match, count) => {
			const [one, other] = await Promise.all([toldBy(ours, keys, match, count), toldBy(theirs, keys, match, count)]);
			t.deepEqual(one, other);
		}),
		{seed: 20_261_129, numRuns: 150},
	);
});

oracleTest('INFO counts keys and keys with a deadline as redis-server 7.0 does', async t => {
	const ours = connect(t, await openGateway(t));
	const theirs = connect(t, await startRedis(t));
	const commands =
		'select 3;select 0;set a 1;set b 2 ex 100;psetex c 200000 3;expire a 50;persist b;set c 4;set d 5 px 1000000;append d x;getex d persist;expire d 10;' +
		'rename d e;copy e f;del e;move f 5;set i 1;swapdb 0 7;flushdb;select 7;move i 0;flushall;select 0;set g 6 ex 1000';
	for (const command of commands.split(';')) {
		const [name = '', ...rest] = command.split(' ');
		await Promise.all([ours, theirs].map(server => server.call(name, ...rest)));
		const [one, other] = await Promise.all([ours, theirs].map(server => keyspaceOf(server)));
		t.is(one?.counts, other?.counts, command);
	}
	const {meanMs} = await keyspaceOf(ours);
	t.true(meanMs > 900_000 && meanMs <= 1_000_000, 'the one key is there for 1000 s');
});

/** A line for each database that has keys. */
async function keyspaceOf(server: Redis): Promise<{counts: string; meanMs: number}> {
	const told = await server.info('keyspace');
	return {counts: told.replaceAll(/,avg_ttl=\d+/g, ''), meanMs: Number(/avg_ttl=(\d+)/.exec(told)?.[1])};
}
