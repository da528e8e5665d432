// The examples of node-redis' README without hashes: values, a transaction with WATCH, a scan, channels.
import assert from 'node:assert/strict';
import {createClient} from 'redis';

const client = createClient({url: `redis://127.0.0.1:${process.env.REDIS_PORT}`});
client.on('error', error => console.error('Redis Client Error', error));
await client.connect();
await client.set('key', 'value');
assert.equal(await client.get('key'), 'value');
assert.equal(await client.set('key', 'value', {expiration: {type: 'EX', value: 10}, condition: 'NX'}), null);
await client.set('another-key', 'another-value');
const [setReply, getReply] = await client.multi().set('key', 'value').get('another-key').exec();
assert.deepEqual([setReply, getReply], ['OK', 'another-value']);
await client.watch('key');
await client.set('key', 'changed');
await assert.rejects(client.multi().set('key', 'lost').exec(), {
	name: 'Error',
	message: 'One (or more) of the watched keys has been changed',
});
const found = [];
for await (const keys of client.scanIterator({MATCH: '*key'})) found.push(...keys);
assert.deepEqual(new Set(found), new Set(['another-key', 'key']));
assert.equal(await client.eval('return redis.call("get", KEYS[1])', {keys: ['key']}), 'changed');
const subscriber = client.duplicate();
await subscriber.connect();
const message = new Promise(
	resolve =>
		void subscriber.subscribe('channel', text => resolve(text)).then(() => client.publish('channel', 'message')),
);
assert.equal(await message, 'message');
subscriber.destroy();
await client.close();
