/** What edits do, from the documentation of Redis 7.0 and nothing of the service: values are strings of one character a byte. */
import {int64OfText} from '../../base/int64.js';
import type {KvEdit, KvReply} from '../kv-operation.js';
import {runFields} from './bit-fields.js';
import {decimalSum} from './decimal-sum.js';

/** What an edit comes to. */
export interface EditEffect {
	/** An error stands for any error. */
	readonly reply: KvReply;
	/** In their order. `undefined`: the key is deleted. */
	readonly writes: readonly {readonly key: string; readonly value: string | undefined}[];
	/** A value is written, or would be if it were another one: it may have been too large. */
	readonly hasSize: boolean;
}

/** Redis' own limit of a value. */
const redisBytesMax = 512 * 2 ** 20;
/** No history holds longer ones: what would be longer counts as too large. */
const valueBytesMax = 64 * 2 ** 20;
const bitsMax = 2n ** 32n;
/** Of all that BITOP reads: our service refuses more. */
const combinedBytesMax = 16 * 2 ** 20;

const ok: KvReply = {type: 'status', text: 'OK'};
const refused: EditEffect = {reply: {type: 'error', text: 'refused'}, writes: [], hasSize: false};
const tooLarge: EditEffect = {...refused, hasSize: true};
const only = (reply: KvReply): EditEffect => ({reply, writes: [], hasSize: false});
const wrote = (reply: KvReply, key: string, value: string): EditEffect => ({
	reply,
	writes: [{key, value}],
	hasSize: true,
});

export type ReadKey = (key: string) => string | undefined;

/** `read`: what a key holds. */
export function effectOfEdit({name, keys, values}: KvEdit, read: ReadKey): EditEffect {
	const [key = '', second = ''] = keys;
	const [word = '', value = ''] = values;
	switch (name) {
		case 'rename':
		case 'renamenx':
			return rename(key, second, name === 'rename', read);
		case 'copy':
			return copy(key, second, values.length > 0, read);
		case 'setrange':
			return setRange(key, int64OfText(word), value, read(key) ?? '');
		case 'incrbyfloat': {
			const sum = decimalSum(read(key) ?? '0', word);
			return sum === undefined ? refused : wrote(sum, key, sum);
		}
		case 'setbit':
			return setBit(key, int64OfText(word), value, read(key));
		case 'bitop':
			return combine(word.toLowerCase(), keys, read);
		case 'msetnx':
			if (keys.some(each => read(each) !== undefined)) return only(0n);
			return {reply: 1n, writes: keys.map((each, place) => ({key: each, value: values[place] ?? ''})), hasSize: true};
		case 'bitfield':
			return changeFields(key, values, read(key));
		default:
			return name satisfies never;
	}
}

function rename(from: string, to: string, replaces: boolean, read: ReadKey): EditEffect {
	const value = read(from);
	if (value === undefined) return refused;
	if (!replaces && read(to) !== undefined) return only(0n);
	if (from === to) return only(ok);
	const writes = [
		{key: from, value: undefined},
		{key: to, value},
	];
	return {reply: replaces ? ok : 1n, writes, hasSize: true};
}

function copy(from: string, to: string, replaces: boolean, read: ReadKey): EditEffect {
	if (from === to) return refused;
	const value = read(from);
	return value === undefined || (!replaces && read(to) !== undefined) ? only(0n) : wrote(1n, to, value);
}

function setRange(key: string, offset: bigint | undefined, patch: string, before: string): EditEffect {
	if (offset === undefined || offset < 0n) return refused;
	if (patch === '') return only(BigInt(before.length));
	const end = Number(offset) + patch.length;
	if (end > redisBytesMax) return refused;
	if (end > valueBytesMax) return tooLarge;
	const value = before.padEnd(end, '\0');
	return wrote(BigInt(value.length), key, value.slice(0, Number(offset)) + patch + value.slice(end));
}

function setBit(key: string, place: bigint | undefined, bit: string, before: string | undefined): EditEffect {
	if (place === undefined || place < 0n || place >= bitsMax || (bit !== '0' && bit !== '1')) return refused;
	const offset = Number(place / 8n);
	if (offset >= valueBytesMax) return tooLarge;
	const at = Number(place % 8n);
	const byte = (before ?? '').charCodeAt(offset);
	const bits = (byte || 0).toString(2).padStart(8, '0');
	const reply = BigInt(bits[at] ?? 0);
	if (!Number.isNaN(byte) && bits[at] === bit) return {reply, writes: [], hasSize: true};
	const changed = String.fromCharCode(Number.parseInt(bits.slice(0, at) + bit + bits.slice(at + 1), 2));
	const value = (before ?? '').padEnd(offset + 1, '\0');
	return wrote(reply, key, value.slice(0, offset) + changed + value.slice(offset + 1));
}

const operators: Readonly<Record<string, (one: number, other: number) => number>> = {
	and: (one, other) => one & other,
	or: (one, other) => one | other,
	xor: (one, other) => one ^ other,
};

function combine(operator: string, [to = '', ...from]: readonly string[], read: ReadKey): EditEffect {
	const sources = from.map(key => read(key) ?? '');
	const isNot = operator === 'not';
	const combineTwo = operators[operator];
	if (isNot ? from.length > 1 : combineTwo === undefined) return refused;
	if (sources.reduce((sum, {length}) => sum + length, 0) > combinedBytesMax) return refused;
	const length = Math.max(0, ...sources.map(source => source.length));
	if (length === 0) return {...only(0n), writes: [{key: to, value: undefined}]};
	const bytes = Array.from({length}, (_, place) => {
		const column = sources.map(source => source.charCodeAt(place) || 0);
		return combineTwo === undefined ? 255 - (column[0] ?? 0) : column.reduce(combineTwo);
	});
	return wrote(BigInt(length), to, bytes.map(byte => String.fromCharCode(byte)).join(''));
}

function changeFields(key: string, words: readonly string[], before: string | undefined): EditEffect {
	const bits = Array.from(before ?? '', byte => byte.charCodeAt(0).toString(2).padStart(8, '0')).join('');
	const outcome = runFields(bits, words, 8 * valueBytesMax);
	if (outcome === undefined) return refused;
	if (outcome === 'tooLarge') return tooLarge;
	const reply: KvReply = {type: 'list', items: outcome.items};
	if (outcome.bits === bits) return {reply, writes: [], hasSize: outcome.length > 0};
	const bytes = outcome.bits.match(/.{8}/g) ?? [];
	return wrote(reply, key, bytes.map(each => String.fromCharCode(Number.parseInt(each, 2))).join(''));
}

/** Whether an edit that comes to the first was told the second. */
export function isSameReply(right: KvReply, told: KvReply): boolean {
	if (typeof right !== 'object' || typeof told !== 'object') return right === told;
	if (right.type === 'error') return told.type === 'error';
	if (right.type === 'status') return told.type === 'status' && told.text === right.text;
	if (told.type !== 'list' || told.items.length !== right.items.length) return false;
	return right.items.every((item, place) => isSameReply(item, told.items[place]));
}
