/** Commands that change a part of a value, or set several keys if none is there: SETRANGE, INCRBYFLOAT, MSETNX. */
import {editWordsMax, redisValueBytesMax, tooLargeForRedis} from '../../../src/kv/edits/edit-words.js';
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import {type RedisCommand, oneKey, partAt, type Plan, refuse} from './command.js';
import {editCommand} from './edit-plan.js';
import {valueTooLargeText} from './failures.js';

/** What cannot be is refused before it is in the log: by its offset, which says nothing else of the value. */
function planSetrange(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const offset = parseInt64(partAt(parts, 2)) ?? 0n;
	const patch = partAt(parts, 3);
	const length = patch.length === 0 || offset < 0n ? 0 : Number(offset) + patch.length;
	if (length > redisValueBytesMax) return refuse(tooLargeForRedis);
	if (length > limits.valueBytesMax) return refuse(valueTooLargeText(limits));
	return editCommand('setrange')(parts);
}

function planMsetnx(parts: readonly Buffer[]): Plan {
	if (parts.length % 2 === 0) return refuse(`ERR wrong number of arguments for 'msetnx' command`);
	if (parts.length - 1 > editWordsMax)
		return refuse(`ERR MSETNX of more than ${editWordsMax / 2} keys is not supported`);
	return editCommand('msetnx')(parts);
}

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
		plan: editCommand('incrbyfloat'),
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
		plan: planMsetnx,
	},
];
