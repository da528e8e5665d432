// The example of valkey-glide's README for one server, and a transaction.
import assert from 'node:assert/strict';
import {Batch, GlideClient} from '@valkey/valkey-glide';

const client = await GlideClient.createClient({
	addresses: [{host: '127.0.0.1', port: Number(process.env.REDIS_PORT)}],
	requestTimeout: 10_000,
});
assert.equal(await client.ping(), 'PONG');
assert.equal(await client.set('foo', 'bar'), 'OK');
assert.equal(await client.get('foo'), 'bar');
assert.deepEqual(await client.exec(new Batch(true).set('foo', 'baz').get('foo'), true), ['OK', 'baz']);
client.close();
