/** CLIENT LIST, INFO and KILL: the connections of the port, and which of them is meant. */
import type {ClientState} from '../client-state.js';
import {parseInt64} from '../int64.js';
import {partAt, type Plan, type RedisCommand, refuse, replyOk, syntaxError, textAt} from './command.js';
import {quoted} from './quoted.js';

type Filter = (client: ClientState) => boolean;

/** Redis' classes of clients. Nobody is a master or a replica here. */
const types = new Map([
	['normal', 'normal'],
	['pubsub', 'pubsub'],
	['master', 'master'],
	['replica', 'replica'],
	['slave', 'replica'],
]);

const typeOf = ({subscriber}: ClientState): string => (subscriber.isSubscribed ? 'pubsub' : 'normal');

const unknownType = (name: string): string => `ERR Unknown client type '${quoted(name)}'`;

/** In seconds, as CLIENT LIST counts. */
function secondsSince(ms: number): number {
	return Math.floor((performance.now() - ms) / 1000);
}

function flagsOf({subscriber, isLocalSocket, isDroppedLast}: ClientState, isTransaction: boolean): string {
	const flags = [
		subscriber.isMonitor ? 'O' : '',
		subscriber.isSubscribed ? 'P' : '',
		isTransaction ? 'x' : '',
		isLocalSocket ? 'U' : '',
		isDroppedLast ? 'e' : '',
	].join('');
	return flags === '' ? 'N' : flags;
}

/** The request that is being answered, where more are planned behind it. */
interface Asking {
	readonly command: string;
	readonly requestBytes: number;
}

/** As Redis, which keeps a request in its buffer until it is answered. */
function askingBy(command: string, parts: readonly Buffer[]): Asking {
	const bytes = parts.map(({length}) => `$${length}\r\n\r\n`.length + length);
	return {command, requestBytes: bytes.reduce((sum, length) => sum + length, `*${parts.length}\r\n`.length)};
}

/** All fields of Redis 7.0, and the two of 7.2 that CLIENT SETINFO sets. What there is nothing of here is 0. */
function lineOf(clientState: ClientState, asking?: Asking): string {
	const {subscriber, connection} = clientState;
	const usage = connection.usage();
	const fields = {
		id: clientState.id,
		addr: clientState.address,
		laddr: clientState.localAddress,
		fd: clientState.descriptor,
		name: clientState.name,
		age: secondsSince(clientState.connectedMs),
		idle: secondsSince(clientState.activeMs),
		flags: flagsOf(clientState, usage.queuedCommands !== undefined),
		db: clientState.database,
		sub: subscriber.names('channel').size,
		psub: subscriber.names('pattern').size,
		ssub: subscriber.names('shardChannel').size,
		multi: usage.queuedCommands ?? -1,
		qbuf: usage.requestBytes + (asking?.requestBytes ?? 0),
		'qbuf-free': 0,
		'argv-mem': usage.queuedBytes,
		'multi-mem': usage.transactionBytes,
		rbs: 0,
		rbp: 0,
		obl: usage.replyBytes,
		oll: usage.unreadBytes > 0 ? 1 : 0,
		omem: usage.unreadBytes,
		'tot-mem': usage.memoryBytes,
		events: usage.unreadBytes > 0 ? 'rw' : 'r',
		cmd: asking?.command ?? usage.lastCommand,
		user: 'default',
		redir: -1,
		resp: clientState.protocol,
		'lib-name': clientState.libraryName,
		'lib-ver': clientState.libraryVersion,
	};
	const line = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
	return `${line.join(' ')}\n`;
}

/** Which connections CLIENT LIST shows, or the error. */
function listFilter(parts: readonly Buffer[]): Filter | string {
	if (parts.length === 2) return () => true;
	const option = textAt(parts, 2).toLowerCase();
	if (option === 'type' && parts.length === 4) {
		const type = types.get(textAt(parts, 3).toLowerCase());
		return type === undefined ? unknownType(textAt(parts, 3)) : client => typeOf(client) === type;
	}
	if (option !== 'id' || parts.length === 3) return syntaxError;
	const ids = new Set<number>();
	for (let at = 3; at < parts.length; at++) {
		const id = parseInt64(partAt(parts, at));
		if (id === undefined) return 'ERR Invalid client ID';
		ids.add(Number(id));
	}
	return ({id}) => ids.has(id);
}

