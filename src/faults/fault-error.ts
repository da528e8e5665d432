import {ThreadraftError} from '../base/errors.js';

/** A fault that nobody can mean: set as it is, it would quietly inject nothing, or fail at the next message. */
export class FaultError extends ThreadraftError {
	override readonly name = 'FaultError';
	readonly code = 'ERR_FAULT';
	/** The part of the fault that is at fault, such as `links.to`. */
	readonly option: string;
	/** What may stand there, in words. */
	readonly allowed: string;
	readonly given: unknown;

	constructor(option: string, allowed: string, given: unknown) {
		super(`${option} must be ${allowed}, not ${describeGiven(given)}`);
		this.option = option;
		this.allowed = allowed;
		this.given = given;
	}
}

/**
 * A fault that makes sense, and that this cluster is not given. `ERR_FAULT_IMPOSSIBLE`: nobody can do it to a thread and its
 * files; the simulator can. `ERR_FAULT_UNSAFE`: the cluster would lose what it has acknowledged.
 */
export class FaultRefusedError extends ThreadraftError {
	override readonly name = 'FaultRefusedError';
	readonly code: 'ERR_FAULT_IMPOSSIBLE' | 'ERR_FAULT_UNSAFE';

	constructor(code: FaultRefusedError['code'], message: string) {
		super(message);
		this.code = code;
	}
}

function describeGiven(given: unknown): string {
	if (typeof given === 'number' || given === undefined) return String(given);
	return JSON.stringify(given, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? typeof given;
}
