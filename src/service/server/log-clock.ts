/** A leader's part in log time: see `Command`, `clock`. */
import type {Milliseconds} from '../../raft/types.js';

export class LogClock {
	readonly #intervalMs: Milliseconds;
	/** Up to here on the leader's own clock, time is accounted for. */
	#accountedUntil: Milliseconds = 0;
	/** The newest that this leader proposed; applied only later. */
	#proposed: Milliseconds = 0;

	constructor(intervalMs: Milliseconds) {
		this.#intervalMs = intervalMs;
	}

	/** A leadership begins. What passed before counts for nothing: this node did not see it as leader. */
	start(now: Milliseconds): void {
		this.#accountedUntil = now;
		this.#proposed = 0;
	}

	/** The log time to propose now, given the one applied so far; `undefined` while the last one is new enough. */
	due(now: Milliseconds, applied: Milliseconds): Milliseconds | undefined {
		const elapsed = Math.floor(now - this.#accountedUntil);
		if (elapsed < this.#intervalMs) return undefined;
		this.#accountedUntil += elapsed;
		this.#proposed = Math.max(this.#proposed, applied) + elapsed;
		return this.#proposed;
	}
}
