/** Waits between attempts: full jitter under a bound that doubles, so that those who met once do not meet again. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Milliseconds} from '../../../src/raft/types.js';

export interface BackoffLimits {
	readonly backoffMinMs: Milliseconds;
	readonly backoffMaxMs: Milliseconds;
}

/** `failures`: attempts in a row that came to nothing, from 1. Ends at once when `signal` is aborted. */
export async function backOff(failures: number, limits: BackoffLimits, signal: AbortSignal): Promise<void> {
	const bound = Math.min(limits.backoffMaxMs, limits.backoffMinMs * 2 ** Math.min(failures, 20));
	// Rejects with nothing but the abort.
	await sleep(Math.random() * bound, undefined, {signal}).catch(() => undefined);
}
