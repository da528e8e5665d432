/** What edits come to, written a second time for those that simulated clients ask for: see `KvModel`. */
import type {Edit, ScriptReply, Value} from '../../kv/types.js';
import {bytesOfText, textOf} from './operation-text.js';

interface There {
	readonly value: Value;
}

interface EditOutcome {
	readonly reply: ScriptReply;
	/**
	 * By the place of the key among those of the edit; `undefined`: it is deleted. `from`: the place of the key whose deadline or lease it
	 * gets; not there: none.
	 */
	readonly writes: readonly {readonly place: number; readonly value: Value | undefined; readonly from?: number}[];
}

const only = (reply: ScriptReply): EditOutcome => ({reply, writes: []});
const refused = (text: string): EditOutcome => only({type: 'error', text: `ERR ${text}`});
const byteAt = (value: Value | undefined, place: number): number => value?.[place] ?? 0;

/** `there`: what each of its keys has. */
export function editOf({name, keys, values}: Edit, there: readonly (There | undefined)[]): EditOutcome {
	const words = values.map(value => textOf(value));
	const [first, second] = there;
	switch (name) {
		case 'rename':
		case 'renamenx':
			if (first === undefined) return refused('no such key');
			if (name === 'renamenx' && second !== undefined) return only(0n);
			if (keys[0] === keys[1]) return only({type: 'status', text: 'OK'});
			return {
				reply: name === 'rename' ? {type: 'status', text: 'OK'} : 1n,
				writes: [
					{place: 1, value: first.value, from: 0},
					{place: 0, value: undefined},
				],
			};
		case 'move':
			if (keys[0] === keys[1]) return refused('source and destination objects are the same');
			if (first === undefined || second !== undefined) return only(0n);
			return {
				reply: 1n,
				writes: [
					{place: 1, value: first.value, from: 0},
					{place: 0, value: undefined},
				],
			};
		case 'swapdb':
			// See `KvModel`: it is about no key.
			return only({type: 'status', text: 'OK'});
		case 'copy':
			if (keys[0] === keys[1]) return refused('source and destination objects are the same');
			if (first === undefined || (second !== undefined && words[0] !== 'replace')) return only(0n);
			return {reply: 1n, writes: [{place: 1, value: first.value, from: 0}]};
		case 'setrange':
			return changed(first, Number(words[0]), bytesOfText(words[1] as string));
		case 'setbit':
			return withBit(first, Number(words[0]), words[1] === '1');
		case 'incrbyfloat':
			return sum(first, words[0] as string);
		case 'bitop':
			return combined(there.slice(1), words[0] as string);
		case 'bitfield':
			return withFields(first, words);
		case 'msetnx':
			if (there.some(each => each !== undefined)) return only(0n);
			return {reply: 1n, writes: values.map((value, place) => ({place, value}))};
		default:
			return name satisfies never;
	}
}

function changed(there: There | undefined, offset: number, patch: Value): EditOutcome {
	const length = Math.max(there?.value.length ?? 0, offset + patch.length);
	const value = Uint8Array.from({length}, (_, place) =>
		place >= offset && place < offset + patch.length ? byteAt(patch, place - offset) : byteAt(there?.value, place),
	);
	return {reply: BigInt(length), writes: [{place: 0, value, from: 0}]};
}

function withBit(there: There | undefined, bit: number, isSet: boolean): EditOutcome {
	const place = bit >> 3;
	const mask = 1 << (7 - (bit & 7));
	const byte = byteAt(there?.value, place);
	const reply = (byte & mask) === 0 ? 0n : 1n;
	if ((there?.value.length ?? 0) > place && (reply === 1n) === isSet) return only(reply);
	const patched = changed(there, place, Uint8Array.of(isSet ? byte | mask : byte & ~mask));
	return {...patched, reply};
}

