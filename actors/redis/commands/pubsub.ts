/** PUBSUB: what is listened to, by all connections of the port. */
import type {ChannelKind} from '../channels.js';
import {type Plan, refuse, type RedisCommand, textAt} from './command.js';
import {container} from './container.js';
import {quoted} from './quoted.js';

function planNames(parts: readonly Buffer[], kind: ChannelKind): Plan {
	if (parts.length > 3) {
		const asked = quoted(textAt(parts, 1));
		return refuse(`ERR unknown subcommand or wrong number of arguments for '${asked}'. Try PUBSUB HELP.`);
	}
	const pattern = parts.length === 3 ? textAt(parts, 2) : undefined;
	return {
		type: 'local',
		reply(out, {gateway}) {
			const names = gateway.channels.names(kind, pattern);
			out.array(names.length);
			for (const name of names) out.bulk(name);
		},
	};
}

function planCounts(parts: readonly Buffer[], kind: ChannelKind): Plan {
	const names = parts.slice(2).map((_, offset) => textAt(parts, offset + 2));
	return {
		type: 'local',
		reply(out, {gateway}) {
			out.array(2 * names.length);
			for (const name of names) {
				out.bulk(name);
				out.integer(gateway.channels.listenerCount(kind, name));
			}
		},
	};
}

const common = {arity: -2, flags: ['pubsub', 'loading', 'stale'], group: 'pubsub'} as const;

const subcommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'channels',
		since: '2.8.0',
		summary: 'List the channels that somebody listens to',
		plan: parts => planNames(parts, 'channel'),
	},
	{
		...common,
		name: 'numsub',
		since: '2.8.0',
		summary: 'Count those who listen to channels, without those who listen to patterns',
		plan: parts => planCounts(parts, 'channel'),
	},
	{
		...common,
		name: 'numpat',
		arity: 2,
		since: '2.8.0',
		summary: 'Count the patterns that somebody listens to',
		plan: () => ({type: 'local', reply: (out, {gateway}) => out.integer(gateway.channels.count('pattern'))}),
	},
	{
		...common,
		name: 'shardchannels',
		since: '7.0.0',
		summary: 'List the shard channels that somebody listens to',
		plan: parts => planNames(parts, 'shardChannel'),
	},
	{
		...common,
		name: 'shardnumsub',
		since: '7.0.0',
		summary: 'Count those who listen to shard channels',
		plan: parts => planCounts(parts, 'shardChannel'),
	},
];

export const pubsubCommand = container(
	{name: 'pubsub', arity: -2, flags: [], group: 'pubsub', since: '2.8.0', summary: 'About channels'},
	subcommands,
);
