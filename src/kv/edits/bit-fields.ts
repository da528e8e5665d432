/** BITFIELD: numbers of 1 to 64 bits at any place of a value, the highest bit first (bitops.c). */
import {int64OfText} from '../../base/int64.js';
import type {ByteString} from '../types.js';

type Overflow = 'wrap' | 'sat' | 'fail';

export interface FieldStep {
	readonly action: 'get' | 'set' | 'incrby';
	readonly isSigned: boolean;
	readonly bits: number;
	/** Of its first bit. */
	readonly offset: number;
	/** What is set, or added. */
	readonly operand: bigint;
	readonly overflow: Overflow;
}

/** Of Redis: no value has bits beyond. */
const offsetsMax = 2n ** 32n;
const notAnOffset = 'ERR bit offset is not an integer or out of range';
const notAType = 'ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.';

/** What follows the key; or why Redis refuses it. */
export function parseFieldSteps(words: readonly ByteString[]): readonly FieldStep[] | string {
	const steps: FieldStep[] = [];
	let overflow: Overflow = 'wrap';
	for (let at = 0; at < words.length;) {
		const name = (words[at] ?? '').toLowerCase();
		const left = words.length - at - 1;
		if (name === 'overflow' && left >= 1) {
			const asked = (words[at + 1] ?? '').toLowerCase();
			if (asked !== 'wrap' && asked !== 'sat' && asked !== 'fail') return 'ERR Invalid OVERFLOW type specified';
			overflow = asked;
			at += 2;
			continue;
		}
		const operands = name === 'get' ? 2 : name === 'set' || name === 'incrby' ? 3 : 0;
		if (operands === 0 || left < operands) return 'ERR syntax error';
		const step = parseStep(name as FieldStep['action'], words.slice(at + 1, at + 1 + operands), overflow);
		if (typeof step === 'string') return step;
		steps.push(step);
		at += 1 + operands;
	}
	return steps;
}

function parseStep(
	action: FieldStep['action'],
	[type = '', place = '', operand]: readonly ByteString[],
	overflow: Overflow,
): FieldStep | string {
	const isSigned = type.startsWith('i');
	const bits = isSigned || type.startsWith('u') ? int64OfText(type.slice(1)) : undefined;
	if (bits === undefined || bits < 1n || bits > (isSigned ? 64n : 63n)) return notAType;
	const hasUnit = place.startsWith('#');
	const number = int64OfText(hasUnit ? place.slice(1) : place);
	const offset = number !== undefined && hasUnit ? number * bits : number;
	if (offset === undefined || offset < 0n || offset >= offsetsMax) return notAnOffset;
	const by = operand === undefined ? 0n : int64OfText(operand);
	if (by === undefined) return 'ERR value is not an integer or out of range';
	return {action, isSigned, bits: Number(bits), offset: Number(offset), operand: by, overflow};
}

/** Bytes that the value has at least once all steps are carried out: 0 if none of them writes. */
export function lengthOfFields(steps: readonly FieldStep[]): number {
	return steps.reduce(
		(most, {action, offset, bits}) => (action === 'get' ? most : Math.max(most, Math.ceil((offset + bits) / 8))),
		0,
	);
}

/** Carries one out; `undefined`: the number does not fit, and nothing is changed. `value` is long enough for what it writes. */
export function carryOutField(value: Uint8Array, step: FieldStep): bigint | undefined {
	const before = readField(value, step);
	if (step.action === 'get') return before;
	const [base, by] = step.action === 'set' ? [step.operand, 0n] : [before, step.operand];
	const {isOver, number} = fitted(step.isSigned ? base : BigInt.asUintN(64, base), by, step);
	if (isOver && step.overflow === 'fail') return undefined;
	writeField(value, step, number);
	return step.action === 'set' ? before : number;
}

/** Zeros are beyond the end. */
export function readField(value: Uint8Array, {isSigned, bits, offset}: FieldStep): bigint {
	let number = 0n;
	for (let place = offset; place < offset + bits; place += 1) {
		const byte = value[Math.floor(place / 8)] ?? 0;
		number = (number << 1n) | ((byte & (128 >> (place % 8))) === 0 ? 0n : 1n);
	}
	return isSigned ? BigInt.asIntN(bits, number) : number;
}

function writeField(value: Uint8Array, {bits, offset}: FieldStep, number: bigint): void {
	for (let bit = 0; bit < bits; bit += 1) {
		const place = offset + bit;
		const offsetInByte = Math.floor(place / 8);
		const mask = 128 >> (place % 8);
		const isSet = ((number >> BigInt(bits - 1 - bit)) & 1n) === 1n;
		value[offsetInByte] = isSet ? (value[offsetInByte] ?? 0) | mask : (value[offsetInByte] ?? 0) & ~mask;
	}
}

/** The sum within the bits of the field. What is compared are Redis' numbers of 64 bits, which wrap themselves. */
function fitted(
	base: bigint,
	by: bigint,
	{isSigned, bits, overflow}: FieldStep,
): {readonly isOver: boolean; readonly number: bigint} {
	const max = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n;
	const min = isSigned ? -max - 1n : 0n;
	const up = BigInt.asIntN(64, max - base);
	const down = BigInt.asIntN(64, min - base);
	const isNarrow = isSigned && bits !== 64;
	const isAbove = base > max || (isNarrow && by > up) || ((!isSigned || base >= 0n) && by > 0n && by > up);
	const isBelow =
		!isAbove && (base < min || (isNarrow && by < down) || ((!isSigned || base < 0n) && by < 0n && by < down));
	if (!isAbove && !isBelow) return {isOver: false, number: base + by};
	if (overflow === 'sat') return {isOver: true, number: isAbove ? max : min};
	const sum = base + by;
	return {isOver: true, number: isSigned ? BigInt.asIntN(bits, sum) : BigInt.asUintN(bits, sum)};
}
