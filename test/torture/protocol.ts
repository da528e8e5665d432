/** What passes between the runner and the process that runs a row. */

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
