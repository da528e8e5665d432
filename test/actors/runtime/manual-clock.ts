import type {Clock} from '../../../actors/runtime/index.js';
import {assert} from '../../../src/base/errors.js';
import {Queue} from '../../../src/base/queue.js';

interface ManualTimer {
	readonly dueMs: number;
	readonly callback: () => void;
}

/** More turns than this without coming to rest means that actors send each other messages for ever. */
const turnsMax = 1000;

/**
 * Virtual time for tests: nothing happens until {@link advance} or {@link settle} is called, and then everything happens
 * in a fixed order. Give it to a system as both `clock` and `defer`.
 *
 * ```ts
 * const clock = new ManualClock();
 * const system = new ActorSystem({name: 'test', clock, defer: clock.defer});
 * ```
 */
export class ManualClock implements Clock {
	#nowMs = 0;
	/** By due time, and first set first within one time. */
	readonly #timers: ManualTimer[] = [];
	readonly #deferred = new Queue<() => void>();

	now(): number {
		return this.#nowMs;
	}

	/** How many timers wait; 0 after a system has stopped. */
	get timerCount(): number {
		return this.#timers.length;
	}

	setTimer(callback: () => void, delayMs: number): () => void {
		const timer: ManualTimer = {dueMs: this.#nowMs + Math.max(0, delayMs), callback};
		const after = this.#timers.findIndex(other => other.dueMs > timer.dueMs);
		this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
		return () => {
			const offset = this.#timers.indexOf(timer);
			if (offset !== -1) this.#timers.splice(offset, 1);
		};
	}

	/** Stands in for `setImmediate`. */
	readonly defer = (callback: () => void): void => this.#deferred.push(callback);

	/** Runs what can run without time passing: deferred turns, and the promises that they settle. */
	async settle(): Promise<void> {
		for (let turns = 0; turns < turnsMax; turns++) {
			for (let pending = this.#deferred.length; pending > 0; pending--) this.#deferred.shift()?.();
			// A turn of the real event loop empties the microtask queue, however long the chains of promises in it are.
			await new Promise(resolve => setImmediate(resolve));
			if (this.#deferred.length === 0) return;
		}
		assert(false, 'the system comes to rest without time passing');
	}

	/** Moves the time on, stopping at each timer that comes due and letting its consequences settle. */
	async advance(durationMs: number): Promise<void> {
		await this.settle();
		const targetMs = this.#nowMs + durationMs;
		for (let timer = this.#timers[0]; timer !== undefined && timer.dueMs <= targetMs; timer = this.#timers[0]) {
			this.#timers.shift();
			this.#nowMs = timer.dueMs;
			timer.callback();
			await this.settle();
		}
		this.#nowMs = targetMs;
	}
}
