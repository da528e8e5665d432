import {assert} from '../../src/base/errors.js';

/** What the parent does when this actor fails. One for one: siblings are not touched, and each has a budget of its own. */
export interface SupervisionOptions {
	/**
	 * `restart` makes a new incarnation with the same address and mailbox; `stop` ends it; `escalate` fails its parent with
	 * the same error, and at the top stops the system. @default 'restart'
	 */
	readonly strategy?: 'restart' | 'stop' | 'escalate';
	/** The first wait before a restart, in ms; doubles with each restart inside the window. @default 100 */
	readonly backoffMinMs?: number;
	/** No wait is longer, in ms. @default 10000 */
	readonly backoffMaxMs?: number;
	/** One failure more than this within `withinMs` escalates. @default 5 */
	readonly restartsMax?: number;
	/** The window in which restarts are counted, in ms. @default 60000 */
	readonly withinMs?: number;
}

export type Decision =
	| {readonly type: 'restart'; readonly delayMs: number}
	| {readonly type: 'stop'}
	| {readonly type: 'escalate'};

/** Decides on one child's failures and remembers its restarts. Belongs to the child, is consulted by the parent. */
export class Supervision {
	readonly #options: Required<SupervisionOptions>;
	/** Times of the restarts inside the window, oldest first: never more than `restartsMax`. */
	#restartsMs: readonly number[] = [];

	constructor(options: SupervisionOptions) {
		this.#options = {
			strategy: 'restart',
			backoffMinMs: 100,
			backoffMaxMs: 10_000,
			restartsMax: 5,
			withinMs: 60_000,
			...options,
		};
		const {backoffMinMs, backoffMaxMs} = this.#options;
		assert(backoffMinMs >= 0 && backoffMinMs <= backoffMaxMs, '0 <= backoffMinMs <= backoffMaxMs');
	}

	/** `random` is in `[0, 1)`. */
	decide(nowMs: number, random: number): Decision {
		const {strategy, restartsMax, withinMs} = this.#options;
		if (strategy !== 'restart') return {type: strategy};
		const recent = this.#restartsMs.filter(restartMs => nowMs - restartMs < withinMs);
		if (recent.length >= restartsMax) return {type: 'escalate'};
		this.#restartsMs = [...recent, nowMs];
		return {type: 'restart', delayMs: this.#backoffMs(recent.length, random)};
	}

	/** Half of the wait is fixed and half is drawn, so that actors that failed together do not come back together. */
	#backoffMs(attempt: number, random: number): number {
		const {backoffMinMs, backoffMaxMs} = this.#options;
		const fullMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** attempt);
		return fullMs / 2 + (fullMs / 2) * random;
	}
}
