// The example of redlock 4: a lock is taken, refused to others, extended and released.
import assert from 'node:assert/strict';
import {Redis} from 'ioredis';
import Redlock from 'redlock';

const client = new Redis(Number(process.env.REDIS_PORT));
const redlock = new Redlock([client], {driftFactor: 0.01, retryCount: 1, retryDelay: 100});
const resource = 'locks:account:322456';
const lock = await redlock.lock(resource, 10_000);
await assert.rejects(redlock.lock(resource, 10_000), {name: 'LockError'});
const extended = await lock.extend(20_000);
assert.ok((await client.pttl(resource)) > 10_000);
await extended.unlock();
await (await redlock.lock(resource, 10_000)).unlock();
assert.equal(await client.exists(resource), 0);
await client.quit();
