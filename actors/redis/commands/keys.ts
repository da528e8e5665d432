import type {Result} from '../../../src/kv/types.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	aboutKey,
	allKeys,
	type RedisCommand,
	expectResult,
	isThere,
	keyAt,
	type Plan,
	refuse,
	replyOk,
	syntaxError,
	textAt,
} from './command.js';

function replyDeletedCount(out: ReplyWriter, result: Result): void {
	const results = result.type === 'batch' ? result.results : [result];
	out.integer(results.filter(each => expectResult(each, 'deleted').existed).length);
}

/** All in one step, as in Redis. */
function planDelete(parts: readonly Buffer[]): Plan {
	const operations = parts.slice(1).map((_, offset) => ({type: 'delete', key: keyAt(parts, offset + 1)}) as const);
	const [only] = operations;
	return {
		type: 'write',
		operation: only !== undefined && operations.length === 1 ? only : {type: 'batch', operations},
		reply: replyDeletedCount,
	};
}

function planExists(parts: readonly Buffer[]): Plan {
	const operations = parts.slice(1).map((_, offset) => aboutKey(keyAt(parts, offset + 1)));
	let count = 0;
	return {
		type: 'readMany',
		operations,
		reply: {
			begin: () => undefined,
			each: (_, result) => (count += isThere(result) ? 1 : 0),
			end: out => out.integer(count),
		},
	};
}

function planFlush(parts: readonly Buffer[]): Plan {
	const modeFits = parts.length === 1 || (parts.length === 2 && /^a?sync$/i.test(textAt(parts, 1)));
	if (!modeFits) return refuse(syntaxError);
	const isAll = textAt(parts, 0).toLowerCase() === 'flushall';
	return {type: 'write', operation: isAll ? {type: 'clear', database: 'all'} : {type: 'clear'}, reply: replyOk};
}

export const keyCommands: readonly RedisCommand[] = [
	...['del', 'unlink'].map((name): RedisCommand => ({
		name,
		arity: -2,
		flags: name === 'del' ? ['write'] : ['write', 'fast'],
		summary: 'Delete keys, all in one step',
		since: name === 'del' ? '1.0.0' : '4.0.0',
		group: 'generic',
		keys: allKeys,
		plan: planDelete,
	})),
	...['exists', 'touch'].map((name): RedisCommand => ({
		name,
		arity: -2,
		flags: ['readonly', 'fast'],
		summary: name === 'exists' ? 'Count which of the given keys exist' : 'The same: nobody notes when a key was used',
		since: name === 'exists' ? '1.0.0' : '3.2.1',
		group: 'generic',
		keys: allKeys,
		plan: planExists,
	})),
	...['flushall', 'flushdb'].map((name): RedisCommand => ({
		name,
		arity: -1,
		flags: ['write'],
		summary: name === 'flushall' ? 'Remove all keys of all databases' : 'Remove all keys of the database',
		since: '1.0.0',
		group: 'server',
		plan: planFlush,
	})),
];