function planList(parts: readonly Buffer[]): Plan {
	const filter = listFilter(parts);
	if (typeof filter === 'string') return refuse(filter);
	const asking = askingBy('client|list', parts);
	return {
		type: 'local',
		reply(out, clientState) {
			const shown = [...clientState.gateway.clientStates.values()].filter(client => filter(client));
			out.verbatim(shown.map(client => lineOf(client, client === clientState ? asking : undefined)).join(''));
		},
	};
}

interface Kill {
	readonly filters: readonly Filter[];
	/** The connection that asks is spared. */
	readonly sparesItself: boolean;
}

/** One filter of CLIENT KILL, or the error. */
function killFilter(option: string, value: string, bytes: Buffer): Filter | string {
	switch (option) {
		case 'id': {
			const id = parseInt64(bytes);
			if (id === undefined || id < 1n) return 'ERR client-id should be greater than 0';
			return client => BigInt(client.id) === id;
		}
		case 'type': {
			const type = types.get(value.toLowerCase());
			return type === undefined ? unknownType(value) : client => typeOf(client) === type;
		}
		case 'addr':
			return ({address}) => address === value;
		case 'laddr':
			return ({localAddress}) => localAddress === value;
		case 'user':
			return value === 'default' ? () => true : `ERR No such user '${quoted(value)}'`;
		default:
			return syntaxError;
	}
}

function killOptions(parts: readonly Buffer[]): Kill | string {
	const filters: Filter[] = [];
	let sparesItself = true;
	for (let at = 2; at < parts.length; at += 2) {
		if (at + 1 === parts.length) return syntaxError;
		const option = textAt(parts, at).toLowerCase();
		const value = textAt(parts, at + 1);
		if (option === 'skipme') {
			if (!/^(?:yes|no)$/i.test(value)) return syntaxError;
			sparesItself = value.toLowerCase() === 'yes';
			continue;
		}
		const filter = killFilter(option, value, partAt(parts, at + 1));
		if (typeof filter === 'string') return filter;
		filters.push(filter);
	}
	return {filters, sparesItself};
}

/** Ends those that are meant, the one that asks after its reply; how many. */
function kill(asking: ClientState, {filters, sparesItself}: Kill): number {
	const meant = [...asking.gateway.clientStates.values()].filter(
		client => !(sparesItself && client === asking) && filters.every(filter => filter(client)),
	);
	for (const client of meant) {
		if (client === asking) client.connection.endAfterReply();
		else client.connection.kill();
	}
	return meant.length;
}

/** The form of old names an address, and may mean the connection that asks. */
function planKill(parts: readonly Buffer[]): Plan {
	if (parts.length === 3) {
		const asked = textAt(parts, 2);
		const options: Kill = {filters: [({address}) => address === asked], sparesItself: false};
		return {
			type: 'local',
			changesModes: true,
			reply: (out, clientState) => (kill(clientState, options) === 0 ? out.error('ERR No such client') : replyOk(out)),
		};
	}
	const options = killOptions(parts);
	if (typeof options === 'string') return refuse(options);
	return {
		type: 'local',
		changesModes: true,
		reply: (out, clientState) => out.integer(kill(clientState, options)),
	};
}

const common = {flags: ['admin', 'noscript', 'loading', 'stale'], group: 'connection'} as const;

export const clientListSubcommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'info',
		arity: 2,
		flags: ['noscript', 'loading', 'stale'],
		since: '6.2.0',
		summary: 'Describe this connection',
		plan(parts) {
			const asking = askingBy('client|info', parts);
			return {type: 'local', reply: (out, clientState) => out.verbatim(lineOf(clientState, asking))};
		},
	},
	{
		...common,
		name: 'list',
		arity: -2,
		since: '2.4.0',
		summary: 'Describe all connections, those of a type or those of some ids',
		plan: planList,
	},
	{
		...common,
		name: 'kill',
		arity: -3,
		since: '2.4.0',
		summary: 'End the connections of an address, or those that fit all of id, type, user, addr and laddr',
		plan: planKill,
	},
];
