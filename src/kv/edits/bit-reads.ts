/** What GETBIT, BITCOUNT and BITPOS tell of a value (bitops.c). */
import {int64OfText} from '../../base/int64.js';
import type {ByteString, Value} from '../types.js';
import {parseFieldSteps, readField} from './bit-fields.js';
import {bitAt, countOfBits, placeOfBit} from './bits.js';

/** A number; or an error in Redis' words. */
type Told = number | string;
type Tell = (value: Value | undefined) => Told;

export type BitRead = 'getbit' | 'bitcount' | 'bitpos';

const notAnInteger = 'ERR value is not an integer or out of range';
const syntaxError = 'ERR syntax error';
const offsetsMax = 2n ** 32n;

/** BITFIELD_RO: what each GET tells, or an error in Redis' words. `words`: those behind the key. */
export function fieldsRead(words: readonly ByteString[]): (value: Value | undefined) => readonly bigint[] | string {
	const steps = parseFieldSteps(words);
	if (typeof steps === 'string') return () => steps;
	if (steps.some(({action}) => action !== 'get')) return () => 'ERR BITFIELD_RO only supports the GET subcommand';
	return value => steps.map(step => readField(value ?? new Uint8Array(0), step));
}

/** `words`: those behind the key. */
export function bitRead(name: BitRead, words: readonly ByteString[]): Tell {
	switch (name) {
		case 'getbit':
			return getbit(words);
		case 'bitcount':
			return bitcount(words);
		case 'bitpos':
			return bitpos(words);
		default:
			return name satisfies never;
	}
}

function getbit([word = '']: readonly ByteString[]): Tell {
	const offset = int64OfText(word);
	if (offset === undefined || offset < 0n || offset >= offsetsMax)
		return () => 'ERR bit offset is not an integer or out of range';
	return value => (value === undefined ? 0 : bitAt(value, Number(offset)));
}

/** Which bits are asked for: both ends included, in units of a byte or a bit; negative ones count from the end. */
interface Asked {
	readonly start: bigint;
	readonly end: bigint;
	readonly unitBits: bigint;
}

/** From the first to before the end. */
function bitsOf(value: Value, {start, end, unitBits}: Asked): {readonly from: number; readonly end: number} {
	const total = (BigInt(value.length) * 8n) / unitBits;
	const at = (place: bigint): bigint => (place < 0n ? (place + total < 0n ? 0n : place + total) : place);
	const last = at(end) >= total ? total - 1n : at(end);
	return {from: Number(at(start) * unitBits), end: Number((last + 1n) * unitBits)};
}

/** Bits of one unit; `undefined`: there is no such unit. */
function unitOf(word: ByteString | undefined): bigint | undefined {
	const unit = word?.toLowerCase();
	if (unit === undefined || unit === 'byte') return 8n;
	return unit === 'bit' ? 1n : undefined;
}

const wholeValue = {start: 0n, end: -1n, unitBits: 8n};

/** `'nothing'`: no bits, whatever the unit. */
function askedToCount(words: readonly ByteString[]): Asked | 'nothing' | {readonly error: string} {
	if (words.length === 0) return wholeValue;
	if (words.length !== 2 && words.length !== 3) return {error: syntaxError};
	const start = int64OfText(words[0] ?? '');
	const end = int64OfText(words[1] ?? '');
	if (start === undefined || end === undefined) return {error: notAnInteger};
	if (start < 0n && end < 0n && start > end) return 'nothing';
	const unitBits = unitOf(words[2]);
	return unitBits === undefined ? {error: syntaxError} : {start, end, unitBits};
}

function bitcount(words: readonly ByteString[]): Tell {
	const asked = askedToCount(words);
	return value => {
		// Whatever else is asked for.
		if (value === undefined || asked === 'nothing') return 0;
		if ('error' in asked) return asked.error;
		const {from, end} = bitsOf(value, asked);
		return countOfBits(value, from, end);
	};
}

function askedToFind(words: readonly ByteString[]): Asked | {readonly error: string} {
	if (words.length > 4) return {error: syntaxError};
	if (words.length === 1) return wholeValue;
	const start = int64OfText(words[1] ?? '');
	if (start === undefined) return {error: notAnInteger};
	const unitBits = unitOf(words[3]);
	if (unitBits === undefined) return {error: syntaxError};
	const end = words.length > 2 ? int64OfText(words[2] ?? '') : wholeValue.end;
	return end === undefined ? {error: notAnInteger} : {start, end, unitBits};
}

function bitpos(words: readonly ByteString[]): Tell {
	const bit = int64OfText(words[0] ?? '');
	if (bit === undefined) return () => notAnInteger;
	if (bit !== 0n && bit !== 1n) return () => 'ERR The bit argument must be 1 or 0.';
	const wanted = bit === 1n ? 1 : 0;
	const asked = askedToFind(words);
	const hasEnd = words.length > 2;
	return value => {
		if (value === undefined) return wanted === 1 ? -1 : 0;
		if ('error' in asked) return asked.error;
		const {from, end} = bitsOf(value, asked);
		if (from >= end) return -1;
		const place = placeOfBit(value, wanted, from, end);
		// Zeros follow on the value where no end was asked for.
		return place === -1 && wanted === 0 && !hasEnd ? end : place;
	};
}
