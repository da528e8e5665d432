import type {Random} from '../../src/base/random.js';
import {editNames, type KvEdit, type KvEditName} from '../../src/linearizability/kv-operation.js';

/** An edit of the first of these keys, or of both, that leaves them small. */
export function drawEdit(random: Random, keys: readonly [string, string], value: string): KvEdit {
	const name = random.pick(editNames);
	const [key] = keys;
	const place = String(random.integer(0, 40));
	const words: Readonly<Record<KvEditName, Pick<KvEdit, 'keys' | 'values'>>> = {
		rename: {keys, values: []},
		renamenx: {keys, values: []},
		copy: {keys, values: random.chance(0.5) ? ['replace'] : []},
		setrange: {keys: [key], values: [place, value]},
		incrbyfloat: {keys: [key], values: ['0.25']},
		setbit: {keys: [key], values: [place, random.chance(0.5) ? '1' : '0']},
		bitop: {keys: [key, ...keys], values: [random.pick(['and', 'or', 'xor'])]},
		msetnx: {keys, values: ['1', value]},
		bitfield: {keys: [key], values: ['incrby', 'u8', place, '7', 'get', 'i8', place]},
	};
	return {type: 'edit', name, ...words[name]};
}
