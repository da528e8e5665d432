/** The time of a node: it moves between steps only, and never goes back, whatever the host's clock does. */
import type {Milliseconds} from './types.js';

export interface Clock {
	readonly now: Milliseconds;
}

export class StepClock implements Clock {
	#now: Milliseconds;

	constructor(now: Milliseconds) {
		this.#now = now;
	}

	get now(): Milliseconds {
		return this.#now;
	}

	advanceTo(now: Milliseconds): void {
		this.#now = Math.max(this.#now, now);
	}
}
