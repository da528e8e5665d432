/** A rate limit: so many calls in each window of time, counted for all processes together. */
import type {KeyValueClient} from 'threadraft';

export interface RateLimit {
	/** Calls in one window. From 1. */
	readonly limit: number;
	/** It begins with the first call. */
	readonly windowMs: number;
}

/**
 * Whether this call is allowed. The first call of a window and its deadline are one step, so no counter stays for ever; a call whose answer is
 * lost is asked again, and counted once.
 */
export async function isAllowed(clerk: KeyValueClient, caller: string, {limit, windowMs}: RateLimit): Promise<boolean> {
	const key = `rate-limit/${caller}`;
	const counted = await clerk.transaction({
		if: [{key, is: 'absent'}],
		do: [{type: 'put', key, value: '1', ttlMs: windowMs}],
		else: [{type: 'increment', key}],
	});
	if (counted.isCommitted) return limit >= 1;
	const [sum] = counted.results;
	return sum.type === 'number' && sum.value <= limit;
}
