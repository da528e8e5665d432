/** The state machine that a cluster runs, by the module that defines it. */
import {ThreadraftError} from '../../src/base/errors.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import {isMachine} from '../../src/service/is-machine.js';
import type {Machine} from '../../src/service/machine.js';

/** A module that was named as a machine cannot be loaded, or has no machine as its default export. */
export class MachineModuleError extends ThreadraftError {
	override readonly name = 'MachineModuleError';
	readonly code = 'ERR_MACHINE_MODULE';
	/** What was named. */
	readonly module: string;

	constructor(module: string, whatIsWrong: string, options: ErrorOptions = {}) {
		super(`the machine ${module} cannot be used: ${whatIsWrong}`, options);
		this.module = module;
	}
}

/** What a thread needs to run the same machine as all others. */
export interface MachineReference {
	/** The URL of its module; `undefined`: the key/value machine. */
	readonly module: string | undefined;
	/** Of the key/value machine. */
	readonly valueBytesMax: number;
}

/** Rejects with a `MachineModuleError`. */
export async function loadMachine({module, valueBytesMax}: MachineReference): Promise<Machine> {
	if (module === undefined) return kvMachine({valueBytesMax});
	let loaded: {readonly default?: unknown};
	try {
		loaded = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as {readonly default?: unknown};
	} catch (cause) {
		throw new MachineModuleError(module, `its module cannot be loaded (${String(cause)})`, {cause});
	}
	const machine = loaded.default;
	if (isMachine(machine)) return machine;
	throw new MachineModuleError(module, 'its default export is no machine: export what `defineMachine` returns');
}
