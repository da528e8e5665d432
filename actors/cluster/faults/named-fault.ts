import type {Fault} from '../../../src/faults/faults.js';

/** A fault that is set. */
export interface NamedFault {
	/** Unique among those that are set. */
	readonly name: string;
	readonly fault: Fault;
	/** The fault in words, one line. */
	readonly text: string;
}

/** One that is set now. */
export interface InjectedFault extends NamedFault {
	/** It is over by itself in so many ms; `undefined`: it lasts until it is healed. */
	readonly leftMs: number | undefined;
}
