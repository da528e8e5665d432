/** Edits as positional arrays: see `operation-codec`. */
import {isBytes, isCount, type Plain} from '../../base/plain.js';
import {isKey} from '../key.js';
import type {Operation} from '../types.js';
import {editNames, fitsEdit} from './edit-words.js';

type EditOperation = Extract<Operation, {type: 'edit'}>;

export const editOpcode = 46;

/** `46, number of the name, [key, ...], [value, ...]` */
export const plainOfEdit = ({name, keys, values}: EditOperation): Plain => [
	editOpcode,
	editNames.indexOf(name),
	keys,
	values,
];

export function parseEdit(plain: Plain, from: number): EditOperation | undefined {
	const [number, keys, values] = plain.slice(from + 1, from + 4);
	const name = isCount(number) ? editNames[number] : undefined;
	if (name === undefined || !Array.isArray(keys) || !Array.isArray(values)) return undefined;
	if (!fitsEdit(name, keys.length, values.length)) return undefined;
	if (!keys.every(key => isKey(key)) || !values.every(value => isBytes(value))) return undefined;
	return {type: 'edit', name, keys, values};
}
