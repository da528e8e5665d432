import {performance} from 'node:perf_hooks';

/** Where a system takes its time from. Every timer of the runtime goes through here, so that a test can own the time. */
export interface Clock {
	/** Milliseconds that never go back; only differences mean anything. */
	now(): number;
	/** Calls back once, not before `delayMs` from now. The returned function cancels it; cancelling twice is harmless. */
	setTimer(callback: () => void, delayMs: number): () => void;
}

/** Node's `setTimeout` fires at once when asked for more. */
const delayMsMax = 2 ** 31 - 1;

/** The real time of this thread. Its timers keep the process alive until they fire or are cancelled. */
export const systemClock: Clock = {
	now: () => performance.now(),
	setTimer(callback, delayMs) {
		const timer = setTimeout(callback, Math.min(delayMs, delayMsMax));
		return () => clearTimeout(timer);
	},
};
