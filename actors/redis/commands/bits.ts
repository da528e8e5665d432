/** Commands about the bits of a value, the highest bit of a byte first: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP. */
import {lengthOfFields, parseFieldSteps} from '../../../src/kv/edits/bit-fields.js';
import {type BitRead, bitRead, fieldsRead} from '../../../src/kv/edits/bit-reads.js';
import {editWordsMax} from '../../../src/kv/edits/edit-words.js';
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import {type RedisCommand, expectResult, keyAt, oneKey, partAt, type Plan, refuse, textAt} from './command.js';
import {editCommand} from './edit-plan.js';
import {valueTooLargeText} from './failures.js';

/** Of a bit, in Redis. */
const offsetsMax = 2n ** 32n;

/** What cannot be is refused before it is in the log: by its offset, once all else about it is right. */
function planSetbit(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const offset = parseInt64(partAt(parts, 2)) ?? 0n;
	const isOffset = offset >= 0n && offset < offsetsMax && /^[01]$/.test(textAt(parts, 3));
	if (isOffset && Number(offset) / 8 >= limits.valueBytesMax) return refuse(valueTooLargeText(limits));
	return editCommand('setbit')(parts);
}

const sourcesMax = 1000;

function planBitop(parts: readonly Buffer[]): Plan {
	if (parts.length - 3 > sourcesMax) return refuse(`ERR BITOP of more than ${sourcesMax} keys is not supported`);
	return editCommand('bitop')(parts);
}

/** The words behind the key. */
const wordsOf = (parts: readonly Buffer[]): readonly string[] =>
	parts.slice(2).map((_, place) => textAt(parts, place + 2));

const planRead =
	(name: BitRead) =>
	(parts: readonly Buffer[]): Plan => {
		const tell = bitRead(name, wordsOf(parts));
		return {
			type: 'read',
			operation: {type: 'get', key: keyAt(parts, 1)},
			reply(out, result) {
				const told = tell(expectResult(result, 'value').value);
				if (typeof told === 'string') out.error(told);
				else out.integer(told);
			},
		};
	};

function planBitfield(parts: readonly Buffer[], limits: RedisLimits): Plan {
	if (parts.length > editWordsMax) return refuse(`ERR BITFIELD of more than ${editWordsMax} words is not supported`);
	const steps = parseFieldSteps(wordsOf(parts));
	if (typeof steps === 'string') return refuse(steps);
	if (lengthOfFields(steps) > limits.valueBytesMax) return refuse(valueTooLargeText(limits));
	return editCommand('bitfield')(parts);
}

function planBitfieldRead(parts: readonly Buffer[]): Plan {
	const tell = fieldsRead(wordsOf(parts));
	return {
		type: 'read',
		operation: {type: 'get', key: keyAt(parts, 1)},
		reply(out, result) {
			const told = tell(expectResult(result, 'value').value);
			if (typeof told === 'string') return out.error(told);
			out.array(told.length);
			for (const number of told) out.integer(number);
		},
	};
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
		plan: planRead('getbit'),
	},
	{
		name: 'bitcount',
		arity: -2,
		flags: ['readonly'],
		summary: 'Count the bits that are set',
		since: '2.6.0',
		group,
		keys: oneKey,
		plan: planRead('bitcount'),
	},
	{
		name: 'bitpos',
		arity: -3,
		flags: ['readonly'],
		summary: 'Find the first bit that is set, or not set',
		since: '2.8.7',
		group,
		keys: oneKey,
		plan: planRead('bitpos'),
	},
	{
		name: 'bitop',
		arity: -4,
		flags: ['write', 'denyoom'],
		summary: 'Combine the bits of several values into a key',
		since: '2.6.0',
		group,
		keys: {first: 2, last: -1, step: 1},
		plan: planBitop,
	},
	{
		name: 'bitfield',
		arity: -2,
		flags: ['write', 'denyoom'],
		summary: 'Read, set and increment numbers of any width within a value',
		since: '3.2.0',
		group,
		keys: oneKey,
		plan: planBitfield,
	},
	{
		name: 'bitfield_ro',
		arity: -2,
		flags: ['readonly', 'fast'],
		summary: 'Read numbers of any width within a value',
		since: '6.0.0',
		group,
		keys: oneKey,
		plan: planBitfieldRead,
	},
];
