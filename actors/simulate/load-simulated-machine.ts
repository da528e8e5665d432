/** A machine of one's own for the simulator, by the module that exports it and what its clients ask. */
import type {MachineTypes} from '../../src/service/machine.js';
import type {DrawOperation, MachineSettings, StateInvariant} from '../../src/simulation/machine/machine-settings.js';
import {loadMachine, MachineModuleError} from '../replica/load-machine.js';

/**
 * The default export is the machine, `draw` what clients ask for; `invariant`, where there is one, what must hold.
 *
 * Rejects with a `MachineModuleError`.
 */
export async function loadSimulatedMachine(module: string): Promise<MachineSettings<MachineTypes>> {
	const machine = await loadMachine(module);
	const {draw, invariant} = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as Readonly<
		Record<string, unknown>
	>;
	if (typeof draw !== 'function')
		throw new MachineModuleError(module, 'export a function `draw(random)`: see docs/simulator.md');
	if (invariant !== undefined && typeof invariant !== 'function') {
		throw new MachineModuleError(module, 'its export `invariant` is no function');
	}
	return {
		machine,
		draw: draw as DrawOperation<MachineTypes>,
		invariant: invariant as StateInvariant<MachineTypes> | undefined,
	};
}
