/** The words of a command, as it comes to the port or out of a script, as an edit: which are keys, and which are values. */
import type {Edit, EditName, Key, Value} from '../types.js';

/** In the order of their numbers in `edit-codec`: new ones come last. */
export const editNames = [
	'rename',
	'renamenx',
	'copy',
	'setrange',
	'incrbyfloat',
	'setbit',
	'bitop',
	'msetnx',
	'bitfield',
	'move',
	'swapdb',
] as const satisfies readonly EditName[];

/** How many; `undefined`: as many as there are keys. */
interface Shape {
	readonly keysMin: number;
	readonly keysMax: number;
	readonly valuesMin: number;
	readonly valuesMax: number | undefined;
}

/** Redis' own limit of a value, and its words. */
export const redisValueBytesMax = 512 * 1024 * 1024;
export const tooLargeForRedis = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)';

/** Keys and values of one edit, together. */
export const editWordsMax = 16_384;

const shapes: Record<EditName, Shape> = {
	rename: {keysMin: 2, keysMax: 2, valuesMin: 0, valuesMax: 0},
	renamenx: {keysMin: 2, keysMax: 2, valuesMin: 0, valuesMax: 0},
	copy: {keysMin: 2, keysMax: 2, valuesMin: 0, valuesMax: 1},
	setrange: {keysMin: 1, keysMax: 1, valuesMin: 2, valuesMax: 2},
	incrbyfloat: {keysMin: 1, keysMax: 1, valuesMin: 1, valuesMax: 1},
	setbit: {keysMin: 1, keysMax: 1, valuesMin: 2, valuesMax: 2},
	bitop: {keysMin: 2, keysMax: editWordsMax, valuesMin: 1, valuesMax: 1},
	bitfield: {keysMin: 1, keysMax: 1, valuesMin: 0, valuesMax: editWordsMax},
	msetnx: {keysMin: 1, keysMax: editWordsMax, valuesMin: 1, valuesMax: undefined},
	move: {keysMin: 2, keysMax: 2, valuesMin: 0, valuesMax: 0},
	swapdb: {keysMin: 0, keysMax: 0, valuesMin: 2, valuesMax: 2},
};

/** Whether there are as many keys and values as the edit takes. */
export function fitsEdit(name: EditName, keyCount: number, valueCount: number): boolean {
	const {keysMin, keysMax, valuesMin, valuesMax} = shapes[name];
	if (keyCount + valueCount > editWordsMax || keyCount < keysMin || keyCount > keysMax) return false;
	return valuesMax === undefined ? valueCount === keyCount : valueCount >= valuesMin && valueCount <= valuesMax;
}

/** `keyAt` and `valueAt` give the words of the command by their places; its name is at 0. The arity is checked already. */
export function editOf(
	name: Exclude<EditName, 'copy' | 'move'>,
	count: number,
	keyAt: (place: number) => Key,
	valueAt: (place: number) => Value,
): Edit {
	const all = <T>(from: number, step: number, at: (place: number) => T): readonly T[] =>
		Array.from({length: Math.max(0, Math.ceil((count - from) / step))}, (_, offset) => at(from + offset * step));
	switch (name) {
		case 'rename':
		case 'renamenx':
			return {name, keys: [keyAt(1), keyAt(2)], values: []};
		case 'bitop':
			return {name, keys: all(2, 1, keyAt), values: [valueAt(1)]};
		case 'msetnx':
			return {name, keys: all(1, 2, keyAt), values: all(2, 2, valueAt)};
		case 'swapdb':
			return {name, keys: [], values: [valueAt(1), valueAt(2)]};
		case 'setrange':
		case 'incrbyfloat':
		case 'setbit':
		case 'bitfield':
			return {name, keys: [keyAt(1)], values: all(2, 1, valueAt)};
		default:
			return name satisfies never;
	}
}
