/** A state machine by the module that defines it. */
import {ThreadraftError} from '../../src/base/errors.js';
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

/** Rejects with a `MachineModuleError`. */
export async function loadMachine(module: string): Promise<Machine> {
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
