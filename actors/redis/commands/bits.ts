/** Commands about the bits of a value, the highest bit of a byte first: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP. */
import type {Key, Value} from '../../../src/kv/types.js';
import {bitAt, combined, countOfBits, placeOfBit, type BitOperator} from '../bits.js';
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	type RedisCommand,
	expectResult,
	keyAt,
	notAnInteger,
	oneKey,
	partAt,
	type Plan,
	refuse,
	syntaxError,
	textAt,
} from './command.js';
import {lengthened} from './edits.js';
import {valueTooLargeText} from './failures.js';
import {nothingFound, notQueued, planUpdate, planUpdateOf, putKept} from './update.js';

const notAnOffset = 'ERR bit offset is not an integer or out of range';
/** Of a bit, in Redis. */
const offsetsMax = 2n ** 32n;

function offsetAt(parts: readonly Buffer[], position: number): number | undefined {
	const offset = parseInt64(partAt(parts, position));
	return offset === undefined || offset < 0n || offset >= offsetsMax ? undefined : Number(offset);
}

function planSetbit(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const key = keyAt(parts, 1);
	const offset = offsetAt(parts, 2);
	if (offset === undefined) return refuse(notAnOffset);
	const bit = textAt(parts, 3);
	if (bit !== '0' && bit !== '1') return refuse('ERR bit is not an integer or out of range');
	const length = Math.floor(offset / 8) + 1;
	if (length > limits.valueBytesMax) return refuse(valueTooLargeText(limits));
	return planUpdateOf([key], limits, ({value} = nothingFound) => {
		const before = value === undefined ? 0 : bitAt(value, offset);
		const reply = (out: ReplyWriter): void => out.integer(before);
		if (value !== undefined && value.length >= length && before === Number(bit)) return {reply};
		const changed = lengthened(value, length);
		const mask = 128 >> (offset % 8);
		changed[length - 1] = ((changed[length - 1] ?? 0) & ~mask) | (bit === '1' ? mask : 0);
		return {operations: [putKept(key, changed)], reply};
	});
}

/** `absent`: the reply if there is no such key, whatever else is asked for. */
function planAbout(key: Key, absent: number, reply: (value: Value) => number | string): Plan {
	return {
		type: 'read',
		operation: {type: 'get', key},
		reply(out, result) {
			const {value} = expectResult(result, 'value');
			const told = value === undefined ? absent : reply(value);
			if (typeof told === 'string') out.error(told);
			else out.integer(told);
		},
	};
}

function planGetbit(parts: readonly Buffer[]): Plan {
	const offset = offsetAt(parts, 2);
	if (offset === undefined) return refuse(notAnOffset);
	return planAbout(keyAt(parts, 1), 0, value => bitAt(value, offset));
}

/** Which bits are asked for: both ends included, in units of a byte or a bit; negative ones count from the end. */
interface Asked {
	readonly start: bigint;
	readonly end: bigint;
	readonly unitBits: bigint;
}

/** From the first to before the end (bitops.c). */
function bitsOf(value: Value, {start, end, unitBits}: Asked): {readonly from: number; readonly end: number} {
	const total = (BigInt(value.length) * 8n) / unitBits;
	const at = (place: bigint): bigint => (place < 0n ? (place + total < 0n ? 0n : place + total) : place);
	const last = at(end) >= total ? total - 1n : at(end);
	return {from: Number(at(start) * unitBits), end: Number((last + 1n) * unitBits)};
}

/** Bits of one unit; `undefined`: there is no such unit. */
function unitAt(parts: readonly Buffer[], position: number): bigint | undefined {
	if (position >= parts.length) return 8n;
	const unit = textAt(parts, position).toLowerCase();
	return unit === 'bit' ? 1n : unit === 'byte' ? 8n : undefined;
}

const wholeValue = {start: 0n, end: -1n, unitBits: 8n};

/** `'nothing'`: no bits, whatever the unit. A text: what Redis replies, once the key is there. */
function askedToCount(parts: readonly Buffer[]): Asked | 'nothing' | {readonly error: string} {
	if (parts.length === 2) return wholeValue;
	if (parts.length !== 4 && parts.length !== 5) return {error: syntaxError};
	const start = parseInt64(partAt(parts, 2));
	const end = parseInt64(partAt(parts, 3));
	if (start === undefined || end === undefined) return {error: notAnInteger};
	if (start < 0n && end < 0n && start > end) return 'nothing';
	const unitBits = unitAt(parts, 4);
	return unitBits === undefined ? {error: syntaxError} : {start, end, unitBits};
}

