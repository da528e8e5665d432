import {defaultUser, wrongPassword} from '../access.js';
import {databaseNumberOf, outOfRange} from '../../../src/kv/edits/database-words.js';
import type {RefusedModes} from '../refused-modes.js';
import {type RedisCommand, partAt, type Plan, refuse, replyOk, syntaxError, textAt, valueAt} from './command.js';
import {loadingText} from './failures.js';
import {planHello} from './hello.js';

function planPing(parts: readonly Buffer[]): Plan {
	if (parts.length > 2) return refuse(`ERR wrong number of arguments for 'ping' command`);
	const message = parts.length === 1 ? undefined : valueAt(parts, 1);
	return {
		type: 'local',
		reply: (out, {gateway, subscriber, protocol}) => {
			if (gateway.isLoading()) out.error(loadingText);
			else if (subscriber.isSubscribed && protocol === 2) {
				// As a message, so that who reads messages can read it.
				out.array(2);
				out.bulk('pong');
				out.value(message ?? Buffer.alloc(0));
			} else if (message === undefined) out.status('PONG');
			else out.value(message);
		},
	};
}

function planEcho(parts: readonly Buffer[]): Plan {
	const message = valueAt(parts, 1);
	return {type: 'local', reply: out => out.value(message)};
}

function planSelect(parts: readonly Buffer[], _: unknown, modes: RefusedModes): Plan {
	const database = databaseNumberOf(textAt(parts, 1));
	// As in Redis, by a word that names no database none is selected, and the one before stays.
	if (typeof database === 'string') return refuse(database);
	const isThere = database < modes.databases;
	modes.refusedDatabase = isThere ? undefined : database;
	if (!isThere) return refuse(outOfRange);
	modes.database = database;
	return {
		type: 'local',
		reply(out, clientState) {
			clientState.database = database;
			replyOk(out);
		},
	};
}

function planReset(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	modes.reset();
	return {
		type: 'local',
		changesModes: true,
		reply(out, clientState) {
			clientState.subscriber.leave();
			out.protocol = 2;
			clientState.protocol = 2;
			clientState.name = '';
			clientState.database = 0;
			// As in Redis: a SKIP that was about this very reply still holds.
			if (clientState.replyMode !== 'skip') clientState.replyMode = 'on';
			out.status('RESET');
		},
	};
}

/** As Redis: without a password the default user may be named, and any password does. */
function planAuth(parts: readonly Buffer[], _: unknown, {access}: RefusedModes): Plan {
	if (parts.length > 3) return refuse(syntaxError);
	if (parts.length === 2 && !access.needsPassword) {
		return refuse(
			'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
		);
	}
	const [user, password] = parts.length === 2 ? [defaultUser, partAt(parts, 1)] : [partAt(parts, 1), partAt(parts, 2)];
	return access.authenticate(user, password) ? {type: 'local', reply: replyOk} : refuse(wrongPassword);
}

const common = {flags: ['fast'], group: 'connection', since: '1.0.0'} as const;
/** May be used before the password is given. */
const open = {...common, flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy']} as const;
const always = {...common, flags: ['loading', 'stale', 'fast']} as const;

export const connectionCommands: readonly RedisCommand[] = [
	{...common, name: 'ping', arity: -1, summary: 'Ping the server', worksWhileSubscribed: true, plan: planPing},
	{...always, name: 'echo', arity: 2, summary: 'Echo the given string', plan: planEcho},
	{...always, name: 'select', arity: 2, summary: 'Select one of the databases 0 to 15', plan: planSelect},
	{...open, name: 'auth', arity: -2, summary: 'Give the password of the port', plan: planAuth},
	{...open, name: 'hello', arity: -1, since: '6.0.0', summary: 'Handshake with Redis', plan: planHello},
	{
		...open,
		name: 'reset',
		arity: 1,
		since: '6.2.0',
		summary: 'Begin anew, as on a new connection',
		worksInTransaction: true,
		worksWhileSubscribed: true,
		plan: planReset,
	},
	{
		...common,
		...open,
		name: 'quit',
		arity: -1,
		summary: 'Close the connection',
		worksInTransaction: true,
		worksWhileSubscribed: true,
		plan: () => ({type: 'close', reply: replyOk}),
	},
];
