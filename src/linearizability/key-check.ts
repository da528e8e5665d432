import type {EngineName, KeyResult, UnknownReason, Verdict} from './key-result.js';
import {JitSearch} from './engines/jit.js';
import {compileProblem} from './engines/problem.js';
import type {Search, SearchOptions, SearchOutcome} from './engines/search.js';
import {WglSearch} from './engines/wgl.js';
import type {History} from './history.js';
import type {Anomaly, Model} from './model.js';

export interface KeyCheckOptions<Input, Output, State> extends SearchOptions {
	readonly model: Model<Input, Output, State>;
	readonly searches?: readonly ('wgl' | 'jit')[];
}

/** Depth-first alone decides nearly all; only what resists this many steps is worth a second search beside it. */
const soloSteps = 262_144;

/** One key on its way to a verdict. */
export class KeyCheck<Input, Output, State> {
	readonly #key: string;
	readonly #history: History<Input, Output>;
	readonly #options: KeyCheckOptions<Input, Output, State>;
	/** Those that have not run out of memory, next in turn first; `undefined`: not begun. */
	#searches: Search[] | undefined;
	#verdict: Verdict = 'unknown';
	#reason: UnknownReason | undefined = 'cancelled';
	#engine: EngineName | undefined;
	#anomaly: Anomaly | undefined;
	#modelSteps = 0;

	constructor(key: string, history: History<Input, Output>, options: KeyCheckOptions<Input, Output, State>) {
		this.#key = key;
		this.#history = history;
		this.#options = options;
	}

	get size(): number {
		return this.#history.length;
	}

	get memoryBytes(): number {
		return this.#searches?.reduce((bytes, search) => bytes + search.memoryBytes, 0) ?? 0;
	}

	/** Tries the short cut. True once there is a verdict. */
	decide(): boolean {
		const decision = this.#options.model.decide?.(this.#history);
		if (decision === undefined || decision.type === 'notApplicable') return false;
		this.#conclude(decision.type, 'chain');
		if (decision.type === 'violation') this.#anomaly = decision.anomaly;
		return true;
	}

	/** Searches for about `steps` model steps. True once there is a verdict, or no way to one. */
	advance(steps: number, memoryBytesMax: number): boolean {
		this.#searches ??= this.#begin();
		const search = this.#searches[0] as Search;
		const others = this.memoryBytes - search.memoryBytes;
		const before = search.steps;
		const outcome = search.advance(steps, memoryBytesMax - others);
		this.#modelSteps += search.steps - before;
		if (outcome !== undefined) return this.#settle(search, outcome);
		if (search.steps >= soloSteps) this.#searches.push(this.#searches.shift() as Search);
		return false;
	}

	/** No verdict will come any more. */
	stop(reason: UnknownReason): void {
		this.#reason = reason;
		this.#searches = undefined;
	}

	result(): KeyResult {
		return {
			key: this.#key,
			verdict: this.#verdict,
			reason: this.#reason,
			engine: this.#engine,
			anomaly: this.#anomaly,
			operationCount: this.#history.length,
			modelSteps: this.#modelSteps,
		};
	}

	#begin(): Search[] {
		const problem = compileProblem(this.#history, this.#options.model);
		const names = this.#options.searches ?? ['wgl', 'jit'];
		return names.map(name =>
			name === 'wgl' ? new WglSearch(problem, this.#options) : new JitSearch(problem, this.#options),
		);
	}

	#settle(search: Search, outcome: SearchOutcome): boolean {
		if (outcome !== 'outOfMemory') {
			this.#conclude(outcome, search.name);
			return true;
		}
		this.#searches = this.#searches?.filter(other => other !== search) ?? [];
		if (this.#searches.length > 0) return false;
		this.stop('memory');
		return true;
	}

	#conclude(verdict: 'ok' | 'violation', engine: EngineName): void {
		this.#verdict = verdict;
		this.#engine = engine;
		this.#reason = undefined;
		this.#searches = undefined;
	}
}
