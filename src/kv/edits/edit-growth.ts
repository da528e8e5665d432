/** What an edit makes of the keys that it writes, at most: see `memory-limit`. */
import {lengthOfFields, parseFieldSteps} from './bit-fields.js';
import {textOf} from '../script/bytes.js';
import type {Edit, Key, Value} from '../types.js';

/** Bytes of the text of a sum of INCRBYFLOAT, at most. */
const decimalTextBytesMax = 4960;

/** Keys with the bytes of their values; `lengthOf`: of the value that there is, 0 for none. */
export function lengthsAfterEdit(
	{name, keys, values}: Edit,
	lengthOf: (key: Key) => number,
): readonly (readonly [Key, number])[] {
	const [first = '', second = ''] = keys;
	switch (name) {
		case 'rename':
		case 'renamenx':
		case 'copy':
		case 'move':
			return [[second, lengthOf(first)]];
		case 'setrange': {
			const length = values[1]?.length ?? 0;
			return length === 0 ? [] : [[first, numberIn(values[0]) + length]];
		}
		case 'setbit':
			return [[first, Math.floor(numberIn(values[0]) / 8) + 1]];
		case 'bitfield':
			return [[first, lengthOfSteps(values)]];
		case 'incrbyfloat':
			return [[first, decimalTextBytesMax]];
		case 'bitop':
			return [[first, keys.slice(1).reduce((most, key) => Math.max(most, lengthOf(key)), 0)]];
		case 'swapdb':
			return [];
		case 'msetnx':
			return keys.map((key, place) => [key, values[place]?.length ?? 0]);
		default:
			return name satisfies never;
	}
}

function lengthOfSteps(values: readonly Value[]): number {
	const steps = parseFieldSteps(values.map(value => textOf(value)));
	return typeof steps === 'string' ? 0 : lengthOfFields(steps);
}

/** 0 for what is none: then the edit writes nothing. */
function numberIn(value: Value | undefined): number {
	const digits = value === undefined || value.length > 20 ? '' : String.fromCharCode(...value);
	return /^\d+$/.test(digits) ? Number(digits) : 0;
}
