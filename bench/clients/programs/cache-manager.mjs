// The example of cache-manager with a store of Keyv: set, get, mget, wrap, ttl, clear.
import assert from 'node:assert/strict';
import {createCache} from 'cache-manager';
import Keyv from 'keyv';
import KeyvRedis from '@keyv/redis';

const store = new Keyv({store: new KeyvRedis(`redis://127.0.0.1:${process.env.REDIS_PORT}`)});
const cache = createCache({stores: [store], ttl: 10_000});
await cache.set('foo', {bar: 1});
assert.deepEqual(await cache.get('foo'), {bar: 1});
await cache.mset([
	{key: 'k1', value: 'v1'},
	{key: 'k2', value: 'v2', ttl: 5000},
]);
assert.deepEqual(await cache.mget(['k1', 'k2', 'k3']), ['v1', 'v2', undefined]);
let calls = 0;
const load = () => cache.wrap('wrapped', async () => (calls += 1), 5000);
assert.deepEqual([await load(), await load(), calls], [1, 1, 1]);
await cache.del('foo');
assert.equal(await cache.get('foo'), undefined);
await cache.clear();
assert.equal(await cache.get('k1'), undefined);
await store.disconnect();
