import type {Part, ReadOperation, Result} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	aboutKey,
	allKeys,
	type RedisCommand,
	expectResult,
	keyAt,
	lengthOf,
	notAnInteger,
	oneKey,
	partAt,
	type Plan,
	refuse,
	replyOk,
	secondArgument,
	valueAt,
} from './command.js';
import {setOptions} from './set-options.js';

const nothing = new Uint8Array(0);

function replyValue(out: ReplyWriter, result: Result): void {
	out.value(expectResult(result, 'value').value);
}

function replyLength(out: ReplyWriter, result: Result): void {
	out.integer(expectResult(result, 'written').length);
}

/** What was there before: the condition of SET ... GET changes what happens, not what is answered. */
function replyPrevious(out: ReplyWriter, result: Result): void {
	out.value(result.type === 'conditionFailed' ? result.value : expectResult(result, 'written').previous);
}

function replyOkOrNull(out: ReplyWriter, result: Result): void {
	if (result.type === 'conditionFailed') out.null();
	else replyOk(out);
}

function planSet(parts: readonly Buffer[]): Plan {
	const options = setOptions(parts);
	if (typeof options === 'string') return refuse(options);
	const {condition, returnPrevious, expiry} = options;
	const put = {type: 'put', key: keyAt(parts, 1), value: valueAt(parts, 2), condition, returnPrevious} as const;
	return {
		type: 'write',
		operation: expiry === undefined ? put : {...put, expiry},
		reply: returnPrevious ? replyPrevious : replyOkOrNull,
	};
}

function planMset(parts: readonly Buffer[]): Plan {
	if (parts.length % 2 === 0) return refuse(`ERR wrong number of arguments for 'mset' command`);
	const operations: Part[] = [];
	for (let at = 1; at < parts.length; at += 2)
		operations.push({type: 'put', key: keyAt(parts, at), value: valueAt(parts, at + 1)});
	return {type: 'write', operation: {type: 'batch', operations}, reply: replyOk};
}

function planMget(parts: readonly Buffer[]): Plan {
	const operations = parts.slice(1).map((_, offset): ReadOperation => ({type: 'get', key: keyAt(parts, offset + 1)}));
	return {
		type: 'readMany',
		operations,
		reply: {begin: (out, count) => out.array(count), each: replyValue, end: () => undefined},
	};
}

function planGetdel(parts: readonly Buffer[]): Plan {
	const key = keyAt(parts, 1);
	return {
		type: 'write',
		operation: {
			type: 'batch',
			operations: [
				{type: 'get', key},
				{type: 'delete', key},
			],
		},
		reply(out, result) {
			const [got] = expectResult(result, 'batch').results;
			out.value(got?.type === 'value' ? got.value : undefined);
		},
	};
}

function planGetrange(parts: readonly Buffer[]): Plan {
	const start = parseInt64(partAt(parts, 2));
	const end = parseInt64(partAt(parts, 3));
	if (start === undefined || end === undefined) return refuse(notAnInteger);
	return {
		type: 'read',
		operation: {type: 'get', key: keyAt(parts, 1)},
		reply: (out, result) => out.value(rangeOf(expectResult(result, 'value').value ?? nothing, start, end)),
	};
}

/** Both ends included; negative ones count from the end (t_string.c, getrangeCommand). */
function rangeOf(value: Uint8Array, start: bigint, end: bigint): Uint8Array {
	const first = Number(start < 0 ? start + BigInt(value.length) : start);
	const last = Number(end < 0 ? end + BigInt(value.length) : end);
	// An end before the first byte means the first byte, unless the range was empty to begin with.
	if (start < 0 && end < 0 && start > end) return nothing;
	return value.subarray(Math.max(first, 0), Math.max(last, 0) + 1);
}

const readFlags = ['readonly', 'fast'];
const writeFlags = ['write', 'denyoom', 'fast'];
const group = 'string';
const putKeyAndValue = {group, keys: oneKey, values: secondArgument} as const;

export const stringCommands: readonly RedisCommand[] = [
	{
		name: 'get',
		arity: 2,
		flags: readFlags,
		summary: 'Get the value of a key',
		since: '1.0.0',
		group,
		keys: oneKey,
		plan: parts => ({type: 'read', operation: {type: 'get', key: keyAt(parts, 1)}, reply: replyValue}),
	},
	{
		...putKeyAndValue,
		name: 'set',
		arity: -3,
		flags: ['write', 'denyoom'],
		summary: 'Set the value of a key, and how long it is there',
		since: '1.0.0',
		plan: planSet,
	},
	{
		...putKeyAndValue,
		name: 'getset',
		arity: 3,
		flags: writeFlags,
		summary: 'Set the value of a key and return its old value',
		since: '1.0.0',
		plan: parts => ({
			type: 'write',
			operation: {type: 'put', key: keyAt(parts, 1), value: valueAt(parts, 2), returnPrevious: true},
			reply: replyPrevious,
		}),
	},
	{
		...putKeyAndValue,
		name: 'setnx',
		arity: 3,
		flags: writeFlags,
		summary: 'Set the value of a key, only if the key does not exist',
		since: '1.0.0',
		plan: parts => ({
			type: 'write',
			operation: {type: 'put', key: keyAt(parts, 1), value: valueAt(parts, 2), condition: 'absent'},
			reply: (out, result) => out.integer(result.type === 'conditionFailed' ? 0 : 1),
		}),
	},
	{
		...putKeyAndValue,
		name: 'append',
		arity: 3,
		flags: writeFlags,
		summary: 'Append a value to a key',
		since: '2.0.0',
		plan: parts => ({
			type: 'write',
			operation: {type: 'append', key: keyAt(parts, 1), value: valueAt(parts, 2)},
			reply: replyLength,
		}),
	},
	{
		name: 'getdel',
		arity: 2,
		flags: ['write', 'fast'],
		summary: 'Get the value of a key and delete the key',
		since: '6.2.0',
		group,
		keys: oneKey,
		plan: planGetdel,
	},
	{
		name: 'strlen',
		arity: 2,
		flags: readFlags,
		summary: 'Get the length of the value stored in a key',
		since: '2.2.0',
		group,
		keys: oneKey,
		plan: parts => ({
			type: 'read',
			operation: aboutKey(keyAt(parts, 1)),
			reply: (out, result) => out.integer(lengthOf(result)),
		}),
	},
	...['getrange', 'substr'].map((name): RedisCommand => ({
		name,
		arity: 4,
		flags: ['readonly'],
		summary: 'Get a substring of the value stored at a key',
		since: name === 'substr' ? '1.0.0' : '2.4.0',
		group,
		keys: oneKey,
		plan: planGetrange,
	})),
	{
		name: 'mget',
		arity: -2,
		flags: readFlags,
		summary: 'Get the values of all the given keys',
		since: '1.0.0',
		group,
		keys: allKeys,
		plan: planMget,
	},
	{
		name: 'mset',
		arity: -3,
		flags: ['write', 'denyoom'],
		summary: 'Set multiple keys to multiple values, all in one step',
		since: '1.0.1',
		group,
		keys: {first: 1, last: -1, step: 2},
		values: {first: 2, last: -1, step: 2},
		plan: planMset,
	},
];
