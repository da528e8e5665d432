// The example of Bee-Queue: a job, and its result.
import assert from 'node:assert/strict';
import Queue from 'bee-queue';

const queue = new Queue('example', {redis: {host: '127.0.0.1', port: Number(process.env.REDIS_PORT)}});
await queue.ready();
queue.process(async job => job.data.x + job.data.y);
const job = queue.createJob({x: 2, y: 3});
const result = new Promise((resolve, reject) => void job.on('succeeded', resolve).on('failed', reject));
await job.save();
assert.equal(await result, 5);
process.exit(0);
