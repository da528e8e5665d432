/** Strings that are there for a while. */
import type {ReplyWriter} from '../reply-writer.js';
import type {Result} from '../../../src/kv/types.js';
import {
	expectResult,
	keyAt,
	oneKey,
	partAt,
	type Plan,
	type RedisCommand,
	refuse,
	replyOk,
	valueAt,
} from './command.js';
import {getexOptions, positiveTime} from './set-options.js';
import {inMilliseconds, inSeconds} from './times.js';

function planSetex(parts: readonly Buffer[], name: 'setex' | 'psetex'): Plan {
	const expiry = positiveTime(partAt(parts, 2), name === 'setex' ? inSeconds : inMilliseconds, name);
	if (typeof expiry === 'string') return refuse(expiry);
	return {
		type: 'write',
		operation: {type: 'put', key: keyAt(parts, 1), value: valueAt(parts, 3), expiry},
		reply: replyOk,
	};
}

function replyRead(out: ReplyWriter, result: Result, error: string | undefined): void {
	const {value} = expectResult(result, 'value');
	if (value !== undefined && error !== undefined) out.error(error);
	else out.value(value);
}

/** With a deadline to set or to take, the value is read by the entry that does so. */
function planGetex(parts: readonly Buffer[]): Plan {
	const options = getexOptions(parts);
	if (typeof options === 'string') return refuse(options);
	const {expiry, error} = options;
	const get = {type: 'get', key: keyAt(parts, 1)} as const;
	if (expiry === undefined) {
		return {type: 'read', operation: get, reply: (out, result) => replyRead(out, result, error)};
	}
	return {
		type: 'write',
		operation: {type: 'batch', operations: [get, {type: 'expire', key: get.key, expiry}]},
		reply(out, result) {
			const [got] = expectResult(result, 'batch').results;
			out.value(got?.type === 'value' ? got.value : undefined);
		},
	};
}

export const timedStringCommands: readonly RedisCommand[] = [
	...(['setex', 'psetex'] as const).map((name): RedisCommand => ({
		name,
		arity: 4,
		flags: ['write', 'denyoom'],
		summary: `Set the value of a key, and after how many ${name === 'setex' ? 'seconds' : 'milliseconds'} it is gone`,
		since: name === 'setex' ? '2.0.0' : '2.6.0',
		group: 'string',
		keys: oneKey,
		values: {first: 3, last: 3, step: 1},
		plan: parts => planSetex(parts, name),
	})),
	{
		name: 'getex',
		arity: -2,
		flags: ['write', 'fast'],
		summary: 'Get the value of a key, and set or remove its deadline, in one step',
		since: '6.2.0',
		group: 'string',
		keys: oneKey,
		plan: planGetex,
	},
];
