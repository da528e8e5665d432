/** State machines of one's own: `threadraft/machine`. */
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {checkMachineWith, type MachineSamples} from '../../src/service/conformance.js';
import {codec} from '../codec/codec.js';

export {defineMachine, type MachineDefinition} from '../../src/service/define-machine.js';
export type {
	FrozenMachine,
	Machine,
	MachineReader,
	MachineTypes,
	Place,
	StateMachine,
	TimedState,
	AwaitedState,
	Words,
} from '../../src/service/machine.js';
export type {MachineSamples} from '../../src/service/conformance.js';
export type {Plain} from '../../src/base/plain.js';
export type {LogIndex, Milliseconds, Term} from '../../src/raft/types.js';

/**
 * Tries whether a machine keeps its contract: replicas with the same log are equal, results, effects, reads and all; a
 * snapshot gives the state as it was when it was begun, in slices of any size; what is parsed is what was said, and junk is
 * refused without an exception. For the tests of whoever writes a machine.
 *
 * @returns what it does against its contract, in words; nothing where it keeps it
 */
export const checkMachine = <T extends MachineTypes>(
	machine: Machine<T>,
	samples: MachineSamples<T>,
): readonly string[] => checkMachineWith(codec, machine, samples);
