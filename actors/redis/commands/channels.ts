/** SUBSCRIBE and the like, and PUBLISH. A message is delivered at most once, as in Redis. */
import type {ChannelKind} from '../channels.js';
import type {Subscriber} from '../subscriber.js';
import {allKeys, oneKey, partAt, type Plan, type RedisCommand, textAt} from './command.js';

/** The reply that tells what is listened to now: one for each name, and one also where there was none to end. */
function confirm(subscriber: Subscriber, word: string, kind: ChannelKind, name: string | undefined): void {
	const count = subscriber.count(kind);
	subscriber.push(out => {
		out.push(3);
		out.bulk(word);
		if (name === undefined) out.null();
		else out.bulk(name);
		out.integer(count);
	});
}

const namesIn = (parts: readonly Buffer[]): readonly string[] =>
	parts.slice(1).map((_, offset) => textAt(parts, offset + 1));

function planSubscribe(parts: readonly Buffer[], word: string, kind: ChannelKind): Plan {
	const names = namesIn(parts);
	return {
		type: 'local',
		changesModes: true,
		reply(_, {subscriber}) {
			for (const name of names) {
				subscriber.subscribe(kind, name);
				confirm(subscriber, word, kind, name);
			}
		},
	};
}

function planUnsubscribe(parts: readonly Buffer[], word: string, kind: ChannelKind): Plan {
	const given = namesIn(parts);
	return {
		type: 'local',
		changesModes: true,
		reply(_, {subscriber}) {
			const names = given.length === 0 ? [...subscriber.names(kind)] : given;
			for (const name of names) {
				subscriber.unsubscribe(kind, name);
				confirm(subscriber, word, kind, name);
			}
			if (names.length === 0) confirm(subscriber, word, kind, undefined);
		},
	};
}

function planPublish(parts: readonly Buffer[]): Plan {
	const channel = textAt(parts, 1);
	const message = partAt(parts, 2);
	return {type: 'local', reply: (out, {gateway}) => out.integer(gateway.channels.publish(channel, message))};
}

function planPublishToShard(parts: readonly Buffer[]): Plan {
	const channel = textAt(parts, 1);
	const message = partAt(parts, 2);
	return {type: 'local', reply: (out, {gateway}) => out.integer(gateway.channels.publishToShard(channel, message))};
}

const common = {group: 'pubsub', worksWhileSubscribed: true} as const;
const flags = ['pubsub', 'noscript', 'loading', 'stale'];

interface Listening {
	readonly prefix: string;
	readonly kind: ChannelKind;
	readonly since: string;
	readonly what: string;
	/** A shard channel has a slot, as a key has. */
	readonly keys?: RedisCommand['keys'];
}

function listeningCommands({prefix, kind, since, what, keys}: Listening): readonly RedisCommand[] {
	const shared = {...common, flags, since, ...(keys === undefined ? {} : {keys})};
	const [on, off] = [`${prefix}subscribe`, `${prefix}unsubscribe`];
	return [
		{
			...shared,
			name: on,
			arity: -2,
			summary: `Listen for messages published to ${what}`,
			plan: parts => planSubscribe(parts, on, kind),
		},
		{
			...shared,
			name: off,
			arity: -1,
			summary: `Stop listening for messages published to ${what}`,
			plan: parts => planUnsubscribe(parts, off, kind),
		},
	];
}

const publishFlags = ['pubsub', 'loading', 'stale', 'fast'];

export const channelCommands: readonly RedisCommand[] = [
	...listeningCommands({prefix: '', kind: 'channel', since: '2.0.0', what: 'channels'}),
	...listeningCommands({prefix: 'p', kind: 'pattern', since: '2.0.0', what: 'channels that match patterns'}),
	...listeningCommands({prefix: 's', kind: 'shardChannel', since: '7.0.0', what: 'shard channels', keys: allKeys}),
	{
		name: 'publish',
		arity: 3,
		group: 'pubsub',
		flags: publishFlags,
		since: '2.0.0',
		summary: 'Give a message to all who listen to a channel now',
		plan: planPublish,
	},
	{
		name: 'spublish',
		arity: 3,
		group: 'pubsub',
		flags: publishFlags,
		since: '7.0.0',
		summary: 'Give a message to all who listen to a shard channel now',
		keys: oneKey,
		plan: planPublishToShard,
	},
];
