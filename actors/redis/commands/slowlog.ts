/** SLOWLOG: the time of a command is taken at the port, from when it is begun until it is answered. */
import {parseInt64} from '../int64.js';
import {partAt, type Plan, refuse, replyOk, textAt} from './command.js';
import {container} from './container.js';
import {quoted} from './quoted.js';

const shownByDefault = 10;

function planGet(parts: readonly Buffer[]): Plan {
	if (parts.length > 3) {
		const asked = quoted(textAt(parts, 1));
		return refuse(`ERR unknown subcommand or wrong number of arguments for '${asked}'. Try SLOWLOG HELP.`);
	}
	const count = parts.length === 3 ? parseInt64(partAt(parts, 2)) : BigInt(shownByDefault);
	if (count === undefined || count < -1n) return refuse('ERR count should be greater than or equal to -1');
	const countMax = count === -1n ? Infinity : Number(count);
	return {
		type: 'local',
		reply(out, {gateway}) {
			const commands = gateway.slowLog.last(countMax);
			out.array(commands.length);
			for (const {id, time, microseconds, words, address, name} of commands) {
				out.array(6);
				out.integer(id);
				out.integer(time);
				out.integer(microseconds);
				out.array(words.length);
				for (const word of words) out.bulk(word);
				out.bulk(address);
				out.bulk(name);
			}
		},
	};
}

const common = {flags: ['admin', 'loading', 'stale'], group: 'server', since: '2.2.12'} as const;

export const slowlogCommand = container({...common, name: 'slowlog', arity: -2, summary: 'About slow commands'}, [
	{...common, name: 'get', arity: -2, summary: 'List the slow commands, the last first', plan: planGet},
	{
		...common,
		name: 'len',
		arity: 2,
		summary: 'Count the slow commands',
		plan: () => ({type: 'local', reply: (out, {gateway}) => out.integer(gateway.slowLog.length)}),
	},
	{
		...common,
		name: 'reset',
		arity: 2,
		summary: 'Forget the slow commands',
		plan: () => ({
			type: 'local',
			reply(out, {gateway}) {
				gateway.slowLog.reset();
				replyOk(out);
			},
		}),
	},
]);