/** On the bits as text: first one that is read, then one that is set or incremented, narrower than 64 bits. */
function withFields(there: There | undefined, words: readonly string[]): EditOutcome {
	const [, readType = '', readAt = '', , overflow = '', action, type = '', at = '', operand = ''] = words;
	const bits = [...(there?.value ?? [])].map(byte => byte.toString(2).padStart(8, '0')).join('');
	const numberAt = (place: number, width: number, isSigned: boolean): bigint => {
		const digits = bits.slice(place, place + width).padEnd(width, '0');
		const number = BigInt(`0b${digits}`);
		return isSigned && digits.startsWith('1') ? number - 2n ** BigInt(width) : number;
	};
	const read = numberAt(Number(readAt), Number(readType.slice(1)), readType.startsWith('i'));
	const width = Number(type.slice(1));
	const isSigned = type.startsWith('i');
	const place = Number(at.slice(1)) * width;
	const [min, max] = isSigned
		? [-(2n ** BigInt(width - 1)), 2n ** BigInt(width - 1) - 1n]
		: [0n, 2n ** BigInt(width) - 1n];
	const before = numberAt(place, width, isSigned);
	const wanted = action === 'set' ? BigInt(operand) : before + BigInt(operand);
	const fits = wanted >= min && wanted <= max;
	// A negative number that is set where none may be is taken for one of 64 bits without a sign.
	const nearest = wanted > max || (!isSigned && action === 'set') ? max : min;
	const span = 2n ** BigInt(width);
	const remainder = (((wanted - min) % span) + span) % span;
	const after = fits ? wanted : overflow === 'sat' ? nearest : min + remainder;
	const isDone = fits || overflow !== 'fail';
	const written = isDone ? after : before;
	const digits = (written < 0n ? written + span : written).toString(2).padStart(width, '0');
	const longer = bits.padEnd(Math.ceil((place + width) / 8) * 8, '0');
	const changed = longer.slice(0, place) + digits + longer.slice(place + width);
	const value = Uint8Array.from({length: changed.length / 8}, (_, offset) =>
		Number.parseInt(changed.slice(offset * 8, offset * 8 + 8), 2),
	);
	const reply = {
		type: 'list',
		items: [read, isDone ? (action === 'set' ? before : after) : undefined],
	} as const;
	return {reply, writes: changed === bits ? [] : [{place: 0, value, from: 0}]};
}

/** In quarters. */
function quartersIn(text: string): bigint | undefined {
	const [, sign, whole, fraction = ''] = /^(-?)(\d+)(\.25|\.5|\.75)?$/.exec(text) ?? [];
	if (whole === undefined) return undefined;
	const quarters = BigInt(whole) * 4n + BigInt(['', '.25', '.5', '.75'].indexOf(fraction));
	return sign === '-' ? -quarters : quarters;
}

function sum(there: There | undefined, by: string): EditOutcome {
	const before = quartersIn(there === undefined ? '0' : textOf(there.value));
	const added = quartersIn(by);
	if (before === undefined || added === undefined) return refused('value is not a valid float');
	const quarters = before + added;
	const magnitude = quarters < 0n ? -quarters : quarters;
	const text = `${quarters < 0n ? '-' : ''}${magnitude / 4n}${['', '.25', '.5', '.75'][Number(magnitude % 4n)]}`;
	return {reply: text, writes: [{place: 0, value: bytesOfText(text), from: 0}]};
}

function combined(there: readonly (There | undefined)[], operator: string): EditOutcome {
	const length = Math.max(...there.map(each => each?.value.length ?? 0));
	const value = Uint8Array.from({length}, (_, place) => {
		const bytes = there.map(each => byteAt(each?.value, place));
		if (operator === 'not') return ~(bytes[0] as number);
		return bytes.reduce((one, other) =>
			operator === 'and' ? one & other : operator === 'or' ? one | other : one ^ other,
		);
	});
	return {reply: BigInt(length), writes: [{place: 0, value: length === 0 ? undefined : value}]};
}
