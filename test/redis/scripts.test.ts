/** Two things that are done with scripts, as people write them, and what is kept of scripts. */
import {createHash} from 'node:crypto';
import test from 'ava';
import {Redis} from 'ioredis';
import {openGateway, request, talk} from './harness.js';

const connectRedis = (port: number): Redis =>
	new Redis({port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => null});

const release = `
if redis.call("get", KEYS[1]) == ARGV[1] then
	return redis.call("del", KEYS[1])
else
	return 0
end`;

test('a lock is released by its owner alone, with a script', async t => {
	const {port} = await openGateway(t);
	const [owner, other] = [connectRedis(port), connectRedis(port)];
	t.is(await owner.set('lock', 'mine', 'PX', 60_000, 'NX'), 'OK');
	t.is(await other.set('lock', 'theirs', 'PX', 60_000, 'NX'), null);
	t.is(await other.eval(release, 1, 'lock', 'theirs'), 0);
	t.is(await owner.eval(release, 1, 'lock', 'mine'), 1);
	t.is(await other.set('lock', 'theirs', 'PX', 60_000, 'NX'), 'OK');
	await Promise.all([owner.quit(), other.quit()]);
});

test('a limit of a window is kept by a script that ioredis defines, whoever asks', async t => {
	const {port} = await openGateway(t);
	const clients = Array.from({length: 5}, () => connectRedis(port));
	const lua = `
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}`;
	for (const client of clients) client.defineCommand('hit', {numberOfKeys: 1, lua});
	const hits = await Promise.all(
		clients.flatMap(client =>
			Array.from({length: 20}, () =>
				(client as unknown as {hit(key: string, ms: number): Promise<[number, number]>}).hit('window', 60_000),
			),
		),
	);
	const counts = hits.map(([count]) => count).sort((one, other) => one - other);
	t.deepEqual(
		counts,
		Array.from({length: 100}, (_, offset) => offset + 1),
	);
	t.true(hits.every(([, ttlMs]) => ttlMs > 0 && ttlMs <= 60_000));
	await Promise.all(clients.map(client => client.quit()));
});

test('a script that one connection loads is run by another, also behind it in a pipeline', async t => {
	const {port} = await openGateway(t);
	const source = "return redis.call('incr', KEYS[1])";
	const sha = createHash('sha1').update(source).digest('hex');
	t.is(await talk({port}, request('script', 'load', source)), `$40\r\n${sha}\r\n`);
	t.is(await talk({port}, request('evalsha', sha, '1', 'n')), ':1\r\n');
	const other = 'return 7';
	const otherSha = createHash('sha1').update(other).digest('hex');
	t.is(
		await talk({port}, Buffer.concat([request('eval', other, '0'), request('evalsha', otherSha, '0')])),
		':7\r\n:7\r\n',
	);
	t.true((await talk({port}, request('script', 'help'))).includes('SCRIPT <subcommand>'));
	t.is(await talk({port}, request('script', 'flush')), '+OK\r\n');
	t.is(await talk({port}, request('evalsha', sha, '1', 'n')), '-NOSCRIPT No matching script. Please use EVAL.\r\n');
});

test('what is kept of scripts is bounded: the one that was used longest ago goes', async t => {
	const {port} = await openGateway(t);
	const loads = Array.from({length: 1100}, (_, number) => request('script', 'load', `return ${number}`));
	await talk({port}, Buffer.concat(loads));
	const shaOf = (number: number): string => createHash('sha1').update(`return ${number}`).digest('hex');
	t.is(await talk({port}, request('script', 'exists', shaOf(0), shaOf(1099))), '*2\r\n:0\r\n:1\r\n');
});

test('RESP3 carries what only it has', async t => {
	const {port} = await openGateway(t);
	const script =
		"redis.setresp(3) return {true, false, {double = 1.5}, {map = {a = 1}}, {set = {b = true}}, redis.call('get', 'no') or 'none'}";
	const replies = await talk({port}, Buffer.concat([request('hello', '3'), request('eval', script, '0')]));
	t.true(replies.endsWith('*6\r\n#t\r\n#f\r\n,1.5\r\n%1\r\n$1\r\na\r\n:1\r\n~1\r\n$1\r\nb\r\n$4\r\nnone\r\n'));
});
