import type {Socket} from 'node:net';
import {Password} from './access.js';
import {ScriptCache} from './script-cache.js';
import {Channels} from './channels.js';
import {ClientsMemory} from './clients-memory.js';
import {databaseCount} from '../../src/kv/database-name.js';
import type {DatabaseCount} from '../../src/kv/types.js';
import {commandTable} from './commands/table.js';
import {type Backend, Connection} from './connection.js';
import {clientsWithin, descriptorsOfProcess, reservedDescriptors} from './descriptors.js';
import {type ClientsDropped, DroppedClients} from './dropped-clients.js';
import {KeyspaceEvents} from './keyspace-events.js';
import {Lane} from './lane.js';
import {defaultRedisLimits, type RedisLimits} from './limits.js';
import {openListeners} from './listeners.js';
import {Subscriber} from './subscriber.js';
import {Monitors} from './monitors.js';
import {SlowLog} from './slow-log.js';
import type {RedisTls} from './tls.js';
import type {ClientState, ClusterInfo, ConnectionControl, DataInfo, GatewayState, InfoFields} from './client-state.js';
import type {Executor} from '../executor.js';
import type {RedisPortMetrics} from '../metrics/cluster-metrics.js';
import {
	anyObject,
	callback,
	checkOptions,
	flag,
	given,
	optionsOf,
	text,
	wholeNumber,
} from '../options/check-options.js';

/** The clients that serve the port, and its limits. */
export interface RedisGatewayOptions {
	/** Carries out the operations. Stays its owner's to close, after the gateway. */
	readonly client: Executor;
	/** Carries out the reads, beside the writes, so that neither waits for the other's large values. @default `client` */
	readonly reader?: Executor | undefined;
	/** Beyond the loopback address a `password` is needed. @default '127.0.0.1' */
	readonly host?: string | undefined;
	/** 0 takes any free port. @default 6379 */
	readonly port?: number | undefined;
	/** What a client must give by AUTH or HELLO before anything else is carried out. @default clients need none */
	readonly password?: string | undefined;
	/** The port then speaks TLS and nothing else. @default plain TCP */
	readonly tls?: RedisTls | undefined;
	/** Where to listen on a unix socket as well, plain, for this user alone. @default there is none */
	readonly socketPath?: string | undefined;
	/** What INFO tells about the cluster; should settle soon whatever state the cluster is in. */
	readonly info: () => Promise<InfoFields>;
	/** How much the service holds, for INFO; `undefined` when nobody can tell now. @default nobody can tell */
	readonly data?: (() => Promise<DataInfo | undefined>) | undefined;
	/** Whether what is acknowledged outlives a crash of all nodes: CONFIG GET appendonly says so. @default false */
	readonly isDurable?: boolean | undefined;
	/** Those not given are `defaultRedisLimits`. */
	readonly limits?: Partial<RedisLimits> | undefined;
	/** File descriptors that connections leave free: more than the rest of the process has yet to open. @default 32 */
	readonly reservedDescriptors?: number | undefined;
	/** Whether operations are refused now because the data is being read from the disk: PING and INFO say so. @default never */
	readonly isLoading?: (() => boolean) | undefined;
	/**
	 * Bytes of keys and values beyond which the service refuses writes, for CONFIG GET and INFO: they say what holds, the
	 * service holds it. 0: there is no such limit. @default 0
	 */
	readonly maxMemoryBytes?: number | undefined;
	/** Databases that the client has, from 1 to 16: one more is refused by SELECT. With etcd there is 1. @default 16 */
	readonly databases?: number | undefined;
	/** Told, at most once a second, that connections were ended because of what they hold in memory. @default nobody */
	readonly clientsDropped?: ((event: ClientsDropped) => void) | undefined;
	/** Told in a sentence what an operator should know. @default nobody */
	readonly notice?: ((text: string) => void) | undefined;
}

/** An open port. */
export interface RedisGateway {
	readonly address: string;
	readonly port: number;
	/** What it has done since it was opened, and holds now. */
	metrics(): RedisPortMetrics;
	/** Cuts all connections, and resolves when they and the port are free. Commands that have begun go on without a reply. */
	close(): Promise<void>;
}

const gatewayOptions = optionsOf(
	{
		reader: anyObject(),
		host: text(),
		port: wholeNumber(0, 65_535),
		password: text(),
		tls: optionsOf({ca: text()}, {cert: text(), key: text()}),
		socketPath: text(),
		limits: optionsOf(Object.fromEntries(Object.keys(defaultRedisLimits).map(name => [name, wholeNumber(1)]))),
		reservedDescriptors: wholeNumber(0),
		maxMemoryBytes: wholeNumber(0),
		databases: wholeNumber(1, databaseCount),
		clientsDropped: callback(),
		notice: callback(),
		isLoading: callback(),
		data: callback(),
		isDurable: flag(),
	},
	{client: anyObject(), info: callback()},
);

/**
 * Opens a port that speaks the Redis protocol. Rejects with `GatewayError` when it cannot, `GatewayAccessError` when it would not be
 * protected as it should be, `OptionError` when it should not.
 */
