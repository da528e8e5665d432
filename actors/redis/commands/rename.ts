/** Commands that give a value another key: RENAME, RENAMENX, COPY. A deadline goes along (db.c, renameGenericCommand). */
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import {
	type RedisCommand,
	keyAt,
	notAnInteger,
	partAt,
	type Plan,
	refuse,
	replyOk,
	syntaxError,
	textAt,
} from './command.js';
import {type Decision, nothingFound, notQueued, planUpdateOf, putFound} from './update.js';

const noSuchKey: Decision = {reply: out => out.error('ERR no such key')};
const tell = (count: number): Decision => ({reply: out => out.integer(count)});

function planRename(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const key = keyAt(parts, 1);
	const newKey = keyAt(parts, 2);
	return planUpdateOf([key], limits, (found = nothingFound) => {
		if (found.value === undefined) return noSuchKey;
		if (key === newKey) return {reply: replyOk};
		return {operations: [putFound(newKey, found), {type: 'delete', key}], reply: replyOk};
	});
}

function planRenamenx(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const key = keyAt(parts, 1);
	const newKey = keyAt(parts, 2);
	return planUpdateOf([key, newKey], limits, (found = nothingFound, there = nothingFound) => {
		if (found.value === undefined) return noSuchKey;
		if (there.value !== undefined) return tell(0);
		return {...tell(1), operations: [putFound(newKey, found), {type: 'delete', key}]};
	});
}

const databases = 16n;
const notAnInt = 'ERR value is out of range, value must between -2147483648 and 2147483647';

/** Whether it replaces what is there; or why it is refused. */
function copyOptions(parts: readonly Buffer[]): {readonly replaces: boolean} | string {
	let replaces = false;
	for (let at = 3; at < parts.length; at += 1) {
		const option = textAt(parts, at).toLowerCase();
		if (option === 'replace') replaces = true;
		else if (option === 'db' && at + 1 < parts.length) {
			at += 1;
			const database = parseInt64(partAt(parts, at));
			if (database === undefined) return notAnInteger;
			if (database < -(2n ** 31n) || database >= 2n ** 31n) return notAnInt;
			if (database < 0n || database >= databases) return 'ERR DB index is out of range';
			if (database > 0n) return `ERR COPY to database ${database} is not supported: there is one database, 0`;
		} else return syntaxError;
	}
	return {replaces};
}

function planCopy(parts: readonly Buffer[], limits: RedisLimits): Plan {
	const options = copyOptions(parts);
	if (typeof options === 'string') return refuse(options);
	const key = keyAt(parts, 1);
	const copy = keyAt(parts, 2);
	if (key === copy) return refuse('ERR source and destination objects are the same');
	return planUpdateOf([key, copy], limits, (found = nothingFound, there = nothingFound) => {
		if (found.value === undefined || (there.value !== undefined && !options.replaces)) return tell(0);
		return {...tell(1), operations: [putFound(copy, found)]};
	});
}

const common = {group: 'generic', keys: {first: 1, last: 2, step: 1}, refusalInTransaction: notQueued} as const;

export const renameCommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'rename',
		arity: 3,
		flags: ['write'],
		since: '1.0.0',
		summary: 'Rename a key, in place of what has the new name',
		plan: planRename,
	},
	{
		...common,
		name: 'renamenx',
		arity: 3,
		flags: ['write', 'fast'],
		since: '1.0.0',
		summary: 'Rename a key, only if the new name is free',
		plan: planRenamenx,
	},
	{
		...common,
		name: 'copy',
		arity: -3,
		flags: ['write', 'denyoom'],
		since: '6.2.0',
		summary: 'Copy a value to another key, with its deadline',
		plan: planCopy,
	},
];
