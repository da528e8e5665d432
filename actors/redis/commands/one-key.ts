/** Commands that tell something about a key: TYPE, OBJECT, MEMORY USAGE. */
import {recordBytesOf} from '../../../src/kv/record.js';
import type {Result, Value} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	aboutKey,
	type RedisCommand,
	expectResult,
	isThere,
	keyAt,
	lengthOf,
	notAnInteger,
	oneKey,
	partAt,
	type Plan,
	refuse,
	secondArgument,
	syntaxError,
	textAt,
} from './command.js';
import {container} from './container.js';

/** A value that is no number and longer than this has its memory apart from Redis' head of a value (object.c). */
const embeddedBytesMax = 44;
/** Redis keeps one value for each of the numbers below this, and says that it is in use so often (server.h). */
const sharedNumbers = 10_000n;
const sharedReferences = 2_147_483_647;

const numberIn = (value: Value): bigint | undefined =>
	parseInt64(Buffer.from(value.buffer, value.byteOffset, value.length));

function encodingOf(value: Value): string {
	if (numberIn(value) !== undefined) return 'int';
	return value.length <= embeddedBytesMax ? 'embstr' : 'raw';
}

function referencesTo(value: Value): number {
	const number = numberIn(value);
	return number !== undefined && number >= 0n && number < sharedNumbers ? sharedReferences : 1;
}

/** Null for a key that is not there. */
function planAbout(parts: readonly Buffer[], reply: (out: ReplyWriter, value: Value) => void): Plan {
	return {
		type: 'read',
		operation: {type: 'get', key: keyAt(parts, 2)},
		reply(out, result) {
			const {value} = expectResult(result, 'value');
			if (value === undefined) out.null();
			else reply(out, value);
		},
	};
}

const noFrequency =
	'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';
const noIdleTime = 'ERR OBJECT IDLETIME is not supported: no key is evicted, so nobody notes when one was used';

const aboutObject = {flags: ['readonly'], group: 'generic', arity: 3, keys: secondArgument} as const;

export const objectCommand = container(
	{name: 'object', arity: -2, flags: [], group: 'generic', since: '2.2.3', summary: 'About how a value is kept'},
	[
		{
			...aboutObject,
			name: 'encoding',
			since: '2.2.3',
			summary: 'How Redis would keep the value, as it would have been set: int, embstr or raw',
			plan: parts => planAbout(parts, (out, value) => out.bulk(encodingOf(value))),
		},
		{
			...aboutObject,
			name: 'refcount',
			since: '2.2.3',
			summary: 'How many references Redis would have to the value',
			plan: parts => planAbout(parts, (out, value) => out.integer(referencesTo(value))),
		},
		{
			...aboutObject,
			name: 'freq',
			since: '4.0.0',
			summary: 'Refused, as by Redis without an LFU policy',
			plan: parts => planAbout(parts, out => out.error(noFrequency)),
		},
		{
			...aboutObject,
			name: 'idletime',
			since: '2.2.3',
			summary: 'Refused: nobody notes when a key was used',
			plan: parts => planAbout(parts, out => out.error(noIdleTime)),
		},
	],
);

function planUsage(parts: readonly Buffer[]): Plan {
	for (let at = 3; at < parts.length; at += 2) {
		if (textAt(parts, at).toLowerCase() !== 'samples' || at + 1 === parts.length) return refuse(syntaxError);
		const samples = parseInt64(partAt(parts, at + 1));
		if (samples === undefined) return refuse(notAnInteger);
		if (samples < 0n) return refuse(syntaxError);
	}
	const key = keyAt(parts, 2);
	return {
		type: 'read',
		operation: aboutKey(key),
		reply(out, result) {
			const {expiresAt} = expectResult(result, 'value');
			if (isThere(result)) out.integer(recordBytesOf(key, lengthOf(result), expiresAt));
			else out.null();
		},
	};
}

export const memoryCommand = container(
	{name: 'memory', arity: -2, flags: [], group: 'server', since: '4.0.0', summary: 'About memory'},
	[
		{
			name: 'usage',
			arity: -3,
			flags: ['readonly'],
			group: 'server',
			keys: secondArgument,
			since: '4.0.0',
			summary: 'Bytes that a key and its value take on each node',
			plan: planUsage,
		},
	],
);

const replyType = (out: ReplyWriter, result: Result): void => out.status(isThere(result) ? 'string' : 'none');

export const typeCommand: RedisCommand = {
	name: 'type',
	arity: 2,
	flags: ['readonly', 'fast'],
	group: 'generic',
	keys: oneKey,
	since: '1.0.0',
	summary: 'Tell the type of the value of a key: string, or none',
	plan: parts => ({type: 'read', operation: aboutKey(keyAt(parts, 1)), reply: replyType}),
};