export async function startRedisGateway(options: RedisGatewayOptions): Promise<RedisGateway> {
	checkOptions(gatewayOptions, options);
	const {client, reader = client, host = '127.0.0.1', port = 6379, password, tls, socketPath} = options;
	const limits = withinDescriptors({...defaultRedisLimits, ...given(options.limits ?? {})}, options);
	const channels = new Channels();
	const keyspaceEvents = new KeyspaceEvents({client: reader, channels});
	const state: GatewayState = {
		limits,
		databases: options.databases ?? databaseCount,
		commands: commandTable,
		host,
		port,
		password: password === undefined ? undefined : new Password(password),
		isDurable: options.isDurable ?? false,
		isLoading: options.isLoading ?? (() => false),
		maxMemoryBytes: options.maxMemoryBytes ?? 0,
		startedMs: performance.now(),
		clientStates: new Map(),
		connectionsReceived: 0,
		connectionsRejected: 0,
		commandsProcessed: 0,
		slowLog: new SlowLog(),
		inputBytes: 0,
		outputBytes: 0,
		errorReplies: 0,
		channels,
		keyspaceEvents,
		scripts: new ScriptCache(),
		monitors: new Monitors(),
		lane: new Lane(),
		memory: new ClientsMemory(limits.clientsBytesMax),
		dropped: new DroppedClients({
			notice: text => options.notice?.(text),
			event: event => options.clientsDropped?.(event),
			now: () => performance.now(),
		}),
		forgottenCounts: {},
		valueBytesExpected: 1024,
	};
	const listeners = await openListeners({
		host,
		port,
		hasPassword: password !== undefined,
		tls,
		socketPath,
		room: () => limits.clientsMax - state.clientStates.size,
		accept: (socket, path) =>
			accept(socket, path, {client, reader, info: countsKeys => aboutCluster(options, countsKeys)}, state),
		lost: () => state.connectionsRejected++,
	});
	state.port = listeners.port;
	return {
		address: listeners.address,
		port: listeners.port,
		metrics: () => metricsOf(state),
		close: () => {
			keyspaceEvents.end();
			return listeners.close();
		},
	};
}

/** INFO is what one looks at when something is wrong, so it must not fail with it. */
async function aboutCluster(options: RedisGatewayOptions, countsKeys: boolean): Promise<ClusterInfo> {
	const {client, reader = client, info, data} = options;
	const counts = countsKeys ? keyCounts(reader) : undefined;
	const [raft, held] = await Promise.allSettled([info(), data?.()]);
	return {
		raft: raft.status === 'fulfilled' ? raft.value : {error: String(raft.reason)},
		data: held.status === 'fulfilled' ? held.value : undefined,
		databases: (await counts) ?? [],
	};
}

/** INFO waits so long for them. */
const keyCountsMs = 1000;

/** `undefined`: the service cannot tell now. */
async function keyCounts(client: Executor): Promise<readonly DatabaseCount[] | undefined> {
	const options = {signal: AbortSignal.timeout(keyCountsMs)};
	const result = await client.execute({type: 'count', database: 'all'}, options).catch(() => undefined);
	return result?.type === 'count' ? result.databases : undefined;
}

const metricsOf = (state: GatewayState): RedisPortMetrics => ({
	connections: state.clientStates.size,
	connectionsReceived: state.connectionsReceived,
	connectionsRejected: state.connectionsRejected,
	commands: state.commandsProcessed,
	errors: state.errorReplies,
	dropped: {...state.dropped.counts},
	memoryBytes: state.memory.bytes,
});

/** Without descriptors the data's files cannot grow, which is worse than a client that has to wait: so there are fewer clients. */
function withinDescriptors(limits: RedisLimits, options: RedisGatewayOptions): RedisLimits {
	const descriptors = descriptorsOfProcess();
	const clientsMax = clientsWithin(descriptors, options.reservedDescriptors ?? reservedDescriptors, limits.clientsMax);
	if (clientsMax === limits.clientsMax) return limits;
	options.notice?.(
		`the Redis port takes ${clientsMax} connections at once instead of ${limits.clientsMax}, because the process may open ${descriptors.max} files: raise "ulimit -n" for more`,
	);
	return {...limits, clientsMax};
}

function accept(socket: Socket, path: string | undefined, backend: Backend, state: GatewayState): void {
	state.connectionsReceived++;
	if (state.clientStates.size >= state.limits.clientsMax) {
		state.connectionsRejected++;
		socket.write('-ERR max number of clients reached\r\n');
		socket.destroySoon();
		return;
	}
	const clientState = clientStateOf(socket, path, state);
	state.clientStates.set(clientState.id, clientState);
	const connection = new Connection(socket, backend, clientState);
	socket.on('close', () => {
		state.clientStates.delete(clientState.id);
		clientState.subscriber.leave();
		state.memory.remove(connection);
	});
	connection.start();
}

/** Node tells it of a plain socket only, and not in its types. */
function descriptorOf(socket: Socket): number {
	const {fd} = (socket as {readonly _handle?: {readonly fd?: unknown}})._handle ?? {};
	return typeof fd === 'number' ? fd : -1;
}

/** Until the connection is made. */
const noConnection: ConnectionControl = {
	usage: () => ({
		requestBytes: 0,
		queuedBytes: 0,
		queuedCommands: undefined,
		transactionBytes: 0,
		replyBytes: 0,
		unreadBytes: 0,
		memoryBytes: 0,
		lastCommand: 'NULL',
	}),
	kill: () => undefined,
	endAfterReply: () => undefined,
};

function clientStateOf(socket: Socket, path: string | undefined, gateway: GatewayState): ClientState {
	const now = performance.now();
	return {
		id: gateway.connectionsReceived,
		gateway,
		// As Redis names a client of a unix socket.
		address: path === undefined ? `${socket.remoteAddress}:${socket.remotePort}` : `${path}:0`,
		localAddress: path === undefined ? `${socket.localAddress}:${socket.localPort}` : `${path}:0`,
		isLocalSocket: path !== undefined,
		descriptor: descriptorOf(socket),
		connectedMs: now,
		activeMs: now,
		name: '',
		libraryName: '',
		libraryVersion: '',
		protocol: 2,
		database: 0,
		connection: noConnection,
		subscriber: new Subscriber(gateway.channels, gateway.monitors),
		isDroppedLast: false,
		replyMode: 'on',
	};
}
