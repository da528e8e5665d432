/** DELEX, which Redis has since 8.4: a key is deleted if it has a certain value, or another one. A lock is released with it. */
import {keyAt, oneKey, partAt, type Plan, type RedisCommand, refuse, textAt} from './command.js';
import {valueCondition} from './set-options.js';

function planDelex(parts: readonly Buffer[]): Plan {
	if (parts.length !== 2 && parts.length !== 4) return refuse("ERR wrong number of arguments for 'delex' command");
	const option = parts.length === 2 ? undefined : textAt(parts, 2).toLowerCase();
	if (option !== undefined && option !== 'ifeq' && option !== 'ifne')
		return refuse('ERR Invalid condition. Use IFEQ or IFNE: there are no digests');
	const condition = option === undefined ? undefined : valueCondition(option, partAt(parts, 3));
	return {
		type: 'write',
		operation: {type: 'delete', key: keyAt(parts, 1), condition},
		reply: (out, result) => out.integer(result.type === 'deleted' && result.existed ? 1 : 0),
	};
}

export const delexCommand: RedisCommand = {
	name: 'delex',
	arity: -2,
	flags: ['write', 'fast'],
	summary: 'Delete a key if it has this value (IFEQ), or another one (IFNE)',
	since: '8.4.0',
	group: 'string',
	keys: oneKey,
	plan: planDelex,
};
