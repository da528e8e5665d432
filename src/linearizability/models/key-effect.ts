/** What decides over an operation on one key, where its value is known. */
import {isInt64} from '../../base/int64.js';
import type {KvInvalidReason, KvKeyInput, KvValueCondition} from '../kv-operation.js';

/** Whether the operation's condition holds, if it has one. `version`: 0 for an absent key. */
export function isMet(input: KvKeyInput, value: string | undefined, version: number): boolean {
	if (input.type === 'put' || input.type === 'delete') return isConditionMet(input.condition, value);
	if (input.type !== 'compareAndSet') return true;
	return 'version' in input.expected ? input.expected.version === version : input.expected.value === value;
}

export function isConditionMet(
	condition: 'absent' | 'present' | KvValueCondition | undefined,
	value: string | undefined,
): boolean {
	if (condition === undefined) return true;
	if (typeof condition === 'string') return (condition === 'present') === (value !== undefined);
	return 'is' in condition ? value === condition.is : value !== condition.isNot;
}

/** Whether it is a write that asks for a value, or for another one: what was there has to be known exactly. */
export function asksForValue(input: KvKeyInput): boolean {
	return (input.type === 'put' || input.type === 'delete') && typeof input.condition === 'object';
}

/** Whether an answer can say that the condition did not hold. */
export function isConditional(input: KvKeyInput): boolean {
	if (input.type === 'compareAndSet') return true;
	return (input.type === 'put' || input.type === 'delete') && input.condition !== undefined;
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
