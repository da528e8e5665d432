/** Commands that change a part of a value, or set several keys if none is there: SETRANGE, INCRBYFLOAT, MSETNX. */
import type {Part, Value} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import {parseLongDouble, sumOf, textOfLongDouble} from '../long-double.js';
import {
	type RedisCommand,
	expectResult,
	keyAt,
	notAnInteger,
	oneKey,
	partAt,
	type Plan,
	refuse,
	textAt,
	valueAt,
} from './command.js';
import {valueTooLargeText} from './failures.js';
import {type Decision, nothingFound, notQueued, planUpdateOf, putKept} from './update.js';

/** The value with at least so many bytes, zeros behind its own: bytes that may be changed. */
export function lengthened(value: Value | undefined, length: number): Uint8Array {
	const longer = new Uint8Array(Math.max(length, value?.length ?? 0));
	if (value !== undefined) longer.set(value);
	return longer;
}

const error = (text: string): Decision => ({reply: out => out.error(`ERR ${text}`)});

/** Redis' own limit of a value, and its words. */
const redisValueBytesMax = 512 * 1024 * 1024;
const tooLargeForRedis = 'string exceeds maximum allowed size (proto-max-bulk-len)';

function planSetrange(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const key = keyAt(parts, 1);
	const offset = parseInt64(partAt(parts, 2));
	if (offset === undefined) return refuse(notAnInteger);
	if (offset < 0n) return refuse('ERR offset is out of range');
	const patch = valueAt(parts, 3);
	return planUpdateOf([key], limits, ({value} = nothingFound) => {
		if (patch.length === 0) return {reply: out => out.integer(value?.length ?? 0)};
		if (Number(offset) + patch.length > redisValueBytesMax) return error(tooLargeForRedis);
		if (Number(offset) + patch.length > limits.valueBytesMax)
			return {reply: out => out.error(valueTooLargeText(limits))};
		const changed = lengthened(value, Number(offset) + patch.length);
		changed.set(patch, Number(offset));
		return {operations: [putKept(key, changed)], reply: out => out.integer(changed.length)};
	});
}

function planIncrbyfloat(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const key = keyAt(parts, 1);
	const by = parseLongDouble(textAt(parts, 2));
	return planUpdateOf([key], limits, ({value} = nothingFound) => {
		const number = parseLongDouble(value === undefined ? '0' : Buffer.from(value).toString('latin1'));
		if (number === undefined || by === undefined) return error('value is not a valid float');
		const sum = sumOf(number, by);
		if (sum === 'infinite') return error('increment would produce NaN or Infinity');
		const text = textOfLongDouble(sum);
		return {operations: [putKept(key, Buffer.from(text))], reply: out => out.bulk(text)};
	});
}

function planMsetnx(parts: readonly Buffer[]): Plan {
	if (parts.length % 2 === 0) return refuse(`ERR wrong number of arguments for 'msetnx' command`);
	const operations: Part[] = [];
	for (let at = 1; at < parts.length; at += 2)
		operations.push({type: 'put', key: keyAt(parts, at), value: valueAt(parts, at + 1)});
	const compares = operations.flatMap(part => ('key' in part ? [{key: part.key, expected: {version: 0}}] : []));
	return {
		type: 'write',
		operation: {type: 'transaction', compares, operations},
		reply: (out, result) => out.integer(expectResult(result, 'transaction').isCommitted ? 1 : 0),
	};
}

const notWithin = 'it is a transaction of its own: WATCH its keys, and SET them in this one';
const group = 'string';

export const editCommands: readonly RedisCommand[] = [
	{
		name: 'setrange',
		arity: 4,
		flags: ['write', 'denyoom'],
		summary: 'Overwrite a part of a value, from an offset on',
		since: '2.2.0',
		group,
		keys: oneKey,
		values: {first: 3, last: 3, step: 1},
		refusalInTransaction: notQueued,
		plan: planSetrange,
	},
	{
		name: 'incrbyfloat',
		arity: 3,
		flags: ['write', 'denyoom', 'fast'],
		summary: 'Increment the decimal number of a key',
		since: '2.6.0',
		group,
		keys: oneKey,
		refusalInTransaction: notQueued,
		plan: planIncrbyfloat,
	},
	{
		name: 'msetnx',
		arity: -3,
		flags: ['write', 'denyoom'],
		summary: 'Set multiple keys to multiple values, only if none of them exists',
		since: '1.0.1',
		group,
		keys: {first: 1, last: -1, step: 2},
		values: {first: 2, last: -1, step: 2},
		refusalInTransaction: notWithin,
		plan: planMsetnx,
	},
];
