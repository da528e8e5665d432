/** Commands that give a value another key or another database: RENAME, RENAMENX, COPY, MOVE, SWAPDB. A deadline goes along (db.c, renameGenericCommand). */
import {keyInDatabase} from '../../../src/kv/database-name.js';
import {copyOptions} from '../../../src/kv/edits/copy-options.js';
import {databaseNumberOf, databasesOf, outOfRange} from '../../../src/kv/edits/database-words.js';
import type {RefusedModes} from '../refused-modes.js';
import {type RedisCommand, keyAt, oneKey, type Plan, refuse, textAt} from './command.js';
import {editCommand, planEdit} from './edit-plan.js';

function planCopy(parts: readonly Buffer[], _: unknown, modes: RefusedModes): Plan {
	const options = copyOptions(parts.slice(3).map((__, place) => textAt(parts, place + 3)));
	if (typeof options === 'string') return refuse(options);
	const values = options.replaces ? [Buffer.from('replace')] : [];
	const to = options.database ?? modes.database;
	if (to >= modes.databases) return refuse(outOfRange);
	const keys = [keyInDatabase(modes.database, keyAt(parts, 1)), keyInDatabase(to, keyAt(parts, 2))];
	return planEdit({name: 'copy', keys, values});
}

function planMove(parts: readonly Buffer[], _: unknown, {database, databases}: RefusedModes): Plan {
	const to = databaseNumberOf(textAt(parts, 2));
	if (typeof to === 'string') return refuse(to);
	if (to >= databases) return refuse(outOfRange);
	const keys = [database, to].map(each => keyInDatabase(each, keyAt(parts, 1)));
	return planEdit({name: 'move', keys, values: []});
}

function planSwapdb(parts: readonly Buffer[], _: unknown, modes: RefusedModes): Plan {
	const databases = databasesOf([textAt(parts, 1), textAt(parts, 2)]);
	if (typeof databases === 'string') return refuse(databases);
	return databases.every(each => each < modes.databases) ? editCommand('swapdb')(parts) : refuse(outOfRange);
}

const common = {group: 'generic', keys: {first: 1, last: 2, step: 1}} as const;

export const renameCommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'rename',
		arity: 3,
		flags: ['write'],
		since: '1.0.0',
		summary: 'Rename a key, in place of what has the new name',
		plan: editCommand('rename'),
	},
	{
		...common,
		name: 'renamenx',
		arity: 3,
		flags: ['write', 'fast'],
		since: '1.0.0',
		summary: 'Rename a key, only if the new name is free',
		plan: editCommand('renamenx'),
	},
	{
		...common,
		name: 'copy',
		arity: -3,
		flags: ['write', 'denyoom'],
		since: '6.2.0',
		summary: 'Copy a value to another key or database, with its deadline',
		namesDatabases: true,
		plan: planCopy,
	},
	{
		group: 'generic',
		keys: oneKey,
		name: 'move',
		arity: 3,
		flags: ['write', 'fast'],
		since: '1.0.0',
		summary: 'Move a key to another database, only if there is none of its name',
		namesDatabases: true,
		plan: planMove,
	},
	{
		group: 'server',
		name: 'swapdb',
		arity: 3,
		flags: ['write', 'fast'],
		since: '4.0.0',
		summary: 'Exchange all keys of two databases',
		plan: planSwapdb,
	},
];
