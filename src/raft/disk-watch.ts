/** Notices when the node's disk does not answer for long, and when it answers again. */
import type {Durability} from './durability.js';
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import type {Clock} from './step-clock.js';
import type {Milliseconds} from './types.js';

export interface DiskWatchContext {
	readonly limits: Pick<RaftLimits, 'diskStallMs'>;
	readonly clock: Clock;
	readonly durability: Pick<Durability, 'unfinishedSince'>;
	readonly outbox: Pick<Outbox, 'report'>;
}

export class DiskWatch {
	readonly #context: DiskWatchContext;
	/** Since when the write is under way that was told to be slow; `undefined`: none is. */
	#slowSince: Milliseconds | undefined;

	constructor(context: DiskWatchContext) {
		this.#context = context;
	}

	/** The end of a step. */
	check(): void {
		const {limits, clock, durability, outbox} = this.#context;
		const since = durability.unfinishedSince;
		const isSlow = since !== undefined && clock.now - since >= limits.diskStallMs;
		if (isSlow && this.#slowSince === undefined) {
			this.#slowSince = since;
			outbox.report({type: 'diskSlow', stalledMs: clock.now - since});
		} else if (!isSlow && this.#slowSince !== undefined) {
			outbox.report({type: 'diskRecovered', stalledMs: clock.now - this.#slowSince});
			this.#slowSince = undefined;
		}
	}
}
