import type {Clock} from './clock.js';
import type {Notice} from './mailbox.js';

/**
 * Timers of one incarnation, by key. What they send comes ahead of user messages and is never dropped. Once a key is
 * cancelled or started anew, nothing of the old timer arrives, not even what had fired and waited in the mailbox.
 */
export interface Timers<M> {
	/** Sends `message` to the actor itself once, not before `delayMs` from now. */
	start(key: string, message: M, delayMs: number): void;
	/** Sends `message` again and again, at least `intervalMs` apart. A tick is skipped while the last one still waits. */
	startPeriodic(key: string, message: M, intervalMs: number): void;
	cancel(key: string): void;
	isActive(key: string): boolean;
}

/** Object identity tells a timer from a later one under the same key. */
interface Timer {
	readonly message: unknown;
	/** Undefined for a timer that fires once. */
	readonly intervalMs: number | undefined;
	cancelClock: () => void;
	/** A notice of it is in the mailbox. */
	isDue: boolean;
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
		this.#set(key, message, delayMs, undefined);
	}

	startPeriodic(key: string, message: M, intervalMs: number): void {
		this.#set(key, message, intervalMs, intervalMs);
	}

	cancel(key: string): void {
		this.#timers.get(key)?.cancelClock();
		this.#timers.delete(key);
	}

	isActive(key: string): boolean {
		return this.#timers.has(key);
	}

	cancelAll(): void {
		for (const key of this.#timers.keys()) this.cancel(key);
	}

	#set(key: string, message: M, delayMs: number, intervalMs: number | undefined): void {
		this.#assertLive();
		this.#timers.get(key)?.cancelClock();
		const timer: Timer = {message, intervalMs, cancelClock: () => undefined, isDue: false};
		this.#timers.set(key, timer);
		this.#arm(key, timer, delayMs);
	}

	#arm(key: string, timer: Timer, delayMs: number): void {
		timer.cancelClock = this.#clock.setTimer(() => this.#fire(key, timer), delayMs);
	}

	#fire(key: string, timer: Timer): void {
		if (timer.intervalMs !== undefined) this.#arm(key, timer, timer.intervalMs);
		if (timer.isDue) return;
		timer.isDue = true;
		this.#notify({open: () => this.#open(key, timer)});
	}

	#open(key: string, timer: Timer): {readonly message: unknown} | undefined {
		if (this.#timers.get(key) !== timer) return undefined;
		timer.isDue = false;
		if (timer.intervalMs === undefined) this.#timers.delete(key);
		return {message: timer.message};
	}
}
