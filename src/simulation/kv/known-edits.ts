/** The edits that simulated clients ask for, on keys of their own (`e`) and from those of others (`b`, `n`). */
import type {Edit, Part} from '../../kv/types.js';
import {modelKey} from './model-database.js';
import {bytesOfText} from './operation-text.js';

/** One or two of them, by a number that is never used again. */
export function editsNamed(number: number): readonly Part[] {
	const first = editNumbered(number >> 1);
	return number % 4 === 1 ? [first] : [first, editNumbered((number >> 1) * 7 + 3)];
}

function editNumbered(number: number): Part {
	const own = `e${number % 3}`;
	const other = number % 2 === 0 ? `b${Math.floor(number / 2) % 3}` : `e${(number + 1) % 3}`;
	const database = 1 + (number % 2);
	const edits: readonly Edit[] = [
		{name: 'rename', keys: [other, own], values: []},
		{name: 'renamenx', keys: [other, own], values: []},
		{name: 'copy', keys: [other, own], values: number % 4 < 2 ? [] : [bytesOfText('replace')]},
		{name: 'setrange', keys: [own], values: [String(number % 40), `<${number}>`].map(bytesOfText)},
		{name: 'setbit', keys: [own], values: [String(number % 200), String(number % 2)].map(bytesOfText)},
		{name: 'incrbyfloat', keys: [`g${number % 2}`], values: [bytesOfText(decimalNumbered(number))]},
		{
			name: 'bitop',
			keys: [own, other, `n${number % 2}`],
			values: [bytesOfText(['and', 'or', 'xor'][number % 3] as string)],
		},
		{name: 'bitop', keys: [own, other], values: [bytesOfText('not')]},
		{name: 'bitfield', keys: [own], values: fieldWords(number).map(bytesOfText)},
		{name: 'move', keys: [other, modelKey(database, other)], values: []},
		{name: 'move', keys: [modelKey(database, own), own], values: []},
		{name: 'copy', keys: [own, modelKey(database, own)], values: [bytesOfText('replace')]},
		// Database 0 stays: what the checker sees of it has no such word.
		{name: 'swapdb', keys: [], values: ['1', '2'].map(bytesOfText)},
		{name: 'msetnx', keys: [own, `e${(number + 1) % 3}`], values: [bytesOfText(`${number}`), bytesOfText('x')]},
	];
	return {type: 'edit', ...(edits[Math.floor(number / 3) % edits.length] as Edit)};
}

const fieldWords = (number: number): readonly string[] => {
	const read = `get u${1 + (number % 63)} ${number % 90}`;
	const overflow = ['wrap', 'sat', 'fail'][number % 3] as string;
	const type = `${number % 4 < 2 ? 'i' : 'u'}${1 + (number % 20)}`;
	const step = `${number % 2 === 0 ? 'incrby' : 'set'} ${type} #${number % 9} ${(number % 301) - 150}`;
	return `${read} overflow ${overflow} ${step}`.split(' ');
};

/** In quarters: the model adds them in whole numbers. Now and then none. */
const decimalNumbered = (number: number): string =>
	number % 11 === 0 ? 'x' : `${number % 2 === 0 ? '' : '-'}${number % 1000}${['', '.25', '.5', '.75'][number % 4]}`;
