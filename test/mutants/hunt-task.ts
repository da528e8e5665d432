/** Runs seeds on one mutant until the simulator finds it; a task for a pool of threads. */
import type {simulate} from '../../src/simulation/simulate.js';
import type {Codec} from '../../src/base/codec.js';
import type {MutantCopy} from './build-mutant.js';

export interface Hunt {
	readonly copy: MutantCopy;
	readonly firstSeed: number;
	readonly seeds: number;
	/** Given up after this time. @default never */
	readonly secondsMax?: number;
}

export interface Catch {
	/** The invariant that it broke. */
	readonly invariant: string;
	readonly detail: string;
	readonly seed: number;
	/** Tried, the one that found it included. */
	readonly seeds: number;
	readonly seconds: number;
}

export default async function hunt({copy, firstSeed, seeds, secondsMax = Infinity}: Hunt): Promise<Catch | undefined> {
	const simulator = (await import(copy.simulator)) as {readonly simulate: typeof simulate};
	const {codec} = (await import(copy.codec)) as {readonly codec: Codec};
	const begun = performance.now();
	const seconds = (): number => (performance.now() - begun) / 1000;
	for (let count = 1; count <= seeds && seconds() < secondsMax; count++) {
		const seed = firstSeed + count - 1;
		const found = runOne(() => simulator.simulate({seed, codec}).violation);
		if (found === undefined) continue;
		return {...found, seed, seeds: count, seconds: seconds()};
	}
	return undefined;
}

type Found = Pick<Catch, 'invariant' | 'detail'>;

/** An exception that comes through the simulator is a find as well: the code under test has broken a rule of the harness. */
function runOne(action: () => Found | undefined): Found | undefined {
	try {
		return action();
	} catch (error) {
		return {invariant: 'exception', detail: String(error)};
	}
}
