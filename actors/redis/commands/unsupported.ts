/** Commands of Redis that this service refuses, each with the reason: clients and people ask for them by name. */
import type {RefusedModes} from '../refused-modes.js';
import {type RedisCommand, type Plan, refuse, replyOk} from './command.js';

const noTransactions =
	'there are no transactions; MSET, DEL of several keys, GETSET and SET with NX or XX take effect in one step each';

function planMulti(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	if (modes.isTransaction) return refuse('ERR MULTI calls can not be nested');
	modes.isTransaction = true;
	return refuse(`ERR MULTI is not supported: ${noTransactions}`);
}

/** In Redis' words, which clients know as "nothing of the transaction was executed". */
function planExec(parts: readonly Buffer[], _: unknown, modes: RefusedModes): Plan {
	const wasTransaction = modes.isTransaction;
	modes.isTransaction = false;
	if (parts.length > 1)
		return refuse("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command");
	return refuse(
		wasTransaction ? 'EXECABORT Transaction discarded because of previous errors.' : 'ERR EXEC without MULTI',
	);
}

function planDiscard(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	if (!modes.isTransaction) return refuse('ERR DISCARD without MULTI');
	modes.isTransaction = false;
	return {type: 'local', reply: replyOk};
}

function planWatch(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	return refuse(
		modes.isTransaction ? 'ERR WATCH inside MULTI is not allowed' : `ERR WATCH is not supported: ${noTransactions}`,
	);
}

/** Name, arity, and why not. */
const refused: readonly (readonly [name: string, arity: number, reason: string])[] = [
	['monitor', 1, 'the commands of other connections are not shown'],
];

const common = {flags: ['fast'], group: 'connection', since: '1.0.0', summary: 'Not supported'} as const;

function refusedCommand([name, arity, reason]: (typeof refused)[number]): RedisCommand {
	return {...common, name, arity, plan: () => refuse(`ERR ${name.toUpperCase()} is not supported: ${reason}`)};
}

/** By their names in lower case. COMMAND does not list them: a client that looks there must not find them. */
export const unsupportedCommands: ReadonlyMap<string, RedisCommand> = new Map(
	[
		{...common, name: 'multi', arity: 1, worksInTransaction: true, plan: planMulti},
		{...common, name: 'exec', arity: -1, worksInTransaction: true, plan: planExec},
		{...common, name: 'discard', arity: 1, worksInTransaction: true, plan: planDiscard},
		{...common, name: 'watch', arity: -2, worksInTransaction: true, plan: planWatch},
		...refused.map(row => refusedCommand(row)),
	].map((command): [string, RedisCommand] => [command.name, command]),
);
