/** The smallest thing that is wrong, made by hand, so that a judge is seen to report its invariant. */
import type {Invariant, Report} from '../../../src/simulation/violation.js';

export interface Breaker {
	readonly invariant: Invariant;
	/** What is wrong, in one sentence. */
	readonly what: string;
	/** Shows it to the judge. With `isBroken: false` the same story without what is wrong, which breaks nothing. */
	readonly show: (report: Report, isBroken: boolean) => void;
}
