import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import {type RedisGateway, type RedisGatewayOptions, startRedisGateway} from '../../actors/redis/gateway.js';
import {StoreClient} from './store-client.js';

export const clusterInfo = {leader: 'n2', term: 7};

/** A gateway on a free port, closed when the test ends. */
export async function openGateway(
	t: ExecutionContext,
	options: Partial<RedisGatewayOptions> = {},
): Promise<RedisGateway> {
	const info = () => Promise.resolve(clusterInfo);
	const gateway = await startRedisGateway({client: new StoreClient(), info, port: 0, ...options});
	t.teardown(() => gateway.close());
	return gateway;
}

/** A connection, destroyed when the test ends. */
export async function open(t: ExecutionContext, port: number): Promise<Socket> {
	const socket = connect({port, host: '127.0.0.1', allowHalfOpen: true});
	t.teardown(() => socket.destroy());
	await once(socket, 'connect');
	return socket;
}

/** A request as clients send it. */
export function request(...parts: readonly (string | Uint8Array)[]): Buffer {
	const bulks = parts.flatMap(part => {
		const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
		return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
	});
	return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...bulks]);
}

/** All that the other side sends until it ends, as a byte string. */
export async function readToEnd(socket: Socket): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of socket) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('latin1');
}

/** Sends requests on a connection of their own, ends our side unless told not to, and returns all replies as a byte string. */
export async function talk(
	target: {readonly port: number} | {readonly path: string},
	bytes: Uint8Array | string,
	ourSide: 'end' | 'keepOpen' = 'end',
): Promise<string> {
	const socket = connect({...target, host: '127.0.0.1', allowHalfOpen: true});
	socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
	if (ourSide === 'end') socket.end();
	return readToEnd(socket);
}

/** Requests and replies one after the other on another connection: the gateway's event loop turns at least so often. */
export async function turnGateway(t: ExecutionContext, port: number, times: number): Promise<void> {
	const socket = await open(t, port);
	for (let turn = 0; turn < times; turn++) {
		socket.write('PING\r\n');
		await once(socket, 'data');
	}
	socket.destroy();
}

/** Replies to a request, asked again until they are as wanted: the gateway learns late that another connection ended. */
export async function talkUntil(port: number, line: string, wanted: (replies: string) => boolean): Promise<string> {
	let replies = '';
	do replies = await talk({port}, `${line}\r\n`);
	while (!wanted(replies));
	return replies;
}
