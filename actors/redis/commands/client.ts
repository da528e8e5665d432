import type {RefusedModes} from '../refused-modes.js';
import type {ReplyWriter} from '../reply-writer.js';
import {clientListSubcommands} from './client-list.js';
import {invalidName, isValidName} from './client-names.js';
import {type RedisCommand, type Plan, refuse, replyOk, syntaxError, textAt} from './command.js';
import {container} from './container.js';
import {quoted} from './quoted.js';

function planSetname(parts: readonly Buffer[]): Plan {
	const name = textAt(parts, 2);
	if (!isValidName(name)) return refuse(invalidName('Client names'));
	return {
		type: 'local',
		reply(out, clientState) {
			clientState.name = name;
			replyOk(out);
		},
	};
}

function planSetinfo(parts: readonly Buffer[]): Plan {
	const option = textAt(parts, 2).toLowerCase();
	const value = textAt(parts, 3);
	if (option !== 'lib-name' && option !== 'lib-ver')
		return refuse(`ERR Unrecognized option '${quoted(textAt(parts, 2))}'`);
	if (!isValidName(value)) return refuse(invalidName(option));
	return {
		type: 'local',
		reply(out, clientState) {
			if (option === 'lib-name') clientState.libraryName = value;
			else clientState.libraryVersion = value;
			replyOk(out);
		},
	};
}

/** Memory is bounded all the same: such a client is dropped after all others. */
function planNoEvict(parts: readonly Buffer[]): Plan {
	const mode = textAt(parts, 2).toLowerCase();
	if (mode !== 'on' && mode !== 'off') return refuse(syntaxError);
	return {
		type: 'local',
		reply(out, clientState) {
			clientState.isDroppedLast = mode === 'on';
			replyOk(out);
		},
	};
}

/** No key is ever evicted, so it makes no difference when one was touched last. */
function planNoTouch(parts: readonly Buffer[]): Plan {
	return /^(?:on|off)$/i.test(textAt(parts, 2)) ? {type: 'local', reply: replyOk} : refuse(syntaxError);
}

/** As Redis does: OFF and SKIP have no reply themselves, and SKIP mutes the next command, unless all are muted. */
function planReply(parts: readonly Buffer[]): Plan {
	const mode = textAt(parts, 2).toLowerCase();
	if (mode !== 'on' && mode !== 'off' && mode !== 'skip') return refuse(syntaxError);
	return {
		type: 'local',
		reply(out, clientState) {
			if (mode !== 'skip') clientState.replyMode = mode;
			else if (clientState.replyMode !== 'off') clientState.replyMode = 'skipNext';
			if (mode === 'on') replyOk(out);
		},
	};
}

function planTracking(parts: readonly Buffer[], _: unknown, modes: RefusedModes): Plan {
	const mode = textAt(parts, 2).toLowerCase();
	if (mode !== 'on' && mode !== 'off') return refuse(syntaxError);
	modes.isTracking = mode === 'on';
	return mode === 'off'
		? {type: 'local', reply: replyOk}
		: refuse('ERR CLIENT TRACKING is not supported: nobody tells when a value that the client keeps has changed');
}

const noConnection = -1;

function replyTrackingInfo(out: ReplyWriter): void {
	out.map(3);
	out.bulk('flags');
	out.set(1);
	out.bulk('off');
	out.bulk('redirect');
	out.integer(noConnection);
	out.bulk('prefixes');
	out.array(0);
}

const common = {flags: ['noscript', 'loading', 'stale'], group: 'connection'} as const;

const subcommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'id',
		arity: 2,
		since: '5.0.0',
		summary: 'Return the id of this connection',
		plan: () => ({type: 'local', reply: (out, clientState) => out.integer(clientState.id)}),
	},
	{
		...common,
		name: 'getname',
		arity: 2,
		since: '2.6.9',
		summary: 'Return the name of this connection',
		plan: () => ({
			type: 'local',
			reply: (out, clientState) => (clientState.name === '' ? out.null() : out.bulk(clientState.name)),
		}),
	},
	{
		...common,
		name: 'setname',
		arity: 3,
		since: '2.6.9',
		summary: 'Name this connection',
		plan: planSetname,
	},
	{
		...common,
		name: 'setinfo',
		arity: 4,
		since: '7.2.0',
		summary: 'Tell which library the client uses',
		plan: planSetinfo,
	},
	...clientListSubcommands,
	{
		...common,
		name: 'reply',
		arity: 3,
		refusalInTransaction: 'the replies of a transaction are one, which cannot be turned off in the middle',
		since: '3.2.0',
		summary: 'Turn the replies off and on, or leave out the next one',
		plan: planReply,
	},
	{
		...common,
		name: 'tracking',
		arity: -3,
		since: '6.0.0',
		summary: 'Only OFF is accepted: there is no server-assisted client caching',
		plan: planTracking,
	},
	{
		...common,
		name: 'trackinginfo',
		arity: 2,
		since: '6.2.0',
		summary: 'Tell what of server-assisted client caching is on: nothing',
		plan: () => ({type: 'local', reply: replyTrackingInfo}),
	},
	{
		...common,
		name: 'getredir',
		arity: 2,
		since: '6.0.0',
		summary: 'Tell the connection that is told in place of this one what has changed: there is none',
		plan: () => ({type: 'local', reply: out => out.integer(noConnection)}),
	},
	{
		...common,
		flags: ['admin', ...common.flags],
		name: 'no-evict',
		arity: 3,
		since: '7.0.0',
		summary: 'Be dropped last when the connections hold too much memory',
		plan: planNoEvict,
	},
	{
		...common,
		name: 'no-touch',
		arity: 3,
		since: '7.2.0',
		summary: 'Accepted, and without effect',
		plan: planNoTouch,
	},
];

export const clientCommand = container(
	{...common, name: 'client', arity: -2, since: '2.4.0', summary: 'About connections'},
	subcommands,
);
