/** What a thread of the pool does: one seed, and what is worth telling of it. */
import {simulate, type SimulationOptions, type SimulationResult} from '../../src/simulation/simulate.js';
import {shrink} from '../../src/simulation/shrink.js';
import {codec} from '../codec/codec.js';

export type SeedOptions = Omit<SimulationOptions, 'codec'>;

export interface SeedTask extends SeedOptions {
	/** Make a failure small before it is told. */
	readonly shrinks: boolean;
}

export interface SeedReport {
	readonly result: SimulationResult;
	/** Runs that shrinking took; 0 where it was not asked for, or there was no failure. */
	readonly shrinkRuns: number;
	/** Milliseconds of this thread, without shrinking. */
	readonly elapsedMs: number;
}

export function runSeed({shrinks, ...options}: SeedTask): SeedReport {
	const begun = performance.now();
	const result = simulate({...options, codec});
	const elapsedMs = performance.now() - begun;
	if (result.ok || !shrinks) return {result, shrinkRuns: 0, elapsedMs};
	const shrunk = shrink({...options, codec}, result);
	return {result: shrunk.result, shrinkRuns: shrunk.runs, elapsedMs};
}
