import type {Machine} from './machine.js';

/** Whether a value has the form of a machine; what it does, `checkMachine` tries. */
export function isMachine(value: unknown): value is Machine {
	const machine = value as Partial<Machine> | null | undefined;
	const isNamed = typeof machine?.name === 'string' && machine.name !== '' && Number.isSafeInteger(machine.version);
	return isNamed && typeof machine.create === 'function' && typeof machine.beginRestore === 'function';
}
