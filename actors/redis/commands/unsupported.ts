/** Commands of Redis that this service refuses, each with the reason: clients and people ask for them by name. */
import {type RedisCommand, refuse} from './command.js';

/** Name, arity, and why not. */
const refused: readonly (readonly [name: string, arity: number, reason: string])[] = [
	['monitor', 1, 'the commands of other connections are not shown'],
];

const common = {flags: ['fast'], group: 'connection', since: '1.0.0', summary: 'Not supported'} as const;

function refusedCommand([name, arity, reason]: (typeof refused)[number]): RedisCommand {
	const refusal = `ERR ${name.toUpperCase()} is not supported: ${reason}`;
	return {...common, name, arity, refusal, plan: () => refuse(refusal)};
}

/** By their names in lower case. COMMAND does not list them: a client that looks there must not find them. */
export const unsupportedCommands: ReadonlyMap<string, RedisCommand> = new Map(
	refused.map((row): [string, RedisCommand] => [row[0], refusedCommand(row)]),
);
