/**
 * The linearizability checker: is there an order of the operations, one at a time, that the model allows and that
 * contradicts no real-time order?
 *
 *     history --key()--> one history per key --decide()--> ok | violation          (linear, where values tell the order)
 *                                  |
 *                                  +--compile--> wgl, then wgl | jit in turns --> ok | violation | unknown
 *
 * Keys are searched in turns, a slice each, so that one intractable key cannot hide another one's violation.
 */
import type {SearchOptions} from './engines/search.js';
import type {History} from './history.js';
import type {Model} from './model.js';
import {KeyCheck} from './key-check.js';
import type {KeyResult, UnknownReason, Verdict} from './key-result.js';
import {partition} from './partition.js';

export interface CheckOptions<Input, Output, State> extends SearchOptions {
	readonly model: Model<Input, Output, State>;
	/** Judge every key, also after a violation. @default false */
	readonly all?: boolean;
	/** The clock for `timeoutMs`, in ms. Without it there is no time limit. */
	readonly now?: () => number;
	/** Milliseconds until what is undecided becomes unknown. @default Infinity */
	readonly timeoutMs?: number;
	/** Bytes that the memos of all searches together may hold. @default 1 GiB */
	readonly memoryBytesMax?: number;
	/** Asked every few ms: true ends the check; what is undecided becomes unknown. */
	readonly isCancelled?: () => boolean;
	/** Told after each key that is decided. */
	readonly onKey?: (result: KeyResult) => void;
	/** Only these searches. Short cuts are switched off in the model. @default both */
	readonly searches?: readonly ('wgl' | 'jit')[];
}

export interface CheckResult {
	/**
	 * A violation anywhere is a violation; otherwise anything unknown makes it unknown; never ok then. A history without a
	 * single answer is unknown, too: nothing was judged.
	 */
	readonly verdict: Verdict;
	/** In order of first appearance. */
	readonly keys: readonly KeyResult[];
}

const memoryBytesDefault = 2 ** 30;
const sliceSteps = 16_384;

/** Synchronous; see `CheckOptions` for its limits. Errors: a `HistoryError` if the model does not know an operation. */
export function check<Input, Output, State>(
	history: History<Input, Output>,
	options: CheckOptions<Input, Output, State>,
): CheckResult {
	const partitions = partition(history, options.model);
	const checks = [...partitions].map(([key, operations]) => new KeyCheck(key, operations, options));
	const run = new Run(checks, options);
	run.decideAll();
	run.searchAll();
	const keys = checks.map(each => each.result());
	return {verdict: verdictOf(history, keys), keys};
}

/** Whether there is anything to judge: an operation without an answer fits to everything. */
export function hasAnswers<Input, Output>(history: History<Input, Output>): boolean {
	return history.some(({output}) => output !== undefined);
}

/** The verdict over all keys of a history. */
export function verdictOf<Input, Output>(history: History<Input, Output>, keys: readonly KeyResult[]): Verdict {
	const verdict = worst(keys);
	return verdict === 'ok' && !hasAnswers(history) ? 'unknown' : verdict;
}

/** The verdict over many keys or many histories. */
export function worst(results: Iterable<{readonly verdict: Verdict}>): Verdict {
	let verdict: Verdict = 'ok';
	for (const each of results) {
		if (each.verdict === 'violation') return 'violation';
		if (each.verdict === 'unknown') verdict = 'unknown';
	}
	return verdict;
}

type AnyCheck = Pick<KeyCheck<never, never, never>, 'decide' | 'advance' | 'stop' | 'result' | 'memoryBytes' | 'size'>;

class Run<Input, Output, State> {
	readonly #checks: readonly AnyCheck[];
	readonly #options: CheckOptions<Input, Output, State>;
	readonly #deadline: number;
	#open: AnyCheck[] = [];
	#isDecided = false;

	constructor(checks: readonly AnyCheck[], options: CheckOptions<Input, Output, State>) {
		this.#checks = checks;
		this.#options = options;
		const {now, timeoutMs = Infinity} = options;
		this.#deadline = now === undefined ? Infinity : now() + timeoutMs;
	}

	decideAll(): void {
		for (const each of this.#checks) {
			if (this.#mustStop()) each.stop(this.#stopReason());
			else if (!this.#settle(each, each.decide())) this.#open.push(each);
		}
		// The small ones first: they are the likelier to be decided soon, and one violation decides for all.
		this.#open.sort((a, b) => a.size - b.size);
	}

	/** A slice for each open key in turn; slices grow, so that turning costs little in the end. */
	searchAll(): void {
		for (let steps = sliceSteps; this.#open.length > 0; steps *= 2) {
			this.#open = this.#open.filter(each => !this.#search(each, steps));
		}
	}

	/** True once there is nothing more to do for this key. */
	#search(each: AnyCheck, steps: number): boolean {
		for (let done = 0; done < steps; done += sliceSteps) {
			if (this.#mustStop()) {
				each.stop(this.#stopReason());
				return true;
			}
			if (this.#settle(each, each.advance(sliceSteps, this.#memoryLeftFor(each)))) return true;
		}
		return false;
	}

	#settle(each: AnyCheck, isDone: boolean): boolean {
		if (!isDone) return false;
		const result = each.result();
		if (result.verdict === 'violation' && this.#options.all !== true) this.#isDecided = true;
		this.#options.onKey?.(result);
		return true;
	}

	#memoryLeftFor(each: AnyCheck): number {
		let others = 0;
		for (const open of this.#open) if (open !== each) others += open.memoryBytes;
		return (this.#options.memoryBytesMax ?? memoryBytesDefault) - others;
	}

	#mustStop(): boolean {
		return this.#isDecided || this.#options.isCancelled?.() === true || this.#isLate();
	}

	#stopReason(): UnknownReason {
		if (this.#isDecided) return 'notNeeded';
		return this.#isLate() ? 'timeout' : 'cancelled';
	}

	#isLate(): boolean {
		return this.#options.now !== undefined && this.#options.now() >= this.#deadline;
	}
}
