import {type RedisCommand, type Plan, refuse, textAt} from './command.js';
import {quoted} from './quoted.js';

/** A command that is only a prefix of others, CLIENT ID for instance. Their names come without the prefix. */
export function container(
	command: Omit<RedisCommand, 'plan' | 'subcommands'>,
	subcommands: readonly RedisCommand[],
): RedisCommand {
	const {name} = command;
	const all = [...subcommands, helpOf(command, subcommands)];
	return {
		...command,
		// Flags are of the subcommands: redis-server tells none of the prefix.
		flags: [],
		subcommands: new Map(all.map(each => [each.name, {...each, name: `${name}|${each.name}`}])),
		plan: parts => refuse(`ERR unknown subcommand '${quoted(textAt(parts, 1))}'. Try ${name.toUpperCase()} HELP.`),
	};
}

function helpOf({name, group, since}: Omit<RedisCommand, 'plan'>, subcommands: readonly RedisCommand[]): RedisCommand {
	const lines = [
		`${name.toUpperCase()} <subcommand> [<arg> ...]. Subcommands are:`,
		...subcommands.flatMap(each => [each.name.toUpperCase(), `    ${each.summary}.`]),
	];
	const plan: Plan = {
		type: 'local',
		reply(out) {
			out.array(lines.length);
			for (const line of lines) out.status(line);
		},
	};
	return {
		name: 'help',
		arity: 2,
		flags: ['loading', 'stale'],
		group,
		since,
		summary: 'Print this help',
		plan: () => plan,
	};
}
