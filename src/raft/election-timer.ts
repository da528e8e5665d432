/** When a node that hears of no leader asks for votes (§5.2): drawn anew each time, so that few nodes ask together. */
import {electionTimeoutSpread, type RaftLimits} from './options.js';
import type {Clock} from './step-clock.js';
import type {Milliseconds} from './types.js';

export interface ElectionTimerContext {
	readonly limits: Pick<RaftLimits, 'heartbeatMs' | 'electionTimeoutMs'>;
	readonly random: () => number;
	readonly clock: Clock;
}

/** From one rank to the next, as a share of the heartbeat: two rounds of votes and a write to the disk fit in. */
const hurriedStep = 0.4;
/** What chance adds, as a share of the heartbeat: ranks may be counted in two ways while the members change. */
const hurriedSpread = 0.1;

export class ElectionTimer {
	readonly #context: ElectionTimerContext;
	#deadline: Milliseconds;
	#isHurried = false;

	constructor(context: ElectionTimerContext) {
		this.#context = context;
		this.#deadline = context.clock.now + firstTimeout(context);
	}

	get deadline(): Milliseconds {
		return this.#deadline;
	}

	get isDue(): boolean {
		return this.#context.clock.now >= this.#deadline;
	}

	/** The deadline is that of `hurry`. */
	get isHurried(): boolean {
		return this.#isHurried;
	}

	/**
	 * It is known that nobody leads: no silence needs to be waited for. `rank`: this node's place among those that may stand, from
	 * 0; each leaves the one before it the time to win.
	 */
	hurry(rank: number): void {
		const {limits, random, clock} = this.#context;
		const deadline = clock.now + limits.heartbeatMs * (rank * hurriedStep + hurriedSpread * random());
		if (deadline >= this.#deadline) return;
		this.#deadline = deadline;
		this.#isHurried = true;
	}

	reset(): void {
		const {limits, random, clock} = this.#context;
		this.#isHurried = false;
		this.#deadline = clock.now + limits.electionTimeoutMs * (1 + electionTimeoutSpread * random());
	}
}

/**
 * A node that has just started waits for a sign of life of a leader, not for its silence to be certain: where there is
 * a leader, its followers refuse the pre-vote, and nothing was disturbed.
 */
function firstTimeout({limits, random}: ElectionTimerContext): Milliseconds {
	const {heartbeatMs, electionTimeoutMs} = limits;
	return heartbeatMs + Math.max(0, electionTimeoutMs - heartbeatMs) * random();
}
