/** A leader's part in the clocks of the log: see `Command`, `clock`. */
import type {Milliseconds} from '../../raft/types.js';

/** What a leader reads its times from. */
export interface Clocks {
	/** Never goes back. */
	readonly now: () => Milliseconds;
	/** Unix ms; may be set, forwards and back. */
	readonly wallNow: () => Milliseconds;
}

/**
 * As long as the log's wall time is ahead of the leader's wall clock, because that was set back or another leader's is ahead, it goes
 * on at this rate: it does not stand still, which would keep expired keys for as long, and what is ahead comes to an end.
 */
const rateWhenAhead = 0.5;

export class LogClock {
	readonly #clocks: Clocks;
	readonly #intervalMs: Milliseconds;
	/** Up to here on the leader's own clock, log time is accounted for. */
	#accountedUntil: Milliseconds = 0;
	/** The newest that this leader proposed; applied only later. */
	#proposed: Milliseconds = 0;
	/** The wall time that this leader told last, and when. */
	#wallTime: Milliseconds = 0;
	#wallTimeAt: Milliseconds = 0;

	constructor(clocks: Clocks, intervalMs: Milliseconds) {
		this.#clocks = clocks;
		this.#intervalMs = intervalMs;
	}

	/** A leadership begins. What passed before counts for nothing: this node did not see it as leader. */
	start(): void {
		this.#accountedUntil = this.#clocks.now();
		this.#proposed = 0;
		this.#wallTime = 0;
	}

	/** The log time to propose now, given the one applied so far; `undefined` while the last one is new enough. */
	due(applied: Milliseconds): Milliseconds | undefined {
		return this.#clocks.now() - this.#accountedUntil < this.#intervalMs ? undefined : this.logTime(applied);
	}

	/** The log time to propose now. */
	logTime(applied: Milliseconds): Milliseconds {
		const elapsed = Math.floor(this.#clocks.now() - this.#accountedUntil);
		this.#accountedUntil += elapsed;
		this.#proposed = Math.max(this.#proposed, applied) + elapsed;
		return this.#proposed;
	}

	/** The wall time of now, given the one applied so far. Never behind either, nor behind what this leader told before. */
	wallTime(applied: Milliseconds): Milliseconds {
		const now = this.#clocks.now();
		const wallNow = this.#clocks.wallNow();
		if (applied > this.#wallTime) {
			this.#wallTime = applied;
			this.#wallTimeAt = now;
		}
		const ahead = this.#wallTime + (now - this.#wallTimeAt) * rateWhenAhead;
		if (this.#wallTime === 0 || wallNow >= ahead) {
			this.#wallTime = wallNow;
			this.#wallTimeAt = now;
			return Math.floor(wallNow);
		}
		return Math.floor(ahead);
	}
}
