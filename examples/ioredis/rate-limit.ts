/** A rate limit at the Redis port, as one writes it with ioredis: so many calls in each window of time, for all processes together. */
import type {Redis} from 'ioredis';

export interface RateLimit {
	/** Calls in one window. */
	readonly limit: number;
	/** It begins with the first call. */
	readonly windowMs: number;
}

/**
 * Whether this call is allowed. The counter begins with its deadline, and INCR keeps that: with INCR first and EXPIRE then, a process that
 * dies in between leaves a counter that never ends.
 */
export async function isAllowed(redis: Redis, caller: string, {limit, windowMs}: RateLimit): Promise<boolean> {
	const key = `rate-limit:${caller}`;
	const replies = await redis.multi().set(key, 0, 'PX', windowMs, 'NX').incr(key).exec();
	const [error, count] = replies?.[1] ?? [new Error('the transaction was given up'), undefined];
	if (error !== null) throw error;
	return (count as number) <= limit;
}
