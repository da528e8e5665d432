/** What a thread of the pool does: one seed, and what is worth telling of it. */
import type {SimulationResult} from '../../src/simulation/simulate.js';
import {loadSimulatedMachine} from './load-simulated-machine.js';
import {shrink, simulate, type SimulationOptions} from './simulate.js';

export interface SeedOptions extends Omit<
	SimulationOptions,
	'codec' | 'onProgress' | 'machine' | 'draw' | 'invariant'
> {
	/** The URL of the module of a machine: see `loadSimulatedMachine`. @default keys and values */
	readonly machineModule?: string | undefined;
}

export interface SeedTask extends SeedOptions {
	/** Make a failure small before it is told. */
	readonly shrinks: boolean;
	/** Shared with who watches: grows as long as the run goes on. */
	readonly progress: Int32Array;
}

export interface SeedReport {
	readonly result: SimulationResult;
	/** Runs that shrinking took; 0 where it was not asked for, or there was no failure. */
	readonly shrinkRuns: number;
	/** Milliseconds of this thread, without shrinking. */
	readonly elapsedMs: number;
}

/** Rejects with a `MachineModuleError`. */
export async function runSeed({shrinks, progress, machineModule, ...given}: SeedTask): Promise<SeedReport> {
	const machine = machineModule === undefined ? {} : await loadSimulatedMachine(machineModule);
	const begun = performance.now();
	const onProgress = (): void => void Atomics.add(progress, 0, 1);
	const options = {...given, ...machine, onProgress};
	const result = simulate(options);
	const elapsedMs = performance.now() - begun;
	if (result.ok || !shrinks) return {result, shrinkRuns: 0, elapsedMs};
	const shrunk = shrink(options, result);
	return {result: shrunk.result, shrinkRuns: shrunk.runs, elapsedMs};
}
