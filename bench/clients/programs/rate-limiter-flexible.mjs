// The example of rate-limiter-flexible with ioredis: points are consumed, refused and come back.
import assert from 'node:assert/strict';
import {Redis} from 'ioredis';
import {RateLimiterRedis} from 'rate-limiter-flexible';

const redisClient = new Redis({port: Number(process.env.REDIS_PORT), enableOfflineQueue: false});
await new Promise(resolve => void redisClient.once('ready', resolve));
const limiter = new RateLimiterRedis({storeClient: redisClient, points: 5, duration: 3, keyPrefix: 'rlflx'});
for (let point = 1; point <= 5; point += 1) assert.equal((await limiter.consume('user')).consumedPoints, point);
const refused = await limiter.consume('user').catch(reason => reason);
assert.equal(refused.remainingPoints, 0);
assert.ok(refused.msBeforeNext > 0 && refused.msBeforeNext <= 3000, String(refused.msBeforeNext));
await new Promise(resolve => void setTimeout(resolve, 4000));
assert.equal((await limiter.consume('user')).consumedPoints, 1);
await limiter.block('user', 10);
assert.ok((await limiter.get('user')).msBeforeNext > 8000);
assert.equal(await limiter.delete('user'), true);
await redisClient.quit();
