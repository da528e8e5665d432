/**
 * A unix socket at a path. It is made in a folder that only this user can enter, gets its mode there, and is then moved
 * to its place: at no time can somebody else open it.
 */
import {once} from 'node:events';
import {chmod, lstat, mkdtemp, rename, rm} from 'node:fs/promises';
import {connect, type Server} from 'node:net';
import path from 'node:path';
import {GatewayError} from './errors.js';

/** The owner reads and writes; nobody else can connect. */
const socketMode = 0o600;
/** What Linux and macOS both take, less the zero at the end. */
const pathBytesMax = 103;
/** A server that does not take a connection for so long is taken for a busy one. */
const probeTimeoutMs = 2000;

/** Listens there, and takes over what a server left that is gone. Resolves with what removes the socket. Rejects with a `GatewayError`. */
export async function listenOnSocket(server: Server, socketPath: string): Promise<() => Promise<void>> {
	await freePath(socketPath);
	let folder: string | undefined;
	try {
		folder = await mkdtemp(`${path.dirname(socketPath)}${path.sep}.`);
		const made = path.join(folder, 's');
		for (const each of [made, socketPath]) checkLength(each, socketPath);
		server.listen(made);
		await once(server, 'listening');
		await chmod(made, socketMode);
		const {ino} = await lstat(made);
		await rename(made, socketPath);
		return () => removeSocket(socketPath, ino);
	} catch (error) {
		server.close();
		throw error instanceof GatewayError ? error : new GatewayError('ERR_LISTEN', {host: socketPath}, error as Error);
	} finally {
		if (folder !== undefined) await rm(folder, {recursive: true, force: true});
	}
}

function checkLength(made: string, socketPath: string): void {
	if (Buffer.byteLength(made) <= pathBytesMax) return;
	throw new GatewayError('ERR_SOCKET_PATH', {host: socketPath}, new Error('its path is too long'));
}

/** Removes a socket that nobody listens on. */
async function freePath(socketPath: string): Promise<void> {
	const found = await lstat(socketPath).catch(() => undefined);
	if (found === undefined) return;
	const refuse = (code: GatewayError['code'], why: string): never => {
		throw new GatewayError(code, {host: socketPath}, new Error(why));
	};
	if (!found.isSocket()) refuse('ERR_SOCKET_PATH', 'a file with this name is there, and it is no socket');
	if (await isServed(socketPath)) refuse('ERR_SOCKET_IN_USE', 'somebody listens there');
	await rm(socketPath, {force: true});
}

/** Only a refused connection tells that nobody is there. */
async function isServed(socketPath: string): Promise<boolean> {
	const probe = connect(socketPath);
	try {
		await once(probe, 'connect', {signal: AbortSignal.timeout(probeTimeoutMs)});
		return true;
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		return code !== 'ECONNREFUSED' && code !== 'ENOENT';
	} finally {
		probe.destroy();
	}
}

/** Unless another one has its name by now. */
async function removeSocket(socketPath: string, inode: number): Promise<void> {
	const found = await lstat(socketPath).catch(() => undefined);
	if (found?.ino === inode) await rm(socketPath, {force: true});
}
