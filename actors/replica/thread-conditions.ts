/** What is wrong on purpose with the thread of a replica: its clock, its speed. It lasts until it is set otherwise. */
import type {Milliseconds} from '../../src/raft/types.js';
import {type Clock, systemClock} from '../runtime/clock.js';
import {ThreadClock} from './thread-clock.js';

export interface ThreadConditions {
	/** How fast its clock runs; 1 is true. */
	readonly clockRate: number;
	/** So much late its timers go off; early where it is negative. */
	readonly timerSkewMs: Milliseconds;
	/** All that it does takes so many times as long; 1 or more. */
	readonly slowness: number;
}

export const healthyConditions: ThreadConditions = {clockRate: 1, timerSkewMs: 0, slowness: 1};

/** Stands still for so long, or until `wake`. */
export type Block = (ms: Milliseconds) => void;

/** The clock and the speed of one thread. */
export class ThreadPace {
	readonly clock: ThreadClock;
	readonly #block: Block;
	readonly #real: Clock;
	#slowness = 1;

	constructor(block: Block, real = systemClock) {
		this.#block = block;
		this.#real = real;
		this.clock = new ThreadClock(real);
	}

	set({clockRate, timerSkewMs, slowness}: ThreadConditions): void {
		this.#slowness = slowness;
		this.clock.adjust(clockRate, timerSkewMs);
	}

	/** For the actor system: its work, and after it the time that a slower thread would have taken longer. */
	readonly defer = (work: () => void): void => {
		setImmediate(() => {
			if (this.#slowness === 1) return work();
			const startedAt = this.#real.now();
			work();
			this.#block((this.#real.now() - startedAt) * (this.#slowness - 1));
		});
	};
}
