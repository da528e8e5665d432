/** A state machine of one's own to simulate, in place of keys and values. */
import type {Random} from '../../base/random.js';
import type {Machine, MachineTypes, StateMachine} from '../../service/machine.js';

/** What a client asks for: a write or a read of the machine. */
export type DrawnOperation<T extends MachineTypes> = {readonly write: T['write']} | {readonly read: T['read']};

/** Draws what a client asks for next. All chance comes from `random`: the same seed must draw the same operations. */
export type DrawOperation<T extends MachineTypes> = (random: Random) => DrawnOperation<T>;

/** What is wrong with a state, in words; `undefined`: nothing. It asks the state by `read`, and changes nothing. */
export type StateInvariant<T extends MachineTypes> = (state: StateMachine<T>) => string | undefined;

/** The machine, what clients ask of it, and what must always hold. */
export interface MachineSettings<T extends MachineTypes> {
	readonly machine: Machine<T>;
	readonly draw: DrawOperation<T>;
	readonly invariant: StateInvariant<T> | undefined;
}
