/** Commands that give a value another key: RENAME, RENAMENX, COPY. A deadline goes along (db.c, renameGenericCommand). */
import {copyOptions} from '../../../src/kv/edits/copy-options.js';
import {type RedisCommand, keyAt, type Plan, refuse, textAt} from './command.js';
import {editCommand, planEdit} from './edit-plan.js';

function planCopy(parts: readonly Buffer[]): Plan {
	const options = copyOptions(parts.slice(3).map((_, place) => textAt(parts, place + 3)));
	if (typeof options === 'string') return refuse(options);
	const values = options.replaces ? [Buffer.from('replace')] : [];
	return planEdit({name: 'copy', keys: [keyAt(parts, 1), keyAt(parts, 2)], values});
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
		summary: 'Copy a value to another key, with its deadline',
		plan: planCopy,
	},
];
