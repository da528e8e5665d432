// The first example of ioredis' README, a pipeline, a transaction and a script of its README.
import assert from 'node:assert/strict';
import {Redis} from 'ioredis';

const redis = new Redis(Number(process.env.REDIS_PORT));
assert.equal(await redis.set('mykey', 'value'), 'OK');
assert.equal(await redis.get('mykey'), 'value');
assert.equal(await redis.set('expiring', 'hello', 'EX', 10), 'OK');
assert.ok((await redis.ttl('expiring')) > 8);
const pipelined = await redis.pipeline().set('foo', 'bar').get('foo').exec();
assert.deepEqual(pipelined, [
	[null, 'OK'],
	[null, 'bar'],
]);
const transaction = await redis.multi().set('foo', 'baz').get('foo').exec();
assert.deepEqual(transaction, [
	[null, 'OK'],
	[null, 'baz'],
]);
redis.defineCommand('myecho', {numberOfKeys: 2, lua: 'return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}'});
assert.deepEqual(await redis.myecho('k1', 'k2', 'a1', 'a2'), ['k1', 'k2', 'a1', 'a2']);
const found = [];
for await (const keys of redis.scanStream({match: 'exp*'})) found.push(...keys);
assert.deepEqual(found, ['expiring']);
const subscriber = redis.duplicate();
await subscriber.subscribe('my-channel');
const message = new Promise(resolve => void subscriber.once('message', (channel, text) => resolve([channel, text])));
assert.equal(await redis.publish('my-channel', 'hello'), 1);
assert.deepEqual(await message, ['my-channel', 'hello']);
subscriber.disconnect();
await redis.quit();
