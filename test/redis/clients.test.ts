import {execFile, spawn, spawnSync} from 'node:child_process';
import {text} from 'node:stream/consumers';
import {promisify} from 'node:util';
import test from 'ava';
import {Redis} from 'ioredis';
import {needing} from '../needs.js';
import {openGateway, request} from './harness.js';

const run = promisify(execFile);

/** A client that fails at once instead of trying again, so that a test sees it. */
function connectRedis(port: number): Redis {
	return new Redis({port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => null});
}

test('ioredis connects, sees a server that is ready, and its commands behave as its documentation says', async t => {
	const {port} = await openGateway(t);
	const redis = connectRedis(port);
	t.is(await redis.set('key', 'grüße'), 'OK');
	t.is(await redis.get('key'), 'grüße');
	t.is(await redis.get('none'), null);
	t.is(await redis.set('key', 'x', 'NX'), null);
	t.is(await redis.append('key', '!'), 8);
	t.deepEqual(await redis.mget('key', 'none'), ['grüße!', null]);
	t.is(await redis.incrby('n', 41), 41);
	t.is(await redis.incr('n'), 42);
	await t.throwsAsync(redis.incr('key'), {message: 'ERR value is not an integer or out of range'});
	t.is(await redis.set('key', 'x', 'EX', 1000, 'GET'), 'grüße!');
	t.true((await redis.ttl('key')) > 900);
	t.is(await redis.del('key', 'n', 'none'), 2);
	const bytes = Buffer.from([0, 255, 13, 10, 0]);
	await redis.set(bytes, bytes);
	t.deepEqual(await redis.getBuffer(bytes), bytes);
	t.is(await redis.quit(), 'OK');
});

test('an ioredis pipeline has each result in its place, errors too', async t => {
	const {port} = await openGateway(t);
	const redis = connectRedis(port);
	const results = await redis
		.pipeline()
		.set('a', '1')
		.incr('a')
		.get('a')
		.hset('a', 'b', 'c')
		.append('a', 'x')
		.get('a')
		.exec();
	const unknown = `ERR unknown command 'hset', with args beginning with: 'a' 'b' 'c' `;
	t.deepEqual(
		results?.map(([error, result]) => error?.message ?? result),
		['OK', 2, '2', unknown, 2, '2x'],
	);
	const large = 'x'.repeat(1_000_000);
	t.deepEqual(await Promise.all([redis.set('large', large), redis.get('large'), redis.strlen('large')]), [
		'OK',
		large,
		1_000_000,
	]);
	await redis.quit();
});

test('many ioredis clients count together without a loss', async t => {
	const {port} = await openGateway(t);
	const clients = Array.from({length: 10}, () => connectRedis(port));
	await Promise.all(clients.flatMap(redis => Array.from({length: 100}, () => redis.incr('n'))));
	t.is(await clients[0]?.get('n'), '1000');
	await Promise.all(clients.map(redis => redis.quit()));
});

test('an ioredis subscriber gets messages by channel and by pattern, and a pipeline publishes them in its order', async t => {
	const {port} = await openGateway(t);
	const [subscriber, publisher] = [connectRedis(port), connectRedis(port)];
	const got: unknown[] = [];
	subscriber.on('message', (channel, text) => got.push([channel, text]));
	subscriber.on('pmessage', (pattern, channel, text) => got.push([pattern, channel, text]));
	t.is(await subscriber.subscribe('news', 'grüße'), 2);
	t.is(await subscriber.psubscribe('n*'), 3);
	t.is(await publisher.publish('news', 'hello'), 2);
	await publisher.pipeline().publish('grüße', 'ä').publish('none', 'x').exec();
	t.deepEqual(await publisher.pubsub('NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
	// Its answer comes behind all messages.
	await subscriber.ping();
	t.deepEqual(got, [
		['news', 'hello'],
		['n*', 'news', 'hello'],
		['grüße', 'ä'],
		['n*', 'none', 'x'],
	]);
	t.is(await subscriber.unsubscribe('news', 'grüße'), 1);
	t.is(await subscriber.punsubscribe('n*'), 0);
	t.is(await subscriber.get('none'), null);
	await Promise.all([subscriber.quit(), publisher.quit()]);
});

/** A test that needs this program. */
const programTest = (program: string): ReturnType<typeof needing> =>
	needing(spawnSync(program, ['--version']).status === 0 ? undefined : `${program} is not installed`);

programTest('redis-cli')('redis-cli reads, writes, asks for help and speaks RESP3', async t => {
	const {port} = await openGateway(t);
	const cli = async (...args: string[]) => (await run('redis-cli', ['-p', String(port), ...args])).stdout.trim();
	t.is(await cli('set', 'key', 'a b'), 'OK');
	t.is(await cli('get', 'key'), 'a b');
	t.is(await cli('-3', '--no-raw', 'get', 'none'), '(nil)');
	t.is(await cli('-3', '--no-raw', 'config', 'get', 'save'), '1# "save" => ""');
	t.is(await cli('-n', '0', 'strlen', 'key'), '3');
	t.regex(await cli('help', 'getset'), /Set the value of a key and return its old value/);
});

programTest('redis-cli')('redis-cli --pipe loads requests in bulk', async t => {
	const {port} = await openGateway(t);
	const cli = spawn('redis-cli', ['-p', String(port), '--pipe'], {stdio: ['pipe', 'pipe', 'inherit']});
	for (let count = 0; count < 2000; count++) cli.stdin.write(request('APPEND', 'key', 'ab'));
	cli.stdin.end();
	t.regex(await text(cli.stdout), /errors: 0, replies: 2000/);
});

programTest('redis-benchmark')('redis-benchmark finds its way about, also with RESP3', async t => {
	const {port} = await openGateway(t);
	const args = ['-p', String(port), '-n', '500', '-c', '5', '-P', '4', '-t', 'ping,set,get,incr,mset', '--csv'];
	for (const more of [[], ['-3']]) {
		const {stdout, stderr} = await run('redis-benchmark', [...args, ...more]);
		t.is(stderr, '');
		t.is(stdout.trim().split('\n').length, 7);
	}
});