function planBitcount(parts: readonly Buffer[]): Plan {
	const asked = askedToCount(parts);
	return planAbout(keyAt(parts, 1), 0, value => {
		if (asked === 'nothing') return 0;
		if ('error' in asked) return asked.error;
		const {from, end} = bitsOf(value, asked);
		return countOfBits(value, from, end);
	});
}

function askedToFind(parts: readonly Buffer[]): Asked | {readonly error: string} {
	if (parts.length > 6) return {error: syntaxError};
	if (parts.length === 3) return wholeValue;
	const start = parseInt64(partAt(parts, 3));
	if (start === undefined) return {error: notAnInteger};
	const unitBits = unitAt(parts, 5);
	if (unitBits === undefined) return {error: syntaxError};
	const end = parts.length > 4 ? parseInt64(partAt(parts, 4)) : wholeValue.end;
	return end === undefined ? {error: notAnInteger} : {start, end, unitBits};
}

function planBitpos(parts: readonly Buffer[]): Plan {
	const bit = parseInt64(partAt(parts, 2));
	if (bit === undefined) return refuse(notAnInteger);
	if (bit !== 0n && bit !== 1n) return refuse('ERR The bit argument must be 1 or 0.');
	const wanted = bit === 1n ? 1 : 0;
	const asked = askedToFind(parts);
	const hasEnd = parts.length > 4;
	return planAbout(keyAt(parts, 1), wanted === 1 ? -1 : 0, value => {
		if ('error' in asked) return asked.error;
		const {from, end} = bitsOf(value, asked);
		if (from >= end) return -1;
		const place = placeOfBit(value, wanted, from, end);
		// Zeros follow on the value where no end was asked for.
		return place === -1 && wanted === 0 && !hasEnd ? end : place;
	});
}

const operators: ReadonlySet<string> = new Set<BitOperator>(['and', 'or', 'xor', 'not']);
/** Their versions are compared in one transaction. */
const sourcesMax = 1000;

function planBitop(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const operator = textAt(parts, 1).toLowerCase();
	if (!operators.has(operator)) return refuse(syntaxError);
	if (operator === 'not' && parts.length !== 4) return refuse('ERR BITOP NOT must be called with a single source key.');
	const key = keyAt(parts, 2);
	const sources = parts.slice(3).map((_, place) => keyAt(parts, place + 3));
	if (sources.length > sourcesMax) return refuse(`ERR BITOP of more than ${sourcesMax} keys is not supported`);
	return planUpdate(sources, limits, () => {
		let result: Uint8Array | undefined;
		return {
			take({value = new Uint8Array(0)}) {
				result = combined(operator as BitOperator, result, value);
			},
			heldBytes: () => result?.length ?? 0,
			decide() {
				const value = result ?? new Uint8Array(0);
				const reply = (out: ReplyWriter): void => out.integer(value.length);
				return {operations: [value.length === 0 ? {type: 'delete', key} : {type: 'put', key, value}], reply};
			},
		};
	});
}

const group = 'bitmap';

export const bitCommands: readonly RedisCommand[] = [
	{
		name: 'setbit',
		arity: 4,
		flags: ['write', 'denyoom'],
		summary: 'Set a bit of a value, and return what it was',
		since: '2.2.0',
		group,
		keys: oneKey,
		refusalInTransaction: notQueued,
		plan: planSetbit,
	},
	{
		name: 'getbit',
		arity: 3,
		flags: ['readonly', 'fast'],
		summary: 'Get a bit of a value',
		since: '2.2.0',
		group,
		keys: oneKey,
		plan: planGetbit,
	},
	{
		name: 'bitcount',
		arity: -2,
		flags: ['readonly'],
		summary: 'Count the bits that are set',
		since: '2.6.0',
		group,
		keys: oneKey,
		plan: planBitcount,
	},
	{
		name: 'bitpos',
		arity: -3,
		flags: ['readonly'],
		summary: 'Find the first bit that is set, or not set',
		since: '2.8.7',
		group,
		keys: oneKey,
		plan: planBitpos,
	},
	{
		name: 'bitop',
		arity: -4,
		flags: ['write', 'denyoom'],
		summary: 'Combine the bits of several values into a key',
		since: '2.6.0',
		group,
		keys: {first: 2, last: -1, step: 1},
		refusalInTransaction: notQueued,
		plan: planBitop,
	},
];
