/**
 * The smallest sub-history that cannot be linearized. Operations are taken away only in ways that keep the proof: if what
 * remains cannot be linearized, the whole could not either.
 *
 * - A read, or anything without a known outcome that only reads, may be left out.
 * - A completed write may be *weakened*: from now on its outcome counts as unknown. (Leaving it out would be no proof: a
 *   read of its value would look like a phantom.)
 * - Everything after a moment may be cut off; what was open then becomes unknown.
 */
import {check} from './check.js';
import type {History, Operation} from './history.js';
import type {Model} from './model.js';

export interface CoreOperation<Input, Output> {
	readonly operation: Operation<Input, Output>;
	/** In the history that was minimized. */
	readonly offset: number;
	/** It has completed in truth, but the contradiction holds even if it is allowed to happen late or never. */
	readonly isWeakened: boolean;
}

export interface Core<Input, Output> {
	readonly operations: readonly CoreOperation<Input, Output>[];
	/** False if the bounds ran out before every operation had been tried. */
	readonly isMinimal: boolean;
}

export interface MinimizeOptions<Input, Output, State> {
	readonly model: Model<Input, Output, State>;
	/** How many sub-histories may be checked. @default 1000 */
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

const checksDefault = 1000;
/** Polls of one check before it counts as undecided: some 10^6 model steps. */
const pollsMax = 64;

class Minimizer<Input, Output, State> {
	readonly #options: MinimizeOptions<Input, Output, State>;
	readonly #deadline: number;
	#checksLeft: number;
	#core: readonly CoreOperation<Input, Output>[];

	constructor(history: History<Input, Output>, options: MinimizeOptions<Input, Output, State>) {
		this.#options = options;
		this.#checksLeft = options.checksMax ?? checksDefault;
		this.#deadline = (options.now?.() ?? 0) + (options.timeoutMs ?? Infinity);
		this.#core = history.map((operation, offset) => ({operation, offset, isWeakened: false}));
	}

	run(): Core<Input, Output> {
		this.#focus();
		this.#cutEnd();
		this.#weakenAll();
		this.#core = this.#withoutIrrelevant();
		return {operations: this.#core, isMinimal: !this.#isExhausted()};
	}

	/** Where the short cut says who contradicts whom, these alone are often enough. */
	#focus(): void {
		const decision = this.#options.model.decide?.(this.#history(this.#core));
		if (decision?.type !== 'violation') return;
		const guilty = new Set(decision.anomaly.offsets);
		this.#adopt(this.#weaken(({offset}) => !guilty.has(offset)));
	}

	/** The shortest beginning that is a violation, by halving: a longer one is one, too. */
	#cutEnd(): void {
		const returns = this.#core.map(({operation}) => operation.return).filter(time => time !== Infinity);
		returns.sort((a, b) => a - b);
		let low = 0;
		let high = returns.length - 1;
		while (low < high) {
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
		const left = (): number[] => this.#core.filter(isChosen).map(({offset}) => offset);
		for (let run = left().length; run > 0; run = run === 1 ? 0 : Math.ceil(run / 2)) {
			for (let start = 0; start < left().length;) {
				const tried = new Set(left().slice(start, start + run));
				if (!this.#adopt(this.#weaken(({offset}) => tried.has(offset)))) start += run;
			}
		}
	}

	/** Reads go, writes become unknown. */
	#weaken(isChosen: (operation: CoreOperation<Input, Output>) => boolean): CoreOperation<Input, Output>[] {
		return this.#core.flatMap(each => {
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

	/** What the remaining answers cannot have seen, and what was called after the last of them. */
	#withoutIrrelevant(): CoreOperation<Input, Output>[] {
		const {model} = this.#options;
		const operations = this.#history(this.#core);
		const end = operations.reduce(
			(latest, {output, return: time}) => (output === undefined ? latest : Math.max(latest, time)),
			-Infinity,
		);
		return this.#core.filter(({operation}) => {
			if (operation.output !== undefined) return true;
			return operation.call <= end && (model.matters?.(operation, operations) ?? true);
		});
	}

	#adopt(candidate: readonly CoreOperation<Input, Output>[]): boolean {
		if (this.#isExhausted() || !this.#isViolation(this.#history(candidate))) return false;
		this.#core = candidate;
		return true;
	}

	#isViolation(history: History<Input, Output>): boolean {
		this.#checksLeft--;
		let polls = 0;
		const isCancelled = (): boolean => ++polls > pollsMax || this.#isLate();
		return check(history, {model: this.#options.model, isCancelled}).verdict === 'violation';
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
