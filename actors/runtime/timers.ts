import type {Clock} from './clock.js';
import type {Notice} from './mailbox.js';

/**
 * Timers of one incarnation, by key. Their messages come ahead of user messages and are never dropped. Once a key is
 * cancelled or started anew, nothing of the old timer arrives, not even what had fired and waited in the mailbox.
 */
export interface Timers<M> {
	/** Sends `message` to the actor itself once, not before `delayMs` from now. */
	start(key: string, message: M, delayMs: number): void;
	/** Ends the timer of this key, if there is one. */
	cancel(key: string): void;
}

/** Object identity tells a timer from a later one under the same key. */
interface Timer {
	readonly message: unknown;
	cancelClock: () => void;
}

export class ActorTimers<M> implements Timers<M> {
	readonly #clock: Clock;
	readonly #notify: (notice: Notice) => void;
	readonly #assertLive: () => void;
	readonly #timers = new Map<string, Timer>();

	constructor(clock: Clock, notify: (notice: Notice) => void, assertLive: () => void) {
		this.#clock = clock;
		this.#notify = notify;
		this.#assertLive = assertLive;
	}

	start(key: string, message: M, delayMs: number): void {
		this.#assertLive();
		this.cancel(key);
		const timer: Timer = {message, cancelClock: () => undefined};
		this.#timers.set(key, timer);
		timer.cancelClock = this.#clock.setTimer(() => this.#notify({open: () => this.#open(key, timer)}), delayMs);
	}

	cancel(key: string): void {
		this.#timers.get(key)?.cancelClock();
		this.#timers.delete(key);
	}

	cancelAll(): void {
		for (const key of this.#timers.keys()) this.cancel(key);
	}

	#open(key: string, timer: Timer): {readonly message: unknown} | undefined {
		if (this.#timers.get(key) !== timer) return undefined;
		this.#timers.delete(key);
		return {message: timer.message};
	}
}
