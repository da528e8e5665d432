/** When a node that hears of no leader asks for votes (§5.2): drawn anew each time, so that few nodes ask together. */
import {electionTimeoutSpread, type RaftLimits} from './options.js';
import type {Clock} from './step-clock.js';
import type {Milliseconds} from './types.js';

export interface ElectionTimerContext {
	readonly limits: Pick<RaftLimits, 'heartbeatMs' | 'electionTimeoutMs'>;
	readonly random: () => number;
	readonly clock: Clock;
}

export class ElectionTimer {
	readonly #context: ElectionTimerContext;
	#deadline: Milliseconds;

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

	reset(): void {
		const {limits, random, clock} = this.#context;
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
