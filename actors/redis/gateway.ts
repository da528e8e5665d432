import {once} from 'node:events';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {ClientsMemory} from './clients-memory.js';
import {commandTable} from './commands/table.js';
import {type Backend, Connection} from './connection.js';
import {clientsWithin, descriptorsOfProcess, reservedDescriptors} from './descriptors.js';
import {type ClientsDropped, DroppedClients} from './dropped-clients.js';
import {GatewayError} from './errors.js';
import {Lane} from './lane.js';
import {defaultRedisLimits, type RedisLimits} from './limits.js';
import type {ClusterInfo, GatewayState, ClientState} from './client-state.js';
import type {Executor} from '../executor.js';
import type {RedisPortMetrics} from '../metrics/cluster-metrics.js';
import {anyObject, callback, checkOptions, given, optionsOf, text, wholeNumber} from '../options/check-options.js';

/** The clients that serve the port, and its limits. */
export interface RedisGatewayOptions {
	/** Carries out the operations. Stays its owner's to close, after the gateway. */
	readonly client: Executor;
	/** Carries out the reads, beside the writes, so that neither waits for the other's large values. @default `client` */
	readonly reader?: Executor | undefined;
	/** @default '127.0.0.1' */
	readonly host?: string | undefined;
	/** 0 takes any free port. @default 6379 */
	readonly port?: number | undefined;
	/** What INFO tells about the cluster; should settle soon whatever state the cluster is in. */
	readonly info: () => Promise<ClusterInfo>;
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
		limits: optionsOf(Object.fromEntries(Object.keys(defaultRedisLimits).map(name => [name, wholeNumber(1)]))),
		reservedDescriptors: wholeNumber(0),
		maxMemoryBytes: wholeNumber(0),
		clientsDropped: callback(),
		notice: callback(),
		isLoading: callback(),
	},
	{client: anyObject(), info: callback()},
);

/** Opens a port that speaks the Redis protocol. Rejects with `GatewayError` when it cannot, `OptionError` when it should not. */
export async function startRedisGateway(options: RedisGatewayOptions): Promise<RedisGateway> {
	checkOptions(gatewayOptions, options);
	const {client, reader = client, info, host = '127.0.0.1', port = 6379} = options;
	const limits = withinDescriptors({...defaultRedisLimits, ...given(options.limits ?? {})}, options);
	const state: GatewayState = {
		limits,
		commands: commandTable,
		host,
		port,
		isLoading: options.isLoading ?? (() => false),
		maxMemoryBytes: options.maxMemoryBytes ?? 0,
		startedMs: performance.now(),
		clientStates: new Map(),
		connectionsReceived: 0,
		connectionsRejected: 0,
		commandsProcessed: 0,
		errorReplies: 0,
		lane: new Lane(),
		memory: new ClientsMemory(limits.clientsBytesMax),
		dropped: new DroppedClients({
			notice: text => options.notice?.(text),
			event: event => options.clientsDropped?.(event),
			now: () => performance.now(),
		}),
		valueBytesExpected: 1024,
	};
	const sockets = new Set<Socket>();
	// A client may send its requests, end its side, and then read the replies (`printf ... | nc`): hence half open.
	const server = createServer({allowHalfOpen: true, noDelay: true, keepAlive: true}, socket =>
		accept(socket, {client, reader, info}, state, sockets),
	);
	const bound = await listen(server, host, port);
	state.port = bound.port;
	// From now on only a failed accept (no file descriptors left) ends up here: that client is lost, the others are not.
	server.on('error', () => state.connectionsRejected++);
	return {
		address: bound.address,
		port: bound.port,
		metrics: () => metricsOf(state),
		async close() {
			if (!server.listening) return;
			const closed = once(server, 'close');
			server.close();
			for (const socket of sockets) socket.destroy();
			await closed;
		},
	};
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

function accept(socket: Socket, backend: Backend, state: GatewayState, sockets: Set<Socket>): void {
	sockets.add(socket);
	socket.on('close', () => sockets.delete(socket));
	// A client that vanishes is no event of ours; 'close' follows in any case.
	socket.on('error', () => socket.destroy());
	state.connectionsReceived++;
	if (state.clientStates.size >= state.limits.clientsMax) {
		state.connectionsRejected++;
		socket.write('-ERR max number of clients reached\r\n');
		socket.destroySoon();
		return;
	}
	const clientState = clientStateOf(socket, state);
	state.clientStates.set(clientState.id, clientState);
	const connection = new Connection(socket, backend, clientState);
	socket.on('close', () => {
		state.clientStates.delete(clientState.id);
		state.memory.remove(connection);
	});
	connection.start();
}

function clientStateOf(socket: Socket, gateway: GatewayState): ClientState {
	const now = performance.now();
	return {
		id: gateway.connectionsReceived,
		gateway,
		address: `${socket.remoteAddress}:${socket.remotePort}`,
		localAddress: `${socket.localAddress}:${socket.localPort}`,
		connectedMs: now,
		activeMs: now,
		name: '',
		libraryName: '',
		libraryVersion: '',
		protocol: 2,
		isDroppedLast: false,
		replyMode: 'on',
	};
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
	server.listen(port, host);
	try {
		await once(server, 'listening');
	} catch (error) {
		const cause = error as NodeJS.ErrnoException;
		throw new GatewayError(cause.code === 'EADDRINUSE' ? 'ERR_PORT_IN_USE' : 'ERR_LISTEN', host, port, cause);
	}
	return server.address() as AddressInfo;
}
