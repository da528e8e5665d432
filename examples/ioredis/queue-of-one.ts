/** A queue of one at the Redis port, as one writes it with ioredis: one job at a time, which stays in its place until it is done, once. */
import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';

const retryMs = 20;

/** Waits until the place is free. No two jobs are the same. */
export async function put(redis: Redis, queue: string, job: string): Promise<void> {
	for (;;) {
		const before = await redis.set(queue, job, 'NX', 'GET');
		// It is there already where ioredis had to send the command again, after a connection that was cut.
		if (before === null || before === job) return;
		await sleep(retryMs);
	}
}

const take = `if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return redis.call('GET', KEYS[1])`;
const finish = `if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[3], ARGV[2])
return redis.call('DEL', KEYS[1], KEYS[2])`;

/**
 * Takes jobs until `signal` is aborted. What a job results in is written in the step that makes its place free, and only by the worker whose
 * turn it is. `ttlMs`: so long after a worker died another one has its job.
 */
export async function takeJobs(
	redis: Redis,
	queue: string,
	work: (job: string) => Promise<{readonly key: string; readonly value: string}>,
	{signal, ttlMs = 10_000}: {readonly signal: AbortSignal; readonly ttlMs?: number},
): Promise<void> {
	const [worker, me] = [`${queue}:worker`, randomUUID()];
	while (!signal.aborted) {
		const job = (await redis.eval(take, 2, queue, worker, me, ttlMs)) as string | null;
		if (job === null) {
			await sleep(retryMs);
			continue;
		}
		const {key, value} = await work(job);
		await redis.eval(finish, 3, queue, worker, key, me, value);
	}
}
