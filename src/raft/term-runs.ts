/** The terms of a log's entries: they change rarely, so where each begins says it all. */
import {assert} from '../base/errors.js';
import type {LogIndex, Term} from './types.js';

interface Run {
	readonly firstIndex: LogIndex;
	readonly term: Term;
}

export class TermRuns {
	/** In the order of the log; terms only grow. */
	#runs: Run[] = [];

	get lastTerm(): Term | undefined {
		return this.#runs.at(-1)?.term;
	}

	/** The newest runs, `max` at the most, in the order of the log: where each begins, and its term. */
	newest(max: number): readonly (readonly [firstIndex: LogIndex, term: Term])[] {
		return this.#runs.slice(-max).map(({firstIndex, term}) => [firstIndex, term]);
	}

	append(index: LogIndex, term: Term): void {
		const {lastTerm} = this;
		assert(lastTerm === undefined || term >= lastTerm, 'terms never decrease along the log');
		if (term !== lastTerm) this.#runs.push({firstIndex: index, term});
	}

	/** Of an entry that the log has. */
	termAt(index: LogIndex): Term | undefined {
		return this.#runAt(index)?.term;
	}

	/** The first index of the run that this entry lies in. */
	firstIndexOfRun(index: LogIndex): LogIndex {
		return this.#runAt(index)?.firstIndex ?? index;
	}

	/** The last index up to `index` that is of this term; `undefined` when there is none. */
	lastIndexOfTerm(term: Term, index: LogIndex): LogIndex | undefined {
		const offset = this.#runs.findLastIndex(run => run.term === term);
		const run = this.#runs[offset];
		if (run === undefined || run.firstIndex > index) return undefined;
		return Math.min(index, (this.#runs[offset + 1]?.firstIndex ?? Infinity) - 1);
	}

	truncateFrom(index: LogIndex): void {
		while ((this.#runs.at(-1)?.firstIndex ?? -1) >= index) this.#runs.pop();
	}

	/** Forgets all up to `index`. */
	compactTo(index: LogIndex, lastIndex: LogIndex): void {
		const left = this.#runs.filter((_, offset) => (this.#runs[offset + 1]?.firstIndex ?? lastIndex + 1) > index + 1);
		this.#runs = left.map(({firstIndex, term}) => ({firstIndex: Math.max(firstIndex, index + 1), term}));
	}

	clear(): void {
		this.#runs = [];
	}

	/** Nearly always the last one. */
	#runAt(index: LogIndex): Run | undefined {
		for (let offset = this.#runs.length - 1; offset >= 0; offset--) {
			const run = this.#runs[offset];
			if (run !== undefined && run.firstIndex <= index) return run;
		}
		return undefined;
	}
}
