/** What faults happen to: a cluster, or what a test puts in its place. */
import type {Fault} from '../../src/faults/faults.js';

export interface FaultBearer {
	/** Sets a fault under a name. Resolves when it is there. */
	inject(id: string, fault: Fault): Promise<void>;
	/** Ends the fault of this name; resolves when it is over. Without such a fault nothing happens. */
	heal(id: string): Promise<void>;
}
