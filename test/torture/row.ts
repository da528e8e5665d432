/** What a row of the torture catalogue is. */
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
