/** What a step of the tour is, and what it has at hand. */
import type {ClusterEvent} from '../cluster/cluster-event.js';
import type {Cluster} from '../cluster/cluster.js';
import {ThreadraftError} from '../../src/base/errors.js';

/** The step did not show what it is there to show. */
export class TourError extends ThreadraftError {
	override readonly name = 'TourError';
	readonly code = 'ERR_TOUR';
}

export interface TourStep {
	readonly title: string;
	/** Where to read about it. */
	readonly source: string;
	/** What is to happen and what to look at: lines of at most 78 characters. */
	readonly story: readonly string[];
	/** What Enter types, as people would type it: N stands for a number that only the moment tells. */
	readonly lines: readonly string[];
	/**
	 * Carries it out on the cluster of the tour, in which all is well, and says what was to be seen, in lines of at most 78
	 * characters. Throws a `TourError` where that was not to be seen.
	 */
	run(hands: TourHands): Promise<readonly string[]>;
}

export interface TourHands {
	readonly cluster: Cluster;
	readonly signal: AbortSignal;
	/** Shows a line of the console, carries it out, shows the answer, and answers with it. Throws a `TourError` if it failed. */
	readonly type: (line: string) => Promise<string>;
	/** Shows a line of text. */
	readonly print: (text: string) => void;
	/** All events since the step began, oldest first. */
	readonly events: readonly ClusterEvent[];
}

/** Throws a `TourError` unless it holds. */
export function expect(holds: boolean, what: string): asserts holds {
	if (!holds) throw new TourError(`this was not to be seen: ${what}`);
}
