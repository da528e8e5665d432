// The example of @keyv/redis, with deadlines, many keys and clear().
import assert from 'node:assert/strict';
import Keyv from 'keyv';
import KeyvRedis from '@keyv/redis';

const keyv = new Keyv({store: new KeyvRedis(`redis://127.0.0.1:${process.env.REDIS_PORT}`), namespace: 'my-namespace'});
const errors = [];
keyv.on('error', error => errors.push(error));
assert.equal(await keyv.set('foo', 'bar'), true);
assert.equal(await keyv.get('foo'), 'bar');
assert.equal(await keyv.set('short', 'lived', 1000), true);
assert.equal(await keyv.get('short'), 'lived');
await new Promise(resolve => void setTimeout(resolve, 1500));
assert.equal(await keyv.get('short'), undefined);
assert.equal(await keyv.has('foo'), true);
assert.equal(await keyv.delete('foo'), true);
assert.equal(await keyv.get('foo'), undefined);
await keyv.set('one', 1);
await keyv.clear();
assert.equal(await keyv.get('one'), undefined);
assert.deepEqual(errors, []);
await keyv.disconnect();
