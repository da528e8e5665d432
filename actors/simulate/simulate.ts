/** The simulator with the codec that real clusters use. `src/simulation` is given its codec, because it may import nothing from here. */
import type {Codec} from '../../src/base/codec.js';
import type {MachineTypes} from '../../src/service/machine.js';
import type {SimulationSettings} from '../../src/simulation/options.js';
import {shrink as shrinkWith, type ShrinkOptions, type ShrunkRun} from '../../src/simulation/shrink.js';
import {
	simulate as simulateWith,
	type SimulationOptions as CoreOptions,
	type SimulationResult,
} from '../../src/simulation/simulate.js';
import {codec} from '../codec/codec.js';

/** What may be said of a run, and what its messages and files are written with. All but the seed can be left out. */
export interface SimulationOptions<T extends MachineTypes = MachineTypes> extends SimulationSettings<T> {
	/** Writes and reads what clients and servers say to each other, and what rests on the disks. @default CBOR, as in real clusters */
	readonly codec?: Codec | undefined;
}

/**
 * Runs one seed to its end, on this thread. The same options give the same result, bit for bit.
 *
 * @throws {SimulationOptionError}
 */
export function simulate<T extends MachineTypes = MachineTypes>(options: SimulationOptions<T>): SimulationResult {
	return simulateWith(withCodec(options));
}

/**
 * Makes a failing run small: shorter, and with as few faults as still break the same invariant. `failed` is what
 * `simulate(options)` gave; it must not be ok.
 *
 * @throws {SimulationOptionError}
 */
export function shrink<T extends MachineTypes = MachineTypes>(
	options: SimulationOptions<T>,
	failed: SimulationResult,
	limits?: ShrinkOptions,
): ShrunkRun {
	return shrinkWith(withCodec(options), failed, limits);
}

const withCodec = <T extends MachineTypes>(options: SimulationOptions<T>): CoreOptions<T> => ({
	...options,
	codec: options.codec ?? codec,
});
