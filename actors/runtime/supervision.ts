import {assert} from '../../src/base/errors.js';

/**
 * `restart` makes a new incarnation with the same reference and mailbox; `stop` ends the actor; `escalate` fails its parent
 * with the same error, and at the top stops the system.
 */
export type Strategy = 'restart' | 'stop' | 'escalate';

/** What the parent does when this actor fails. One for one: siblings are not touched, and each has a budget of its own. */
export interface SupervisionOptions {
	/** One for all failures, or by the error. @default 'restart' */
	readonly strategy?: Strategy | ((error: unknown) => Strategy);
	/** The first wait before a restart, in ms; doubles with each restart in a row. @default 100 */
	readonly backoffMinMs?: number;
	/** No wait of the budget is longer, in ms. @default 10000 */
	readonly backoffMaxMs?: number;
	/** The budget: so many restarts in a row. @default 5 */
	readonly restartsMax?: number;
	/** An incarnation that ran for so long has recovered: its failure begins a new budget, in ms. @default 60000 */
	readonly stableMs?: number;
	/** The wait before each restart beyond the budget, in ms. @default none: a failure beyond the budget escalates */
	readonly spentDelayMs?: number;
}

/** What becomes of an actor that has failed. */
export type Decision =
	| {readonly type: 'restart'; readonly delayMs: number}
	| {readonly type: 'stop'}
	| {readonly type: 'escalate'};

/** Decides on one child's failures and counts its restarts. Belongs to the child, is consulted by the parent. */
export class Supervision {
	readonly #options: Required<Omit<SupervisionOptions, 'spentDelayMs'>>;
	readonly #spentDelayMs: number | undefined;
	/** In a row: since an incarnation was last stable. */
	#restarts = 0;

	constructor({spentDelayMs, ...options}: SupervisionOptions) {
		this.#options = {
			strategy: 'restart',
			backoffMinMs: 100,
			backoffMaxMs: 10_000,
			restartsMax: 5,
			stableMs: 60_000,
			...options,
		};
		this.#spentDelayMs = spentDelayMs;
		const {backoffMinMs, backoffMaxMs} = this.#options;
		assert(backoffMinMs >= 0 && backoffMinMs <= backoffMaxMs, '0 <= backoffMinMs <= backoffMaxMs');
	}

	/** `ranMs`: how long the incarnation ran before it failed; 0 for one that did not start. `random` is in `[0, 1)`. */
	decide(error: unknown, ranMs: number, random: number): Decision {
		const {strategy, stableMs} = this.#options;
		const chosen = typeof strategy === 'function' ? strategy(error) : strategy;
		if (chosen !== 'restart') return {type: chosen};
		if (ranMs >= stableMs) this.#restarts = 0;
		const fullMs = this.#fullDelayMs();
		if (fullMs === undefined) return {type: 'escalate'};
		this.#restarts += 1;
		// Half of the wait is fixed and half is drawn, so that actors that failed together do not come back together.
		return {type: 'restart', delayMs: fullMs / 2 + (fullMs / 2) * random};
	}

	#fullDelayMs(): number | undefined {
		const {backoffMinMs, backoffMaxMs, restartsMax} = this.#options;
		if (this.#restarts >= restartsMax) return this.#spentDelayMs;
		return Math.min(backoffMaxMs, backoffMinMs * 2 ** this.#restarts);
	}
}
