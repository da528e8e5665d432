/** What a row of the torture catalogue is, and what becomes of it. */
import type {Trial} from './trial.js';

export interface Row {
	/** On the command line. */
	readonly name: string;
	/** What must hold, in one sentence. */
	readonly title: string;
	/** Its share of the time that a long run has: seconds of an hour. */
	readonly weight: number;
	/** Milliseconds that it takes in the tests; a long run never gives it less. */
	readonly shortMs: number;
	/** Whether the tests run it too. */
	readonly isInTests: boolean;
	/** What the machine lacks for it, and how to get it; `undefined`: nothing. A row without it needs nothing. */
	readonly missing?: () => string | undefined;
	/** Ends by itself when `trial.isOver`. Throws, or tells `trial.find`, what is wrong. */
	readonly run: (trial: Trial) => Promise<void>;
}

/** All that a process needs to run one row; the same task does the same again, as far as threads and disks allow. */
export interface RowTask {
	readonly name: string;
	readonly seed: number;
	readonly budgetMs: number;
	/** False in the tests: small amounts, and no verdict that rests on how fast the machine is. */
	readonly isLong: boolean;
	/** The row's own folder: its data while it runs, and its evidence when it fails. */
	readonly folder: string;
}

export interface Figures {
	/** Faults that were injected. */
	readonly faults: number;
	/** Operations, or inputs, that were answered and judged. */
	readonly operations: number;
	/** The longest time in which no client had an answer; `undefined` where no client was waiting. */
	readonly longestPauseMs: number | undefined;
	/** What else was measured. */
	readonly notes: readonly string[];
}

export interface RowResult extends Figures {
	readonly verdict: 'passed' | 'failed' | 'skipped';
	/** What is wrong, or why it was skipped. */
	readonly reasons: readonly string[];
}

/** From a row's process to the runner. */
export type RowMessage =
	| {readonly type: 'progress'; readonly line: string; readonly figures: Figures}
	| {readonly type: 'result'; readonly result: RowResult};

/** From the runner to a row's process: end, clean up. */
export type RunnerMessage = 'stop';
