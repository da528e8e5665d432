/** The state machine that all replicas of a cluster run. */
import {kvMachine} from '../../src/kv/state-machine.js';
import type {Machine} from '../../src/service/machine.js';
import {loadMachine} from './load-machine.js';

/** What a thread needs to run the same machine as all others. */
export interface MachineReference {
	/** The URL of its module; `undefined`: the key/value machine. */
	readonly module: string | undefined;
	/** Of the key/value machine. */
	readonly valueBytesMax: number;
}

/** For a thread of a replica: the machine of keys and values is loaded with it. Rejects with a `MachineModuleError`. */
export async function machineOf({module, valueBytesMax}: MachineReference): Promise<Machine> {
	return module === undefined ? kvMachine({valueBytesMax}) : loadMachine(module);
}
