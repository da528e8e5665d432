/** Makes a failing run small: shorter, and with as few faults as still break the same invariant (Zeller's ddmin). */
import type {MachineTypes} from '../service/machine.js';
import {faultNumber} from './profile.js';
import {simulate, type SimulationOptions, type SimulationResult} from './simulate.js';

/** How long to go on. All of it can be left out. */
export interface ShrinkOptions {
	/** @default 200 */
	readonly runsMax?: number;
	/** Told after each run. */
	readonly onRun?: (runs: number, faults: number) => void;
}

/** What shrinking came to. */
export interface ShrunkRun {
	/** The smallest failing run; replayed by its seed, options, `onlyFaults` and `untilMs`. */
	readonly result: SimulationResult;
	readonly runs: number;
}

/** `failed`: what `simulate(options)` gave; it must not be ok. */
export function shrink<T extends MachineTypes = MachineTypes>(
	options: SimulationOptions<T>,
	failed: SimulationResult,
	{runsMax = 200, onRun}: ShrinkOptions = {},
): ShrunkRun {
	let smallest = failed;
	let runs = 0;
	/** Takes over a smaller run if it fails in the same way. */
	const attempt = (changes: Pick<SimulationOptions, 'onlyFaults' | 'untilMs'>): boolean => {
		if (runs >= runsMax) return false;
		runs += 1;
		const {onlyFaults, untilMs} = smallest;
		const result = simulate({...options, onlyFaults, untilMs, ...changes});
		const isSame = result.violation?.invariant === failed.violation?.invariant;
		if (isSame) smallest = result;
		onRun?.(runs, numbersOf(smallest).length);
		return isSame;
	};
	const shorten = (): void => {
		const atMs = smallest.violation?.atMs ?? Infinity;
		if (atMs < smallest.virtualMs || atMs < (smallest.untilMs ?? smallest.durationMs))
			attempt({untilMs: Math.ceil(atMs)});
	};
	shorten();
	for (let size = Math.ceil(numbersOf(smallest).length / 2); size >= 1; size = Math.floor(size / 2)) {
		for (let start = 0; start < numbersOf(smallest).length;) {
			const numbers = numbersOf(smallest);
			const kept = [...numbers.slice(0, start), ...numbers.slice(start + size)];
			if (!attempt({onlyFaults: kept})) start += size;
		}
	}
	shorten();
	return {result: smallest, runs};
}

/** The faults of a run that could have mattered: those before its end. */
function numbersOf({faults, virtualMs}: SimulationResult): readonly number[] {
	const struck = faults.events.filter(({type, atMs}) => type === 'inject' && atMs <= virtualMs);
	return struck.map(({id}) => faultNumber(id));
}
