/** SLOWLOG: nothing is logged, and `slowlog-log-slower-than` says so. The latencies are in `threadraft metrics` and its histograms. */
import {parseInt64} from '../int64.js';
import {partAt, type Plan, refuse, replyOk, textAt} from './command.js';
import {container} from './container.js';
import {quoted} from './quoted.js';

function planGet(parts: readonly Buffer[]): Plan {
	if (parts.length > 3) {
		const asked = quoted(textAt(parts, 1));
		return refuse(`ERR unknown subcommand or wrong number of arguments for '${asked}'. Try SLOWLOG HELP.`);
	}
	const count = parts.length === 3 ? parseInt64(partAt(parts, 2)) : 0n;
	if (count === undefined || count < -1n) return refuse('ERR count should be greater than or equal to -1');
	return {type: 'local', reply: out => out.array(0)};
}

const common = {flags: ['admin', 'loading', 'stale'], group: 'server', since: '2.2.12'} as const;

export const slowlogCommand = container(
	{...common, name: 'slowlog', arity: -2, summary: 'About slow commands, of which none is logged'},
	[
		{...common, name: 'get', arity: -2, summary: 'List the slow commands: none', plan: planGet},
		{
			...common,
			name: 'len',
			arity: 2,
			summary: 'Count the slow commands: 0',
			plan: () => ({type: 'local', reply: out => out.integer(0)}),
		},
		{
			...common,
			name: 'reset',
			arity: 2,
			summary: 'Forget the slow commands',
			plan: () => ({type: 'local', reply: replyOk}),
		},
	],
);
