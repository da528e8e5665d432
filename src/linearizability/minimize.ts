/**
 * The smallest sub-history that cannot be linearized. Operations are taken away only in ways that keep the proof: if what
 * remains cannot be linearized, the whole could not either.
 *
 * - A read, or anything without a known outcome that only reads, may be left out.
 * - A completed write may be *weakened*: from now on its outcome counts as unknown. (Leaving it out would be no proof: a
 *   read of its value would look like a phantom.)
 * - Everything after a moment may be cut off; what was open then becomes unknown.
 * - An operation of unknown outcome that cannot bear on what is left may be left out.
 *
 * What is left after each step is small where it can be, so that a check costs what the contradiction is worth, and not what
 * the history is.
 */
import {check, hasAnswers} from './check.js';
import type {History, Operation} from './history.js';
import type {Model} from './model.js';

/** One operation of a smallest part that has no order. */
export interface CoreOperation<Input, Output> {
	readonly operation: Operation<Input, Output>;
	/** In the history that was minimized. */
	readonly offset: number;
	/** It has completed in truth, but the contradiction holds even if it is allowed to happen late or never. */
	readonly isWeakened: boolean;
}

export interface Core<Input, Output> {
	readonly operations: readonly CoreOperation<Input, Output>[];
	/** No operation can be left out. False if the bounds ran out before every one had been tried, or one try was not decided. */
	readonly isMinimal: boolean;
	/** No other contradiction has fewer answers: all that could were tried. */
	readonly isSmallest: boolean;
}

/** How long to look for a smaller part that has no order, and where to begin. */
export interface MinimizeOptions<Input, Output, State> {
	readonly model: Model<Input, Output, State>;
	/** What is known to contradict itself, as places in the history: a good place to begin. @default what the short cut finds */
	readonly suspects?: readonly number[];
	/** How many sub-histories may be checked. @default 4000 */
	readonly checksMax?: number;
	/** The clock for `timeoutMs`, in ms. */
	readonly now?: () => number;
	/** @default Infinity */
	readonly timeoutMs?: number;
}

/** `history`: of one key, and a violation. */
export function minimize<Input, Output, State>(
	history: History<Input, Output>,
	options: MinimizeOptions<Input, Output, State>,
): Core<Input, Output> {
	return new Minimizer(history, options).run();
}

const checksDefault = 4000;
/** So few operations are checked in no time. */
const suspectsMax = 20;
/** Polls of one check before it counts as undecided: some 10^6 model steps. */
const pollsMax = 64;

class Minimizer<Input, Output, State> {
	readonly #options: MinimizeOptions<Input, Output, State>;
	readonly #deadline: number;
	readonly #whole: readonly CoreOperation<Input, Output>[];
	#checksLeft: number;
	/** Of the latest check: its bounds ran out. */
	#isUndecided = false;
	/** One that was tried alone may yet be one that can be left out. */
	#hasDoubts = false;
	#core: readonly CoreOperation<Input, Output>[];

	constructor(history: History<Input, Output>, options: MinimizeOptions<Input, Output, State>) {
		this.#options = options;
		this.#checksLeft = options.checksMax ?? checksDefault;
		this.#deadline = (options.now?.() ?? 0) + (options.timeoutMs ?? Infinity);
		this.#whole = history.map((operation, offset) => ({operation, offset, isWeakened: false}));
		this.#core = this.#whole;
	}

