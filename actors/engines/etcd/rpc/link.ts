/** One HTTP/2 connection to one member, and the calls on it. It is made once; when it is gone, it stays so. */
import {type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants} from 'node:http2';
import {connect as connectTcp, isIP, type Socket} from 'node:net';
import {connect as connectTls, type SecureContext} from 'node:tls';
import type {Milliseconds} from '../../../../src/raft/types.js';
import {MessageStream} from './message-stream.js';
import {frame, type Status, statusOf, unframe} from './frames.js';

/** Where a member listens; with a `secureContext` it speaks TLS. */
export interface MemberAddress {
	readonly host: string;
	readonly port: number;
	readonly secureContext: SecureContext | undefined;
}

export interface Call {
	readonly path: string;
	readonly request: Uint8Array;
	/** What etcd gave for a user's password; `undefined`: none. */
	readonly token: string | undefined;
	/** An answer that is longer is not read to its end. Bytes. */
	readonly replyBytesMax: number;
	readonly timeoutMs: Milliseconds;
}

/** A call on which both sides send messages. */
export interface StreamCall extends Pick<Call, 'path' | 'token'> {
	/** A message that is longer ends the stream. Bytes. */
	readonly messageBytesMax: number;
}

export type Exchange =
	/** The server has carried it out (code 0), or says why not. */
	| {readonly type: 'replied'; readonly status: Status; readonly reply: Uint8Array}
	| {
			readonly type: 'failed';
			readonly cause: 'timeout' | 'connection' | 'replyTooLarge' | 'notEtcd';
			/** The server may have got the request. */
			readonly hasLeft: boolean;
			readonly reason: string;
			/** Node's, of a connection that failed. */
			readonly errorCode: string | undefined;
	  };

/** As Node's codes of errors, which has none for this. */
export const closedEarly = 'CLOSED_EARLY';

/** Of one stream and of all together, bytes: so much may be on its way without the word that there is room. */
const windowBytes = 2 ** 20;
/** MB. Node's own limit of 10 would refuse the answer to a large read; ours is `replyBytesMax`, for each call. */
const sessionMemoryMb = 4096;

export class Link {
	/** Resolves when the server has spoken: with `undefined`, or with why it never will. */
	readonly ready: Promise<Error | undefined>;
	readonly #socket: Socket;
	readonly #session: ClientHttp2Session;
	#isReady = false;
	#error: Error | undefined;
	/** Streams after this one the server has not looked at. */
	#lastStreamId = Number.POSITIVE_INFINITY;
	#callCount = 0;
	#isRetired = false;

