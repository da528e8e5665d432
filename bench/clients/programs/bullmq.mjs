// The example of BullMQ: a queue, a worker, its result.
import assert from 'node:assert/strict';
import {Queue, QueueEvents, Worker} from 'bullmq';

const connection = {host: '127.0.0.1', port: Number(process.env.REDIS_PORT)};
const options = {connection, skipVersionCheck: true};
const queue = new Queue('Paint', options);
const events = new QueueEvents('Paint', options);
await events.waitUntilReady();
const job = await queue.add('cars', {color: 'blue'});
const worker = new Worker('Paint', async ({data}) => `painted ${data.color}`, options);
assert.equal(await job.waitUntilFinished(events, 10_000), 'painted blue');
await worker.close();
process.exit(0);
