// The example of cacheable with a second layer: what the first layer no longer knows comes from Redis.
import assert from 'node:assert/strict';
import {Cacheable} from 'cacheable';
import KeyvRedis from '@keyv/redis';

const open = () => new Cacheable({secondary: new KeyvRedis(`redis://127.0.0.1:${process.env.REDIS_PORT}`), ttl: '1h'});
const [first, second] = [open(), open()];
await first.set('key', 'value', '10s');
assert.equal(await first.get('key'), 'value');
assert.equal(await second.get('key'), 'value');
assert.equal(await first.delete('key'), true);
assert.equal(await open().get('key'), undefined);
await first.set('counted', {is: 1});
assert.deepEqual(await open().get('counted'), {is: 1});
process.exit(0);