	constructor({host, port, secureContext}: MemberAddress) {
		this.#socket =
			secureContext === undefined
				? connectTcp({host, port})
				: connectTls({
						host,
						port,
						secureContext,
						ALPNProtocols: ['h2'],
						...(isIP(host) === 0 ? {servername: host} : {}),
					});
		this.#socket.setNoDelay(true);
		const authority = `${secureContext === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
		this.#session = connectHttp2(authority, {
			createConnection: () => this.#socket,
			settings: {enablePush: false, initialWindowSize: windowBytes},
			maxSessionMemory: sessionMemoryMb,
		});
		// A program that has nothing else to do may end: calls hold it by their deadlines.
		this.#socket.unref();
		this.#session.unref();
		this.#socket.on('error', error => {
			this.#fail(error);
			// Node's session waits for the other side to close too, which need not come.
			this.#socket.destroy();
		});
		this.#session.on('error', error => this.#fail(error));
		this.#session.on('goaway', (_, lastStreamId) => {
			this.#lastStreamId = lastStreamId;
			this.retire();
		});
		// That the server has taken the connection means nothing: for a process that stands still the kernel does so.
		this.ready = new Promise(resolve => {
			this.#session.once('remoteSettings', () => {
				this.#isReady = true;
				this.#session.setLocalWindowSize(windowBytes);
				resolve(undefined);
			});
			this.#session.once('close', () => resolve(this.#error ?? new ClosedEarlyError()));
		});
	}

	/** `ready` has resolved with `undefined`. */
	get isReady(): boolean {
		return this.#isReady;
	}

	/** New calls may begin on it. */
	get isUsable(): boolean {
		return !this.#isRetired && !this.#session.closed && this.isAlive;
	}

	/** Calls that are under way can go on. */
	get isAlive(): boolean {
		return !this.#session.destroyed;
	}

	/** No new calls; it goes when those that are under way have ended. */
	retire(): void {
		this.#isRetired = true;
		if (this.#callCount === 0) this.destroy();
	}

	/** Fails all that is under way. */
	destroy(): void {
		this.#isRetired = true;
		this.#session.destroy();
		this.#socket.destroy();
	}

	/** Once it is ready. Never rejects. */
	async exchange(call: Call): Promise<Exchange> {
		this.#callCount++;
		try {
			const stream = this.#begin(call, {'grpc-timeout': `${Math.ceil(call.timeoutMs)}m`});
			return await this.#converse(stream, call);
		} catch (error) {
			return failed('connection', false, error as NodeJS.ErrnoException);
		} finally {
			this.#callEnded();
		}
	}

	/** Once it is ready. */
	open(call: StreamCall): MessageStream | Extract<Exchange, {type: 'failed'}> {
		try {
			const stream = this.#begin(call);
			this.#callCount++;
			stream.on('close', () => this.#callEnded());
			return new MessageStream(stream, call.messageBytesMax);
		} catch (error) {
			return failed('connection', false, error as NodeJS.ErrnoException);
		}
	}

	/** Resolves when it is answered, with `true`, or when it never will be. */
	ping(): Promise<boolean> {
		return new Promise(resolve => {
			const isSent = this.isAlive && this.#session.ping(error => resolve(error === null));
			if (!isSent) resolve(false);
		});
	}

	#begin(
		{path, token}: Pick<Call, 'path' | 'token'>,
		headers: Readonly<Record<string, string>> = {},
	): ClientHttp2Stream {
		return this.#session.request({
			[constants.HTTP2_HEADER_METHOD]: 'POST',
			[constants.HTTP2_HEADER_PATH]: path,
			[constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
			[constants.HTTP2_HEADER_TE]: 'trailers',
			// A member that knows no leader says so at once, and does nothing.
			hasleader: 'true',
			...(token === undefined ? {} : {token}),
			...headers,
		});
	}

	#callEnded(): void {
		this.#callCount--;
		if (this.#isRetired && this.#callCount === 0) this.destroy();
	}

	#converse(stream: ClientHttp2Stream, call: Call): Promise<Exchange> {
		return new Promise(resolve => {
			const chunks: Buffer[] = [];
			let received = 0;
			let status: Status | undefined;
			let httpStatus: number | undefined;
			let streamError: NodeJS.ErrnoException | undefined;
			const timer = setTimeout(() => {
				resolve(
					failed('timeout', this.#hasLeft(stream), {message: `no answer within ${Math.round(call.timeoutMs)} ms`}),
				);
				stream.close(constants.NGHTTP2_CANCEL);
			}, call.timeoutMs);
			stream.on('response', headers => {
				httpStatus = Number(headers[constants.HTTP2_HEADER_STATUS]);
				status = statusOf(headers);
			});
			stream.on('trailers', trailers => {
				status = statusOf(trailers) ?? status;
			});
			stream.on('data', (chunk: Buffer) => {
				received += chunk.length;
				if (received <= call.replyBytesMax) {
					chunks.push(chunk);
					return;
				}
				resolve(failed('replyTooLarge', true, {message: `the answer has more than ${call.replyBytesMax} bytes`}));
				stream.close(constants.NGHTTP2_CANCEL);
			});
			stream.on('error', error => {
				streamError = error;
			});
			stream.on('close', () => {
				clearTimeout(timer);
				// A second word changes nothing.
				resolve(this.#outcomeOf(stream, {status, httpStatus, received: Buffer.concat(chunks), error: streamError}));
			});
			stream.end(frame(call.request));
		});
	}

	#outcomeOf(stream: ClientHttp2Stream, {status, httpStatus, received, error}: Ending): Exchange {
		if (status?.code === 0) {
			const reply = unframe(received);
			if (reply !== undefined) return {type: 'replied', status, reply};
			return failed('notEtcd', true, {message: 'the answer is not one message'});
		}
		if (status !== undefined) return {type: 'replied', status, reply: received};
		if (httpStatus !== undefined && httpStatus !== constants.HTTP_STATUS_OK) {
			return failed('notEtcd', true, {message: `the answer is HTTP ${httpStatus}`});
		}
		return failed('connection', this.#hasLeft(stream), error ?? this.#error ?? {message: 'the connection was cut'});
	}

	#hasLeft(stream: ClientHttp2Stream): boolean {
		if (stream.pending || stream.id === undefined) return false;
		return stream.id <= this.#lastStreamId && stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM;
	}

	/** The first error is the cause, the others follow from it. */
	#fail(error: Error): void {
		this.#error ??= error;
	}
}

interface Ending {
	readonly status: Status | undefined;
	readonly httpStatus: number | undefined;
	readonly received: Buffer;
	readonly error: NodeJS.ErrnoException | undefined;
}

/** It was made, and ended by the server before that has said a word. */
class ClosedEarlyError extends Error {
	readonly code = closedEarly;

	constructor() {
		super('the connection was closed at once');
	}
}

export function failed(
	cause: Extract<Exchange, {type: 'failed'}>['cause'],
	hasLeft: boolean,
	{message, code}: {readonly message: string; readonly code?: string | undefined},
): Extract<Exchange, {type: 'failed'}> {
	return {type: 'failed', cause, hasLeft, reason: message, errorCode: code};
}
