import {int64Min} from '../../../src/base/int64.js';
import {parseInt64} from '../int64.js';
import {type RedisCommand, expectResult, keyAt, notAnInteger, oneKey, partAt, type Plan, refuse} from './command.js';

function increment(parts: readonly Buffer[], by: bigint): Plan {
	return {
		type: 'write',
		operation: {type: 'increment', key: keyAt(parts, 1), by},
		reply: (out, result) => out.integer(expectResult(result, 'number').value),
	};
}

function planIncrby(parts: readonly Buffer[]): Plan {
	const by = parseInt64(partAt(parts, 2));
	return by === undefined ? refuse(notAnInteger) : increment(parts, by);
}

function planDecrby(parts: readonly Buffer[]): Plan {
	const by = parseInt64(partAt(parts, 2));
	if (by === undefined) return refuse(notAnInteger);
	return by === int64Min ? refuse('ERR decrement would overflow') : increment(parts, -by);
}

const common = {flags: ['write', 'denyoom', 'fast'], since: '1.0.0', group: 'string', keys: oneKey} as const;

export const numberCommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'incr',
		arity: 2,
		summary: 'Increment the integer value of a key by one',
		plan: parts => increment(parts, 1n),
	},
	{
		...common,
		name: 'decr',
		arity: 2,
		summary: 'Decrement the integer value of a key by one',
		plan: parts => increment(parts, -1n),
	},
	{
		...common,
		name: 'incrby',
		arity: 3,
		summary: 'Increment the integer value of a key by the given amount',
		plan: planIncrby,
	},
	{
		...common,
		name: 'decrby',
		arity: 3,
		summary: 'Decrement the integer value of a key by the given number',
		plan: planDecrby,
	},
];
