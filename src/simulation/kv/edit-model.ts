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
