/** The doors of a gateway: its port, with or without TLS, and its unix socket. */
import {once} from 'node:events';
import {type AddressInfo, createServer as createPlainServer, type Server, type Socket} from 'node:net';
import {createServer as createTlsServer, type TlsOptions} from 'node:tls';
import {GatewayError} from './errors.js';
import {addressFor} from './reach.js';
import {type RedisTls, tlsOptionsOf} from './tls.js';
import {listenOnSocket} from './unix-socket.js';

export interface ListenOptions {
	readonly host: string;
	readonly port: number;
	readonly hasPassword: boolean;
	readonly tls: RedisTls | undefined;
	readonly socketPath: string | undefined;
	/** How many more clients there may be. */
	readonly room: () => number;
	/** A client has come. `path`: of the unix socket that it came by. */
	readonly accept: (socket: Socket, path: string | undefined) => void;
	/** A client was lost before it could say anything. */
	readonly lost: () => void;
}

/** What is open. */
export interface Listeners {
	readonly address: string;
	readonly port: number;
	/** Cuts all connections, and resolves when they, the port and the unix socket are gone. */
	close(): Promise<void>;
}

// A client may send its requests, end its side, and then read the replies (`printf ... | nc`): hence half open.
const socketOptions = {allowHalfOpen: true, noDelay: true, keepAlive: true};

/** Opens them all, or none. Rejects with a `GatewayError` or a `GatewayAccessError`. */
export async function openListeners(options: ListenOptions): Promise<Listeners> {
	const {host, port, tls, socketPath, lost} = options;
	const tlsOptions = tls === undefined ? undefined : tlsOptionsOf(tls);
	const address = await addressFor(options);
	const sockets = new Set<Socket>();
	const server = tlsOptions === undefined ? plainServer(options, sockets) : tlsServer(tlsOptions, options, sockets);
	const bound = await listen(server, {host, port}, address);
	const doors: Door[] = [{server, remove: () => Promise.resolve()}];
	// From now on only a failed accept (no file descriptors left) ends up here: that client is lost, the others are not.
	server.on('error', lost);
	if (socketPath !== undefined) {
		try {
			const local = plainServer(options, sockets, socketPath);
			doors.push({server: local, remove: await listenOnSocket(local, socketPath)});
			local.on('error', lost);
		} catch (error) {
			await closeDoors(doors, sockets);
			throw error;
		}
	}
	let closing: Promise<void> | undefined;
	return {address: bound.address, port: bound.port, close: () => (closing ??= closeDoors(doors, sockets))};
}

interface Door {
	readonly server: Server;
	readonly remove: () => Promise<void>;
}

async function closeDoors(doors: readonly Door[], sockets: ReadonlySet<Socket>): Promise<void> {
	// First the name: whoever starts next must not find a socket that nobody listens on.
	await Promise.all(doors.map(({remove}) => remove()));
	const closed = doors.map(({server}) => once(server, 'close'));
	for (const {server} of doors) server.close();
	for (const socket of sockets) socket.destroy();
	await Promise.all(closed);
}

function plainServer({accept}: ListenOptions, sockets: Set<Socket>, path?: string): Server {
	return createPlainServer(socketOptions, socket => {
		keep(socket, sockets);
		accept(socket, path);
	});
}

function tlsServer(tls: TlsOptions, {accept, room, lost}: ListenOptions, sockets: Set<Socket>): Server {
	// A client of TLS is two sockets: the one that was accepted, and the one that speaks TLS once the handshake has ended.
	const accepted = new Set<Socket>();
	const secure = new Set<Socket>();
	const server = createTlsServer({...socketOptions, ...tls}, socket => {
		keep(socket, sockets);
		keep(socket, secure);
		accept(socket, undefined);
	});
	server.prependListener('connection', (socket: Socket) => {
		keep(socket, sockets);
		keep(socket, accepted);
		// Who does not end its handshake holds a descriptor all the same. There is no TLS yet in which to say why.
		if (accepted.size - secure.size > room()) socket.destroy();
	});
	server.on('tlsClientError', lost);
	return server;
}

function keep(socket: Socket, sockets: Set<Socket>): void {
	sockets.add(socket);
	socket.on('close', () => sockets.delete(socket));
	// A client that vanishes is no event of ours; 'close' follows in any case.
	socket.on('error', () => socket.destroy());
}

async function listen(
	server: Server,
	place: {readonly host: string; readonly port: number},
	address: string,
): Promise<AddressInfo> {
	server.listen(place.port, address);
	try {
		await once(server, 'listening');
	} catch (error) {
		const cause = error as NodeJS.ErrnoException;
		throw new GatewayError(cause.code === 'EADDRINUSE' ? 'ERR_PORT_IN_USE' : 'ERR_LISTEN', place, cause);
	}
	return server.address() as AddressInfo;
}
