/** What decides over an operation on one key, where its value is known. */
import {isInt64} from '../../base/int64.js';
import type {KvInvalidReason, KvKeyInput} from '../kv-operation.js';

/** Whether the operation's condition holds, if it has one. `version`: 0 for an absent key. */
export function isMet(input: KvKeyInput, value: string | undefined, version: number): boolean {
	if (input.type === 'put') return isConditionMet(input.condition, value !== undefined);
	if (input.type !== 'compareAndSet') return true;
	return 'version' in input.expected ? input.expected.version === version : input.expected.value === value;
}

export function isConditionMet(condition: 'absent' | 'present' | undefined, isThere: boolean): boolean {
	return condition === undefined || (condition === 'present') === isThere;
}

/** Whether an answer can say that the condition did not hold. */
export function isConditional(input: KvKeyInput): boolean {
	return input.type === 'compareAndSet' || (input.type === 'put' && input.condition !== undefined);
}

/** A signed decimal number as one would write it. */
const decimal = /^(?:0|-?[1-9][0-9]{0,18})$/u;

/** The sum, or why there is none. */
export function increase(value: string | undefined, by: bigint): bigint | 'notANumber' | 'numberOverflow' {
	if (value !== undefined && !decimal.test(value)) return 'notANumber';
	const number = BigInt(value ?? '0');
	if (!isInt64(number)) return 'notANumber';
	return isInt64(number + by) ? number + by : 'numberOverflow';
}

/**
 * Whether the operation, its condition met, can be answered so. How large a value may be is not known here: any write may have
 * been too large.
 */
export function canBeInvalid(input: KvKeyInput, value: string | undefined, reason: KvInvalidReason): boolean {
	if (input.type === 'increment') return increase(value, input.by) === reason;
	return reason === 'valueTooLarge' && input.type !== 'get' && input.type !== 'delete';
}