	run(): Core<Input, Output> {
		this.#focus();
		this.#cutEnd();
		this.#weakenAll();
		this.#core = this.#withoutIrrelevant(this.#core);
		const isMinimal = !this.#isExhausted() && !this.#hasDoubts;
		const isSmallest = isMinimal && this.#trySmaller();
		return {operations: this.#core, isMinimal, isSmallest};
	}

	/**
	 * Leaving out one after the other ends where nothing more can go, which need not be the least: tries all smaller choices of
	 * answers, the smallest first. False if they are too many.
	 */
	#trySmaller(): boolean {
		const all = this.#whole.flatMap(({operation, offset}) => (operation.output === undefined ? [] : [offset]));
		const size = this.#core.filter(({operation}) => operation.output !== undefined).length;
		for (let kept = 1; kept < size; kept++) {
			if (choices(all.length, kept) > this.#checksLeft) return false;
			for (const chosen of subsets(all, kept)) {
				if (this.#isExhausted()) return false;
				const set = new Set(chosen);
				if (this.#adopt(this.#weaken(({offset}) => !set.has(offset), this.#whole))) return !this.#hasDoubts;
				this.#hasDoubts ||= this.#isUndecided;
			}
		}
		return !this.#hasDoubts;
	}

	/** Where it is known who contradicts whom, these alone are often enough. */
	#focus(): void {
		const suspects = this.#options.suspects ?? this.#decide();
		if (suspects === undefined) return;
		const guilty = new Set(suspects);
		const relevant = this.#withoutIrrelevant(this.#weaken(({offset}) => !guilty.has(offset)));
		// Cheap, and the largest step by far: also when the time is over already.
		const isCheap = relevant.length <= suspectsMax;
		if (!isCheap && this.#isExhausted()) return;
		const isLate = (): boolean => !isCheap && this.#isLate();
		if (this.#isViolation(this.#history(relevant), isLate)) this.#core = relevant;
	}

	#decide(): readonly number[] | undefined {
		const decision = this.#options.model.decide?.(this.#history(this.#core));
		return decision?.type === 'violation' ? decision.anomaly.offsets : undefined;
	}

	/** The shortest beginning that is a violation, by halving: a longer one is one, too. */
	#cutEnd(): void {
		const returns = this.#core.map(({operation}) => operation.return).filter(time => time !== Infinity);
		returns.sort((a, b) => a - b);
		let low = 0;
		let high = returns.length - 1;
		while (low < high && !this.#isExhausted()) {
			const middle = (low + high) >>> 1;
			if (this.#adopt(this.#until(returns[middle] as number))) high = middle;
			else low = middle + 1;
		}
	}

	/** Reads first: with fewer answers fewer writes matter. */
	#weakenAll(): void {
		const {model} = this.#options;
		const isRead = ({operation: {input, output}}: CoreOperation<Input, Output>): boolean =>
			output !== undefined && model.isReadOnly(input, output);
		this.#weakenEach(each => isRead(each));
		this.#weakenEach(each => each.operation.output !== undefined && !isRead(each));
	}

	/** Delta debugging: tries to weaken ever smaller runs of the chosen operations. */
	#weakenEach(isChosen: (operation: CoreOperation<Input, Output>) => boolean): void {
		const chosen = (): number[] => this.#core.filter(isChosen).map(({offset}) => offset);
		let left = chosen();
		for (let run = left.length; run > 0; run = run === 1 ? 0 : Math.ceil(run / 2)) {
			for (let start = 0; start < left.length && !this.#isExhausted();) {
				const tried = new Set(left.slice(start, start + run));
				if (this.#adopt(this.#weaken(({offset}) => tried.has(offset)))) {
					left = chosen();
					continue;
				}
				// Whoever is needed now is needed in what is left later: that asks for less.
				if (run === 1) this.#hasDoubts ||= this.#isUndecided;
				start += run;
			}
		}
	}

	/** Reads go, writes become unknown. */
	#weaken(
		isChosen: (operation: CoreOperation<Input, Output>) => boolean,
		operations = this.#core,
	): CoreOperation<Input, Output>[] {
		return operations.flatMap(each => {
			const {input, output} = each.operation;
			if (output === undefined || !isChosen(each)) return [each];
			return this.#options.model.isReadOnly(input, output) ? [] : [asUnknown(each, true)];
		});
	}

	#until(time: number): CoreOperation<Input, Output>[] {
		const begun = this.#core.filter(({operation}) => operation.call <= time);
		return begun.flatMap(each => {
			const {input, output, return: end} = each.operation;
			if (output === undefined || end <= time) return [each];
			return this.#options.model.isReadOnly(input, output) ? [] : [asUnknown(each, false)];
		});
	}

	/** Without what the remaining answers cannot have seen, and what was called after the last of them. */
	#withoutIrrelevant(core: readonly CoreOperation<Input, Output>[]): readonly CoreOperation<Input, Output>[] {
		const operations = this.#history(core);
		const matters = this.#options.model.whatMatters?.(operations) ?? ((): boolean => true);
		let end = -Infinity;
		for (const {output, return: time} of operations) if (output !== undefined && time > end) end = time;
		return core.filter(
			({operation}) => operation.output !== undefined || (operation.call <= end && matters(operation)),
		);
	}

	#adopt(candidate: readonly CoreOperation<Input, Output>[]): boolean {
		if (this.#isExhausted()) return false;
		const relevant = this.#withoutIrrelevant(candidate);
		if (!this.#isViolation(this.#history(relevant))) return false;
		this.#core = relevant;
		return true;
	}

	#isViolation(history: History<Input, Output>, isLate = (): boolean => this.#isLate()): boolean {
		this.#checksLeft--;
		let polls = 0;
		const isCancelled = (): boolean => ++polls > pollsMax || isLate();
		const {verdict} = check(history, {model: this.#options.model, isCancelled});
		this.#isUndecided = verdict === 'unknown' && hasAnswers(history);
		return verdict === 'violation';
	}

	#isExhausted(): boolean {
		return this.#checksLeft <= 0 || this.#isLate();
	}

	#isLate(): boolean {
		return this.#options.now !== undefined && this.#options.now() >= this.#deadline;
	}

	#history(core: readonly CoreOperation<Input, Output>[]): Operation<Input, Output>[] {
		return core.map(({operation}) => operation);
	}
}

function asUnknown<Input, Output>(
	{operation, offset}: CoreOperation<Input, Output>,
	isWeakened: boolean,
): CoreOperation<Input, Output> {
	return {operation: {...operation, return: Infinity, output: undefined}, offset, isWeakened};
}

/** How many subsets of `size` there are. */
function choices(count: number, size: number): number {
	let product = 1;
	for (let place = 0; place < size; place++) product *= (count - place) / (place + 1);
	return Math.round(product);
}

function* subsets(from: readonly number[], size: number, start = 0): Generator<readonly number[], void, undefined> {
	if (size === 0) yield [];
	else
		for (let place = start; place <= from.length - size; place++) {
			for (const rest of subsets(from, size - 1, place + 1)) yield [from[place] as number, ...rest];
		}
}
