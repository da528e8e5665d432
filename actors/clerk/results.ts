import {ThreadraftError} from '../../src/base/errors.js';
import type {Result} from '../../src/kv/types.js';

/** What became of a write: the key’s version after it. */
export type Written = Extract<Result, {type: 'written'}>;

/** The operation cannot be carried out on what is there; nothing changed. */
export class InvalidOperationError extends ThreadraftError {
	override readonly name = 'InvalidOperationError';
	readonly code = 'ERR_INVALID_OPERATION';
	readonly reason: Extract<Result, {type: 'invalid'}>['reason'];

	constructor(reason: InvalidOperationError['reason']) {
		super(explanations[reason]);
		this.reason = reason;
	}
}

const explanations = {
	notANumber: 'the value is not a whole number of 64 bits: put one before you increment it',
	numberOverflow: 'the sum does not fit into 64 bits: put a smaller number first',
	outOfMemory: 'the keys and values take as much memory as they may (option maxMemoryBytes): delete some first',
	malformed: 'the servers do not know this operation: do client and cluster run the same version?',
	noSuchLease: 'the lease is over, or there never was one: grant a new one, and put its keys again',
	tooManyLeases: 'there are as many leases as there may be: put several keys on one lease, or revoke some',
	resultTooLarge:
		'the transaction has run, and its reads have found more than one answer may hold: read these keys by themselves',
	notWatched: 'this engine cannot watch a key that is absent: use a cluster of our own, or compare with what is there',
	valueTooLarge: 'the value would be larger than the cluster allows (option valueBytesMax): split it over several keys',
} as const;

/** The result of an operation that has only this kind of result, unless it was invalid. */
export function expectResult<T extends Result['type']>(result: Result, type: T): Extract<Result, {type: T}> {
	if (result.type === 'invalid') throw new InvalidOperationError(result.reason);
	if (result.type !== type) throw new TypeError(`a '${type}' was expected, not a '${result.type}'`);
	return result as Extract<Result, {type: T}>;
}
