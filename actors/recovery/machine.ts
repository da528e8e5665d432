/** The state machine that a directory or a backup is of: keys and values, or one that is named by its module. */
import {type KvLimits} from '../../src/kv/limits.js';
import type {Machine} from '../../src/service/machine.js';
import {urlOf} from '../cluster/thread-entries.js';
import {loadMachine} from '../replica/load-machine.js';
import type {ExaminedDirectory} from './examine.js';

/** Where a machine's module is named: in the library, and on the command line. */
export interface MachineOption {
	/**
	 * The module of the state machine, a URL or a path, as for `Cluster.start`.
	 * @default keys and values
	 */
	readonly machine?: string | URL;
}

/** What to do where the files are of another machine. */
export const howToName = 'name its module ("--machine FILE"; in the library the option `machine`)';

/** Rejects with a `MachineModuleError`. */
export async function namedMachine(
	{machine}: MachineOption,
	limits: Partial<Pick<KvLimits, 'valueBytesMax'>> = {},
): Promise<Machine> {
	if (machine !== undefined) return loadMachine(urlOf(machine).href);
	// Loaded where it is needed: few programs that run a cluster look into its files as well.
	const {kvMachine} = await import('../../src/kv/state-machine.js');
	return kvMachine(limits);
}

/** The name of the machine that the directory is of; `undefined` where its own file does not tell. */
export const machineNameOf = ({error, limits}: ExaminedDirectory): string | undefined =>
	error === undefined ? (limits?.machine ?? 'kv') : limits?.machine;
