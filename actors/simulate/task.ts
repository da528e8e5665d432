/** What a thread of the pool does: one seed, and what is worth telling of it. */
import type {MachineTypes} from '../../src/service/machine.js';
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
	const result = simulateWithoutStacks(options);
	const elapsedMs = performance.now() - begun;
	if (result.ok || !shrinks) return {result, shrinkRuns: 0, elapsedMs};
	const shrunk = shrink(options, result);
	return {result: shrunk.result, shrinkRuns: shrunk.runs, elapsedMs};
}

/**
 * Most errors of a run are answers: a clerk gives an operation up. Nobody reads where they were made, and to note that
 * takes V8 longer than all else about them. Who asks why a node stopped does read it: such a run is run again.
 */
function simulateWithoutStacks<T extends MachineTypes>(options: SimulationOptions<T>): SimulationResult {
	const {stackTraceLimit} = Error;
	Error.stackTraceLimit = 0;
	let result: SimulationResult;
	try {
		result = simulate(options);
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
	return result.violation?.invariant === 'noCrash' ? simulate(options) : result;
}
