import type {Fault} from '../../../src/faults/faults.js';

/** A fault that is set. */
export interface NamedFault {
	/** Unique among those that are set. */
	readonly name: string;
	readonly fault: Fault;
	/** The fault in words, one line. */
	readonly text: string;
}
