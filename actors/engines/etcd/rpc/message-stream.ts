/** A call on which both sides send messages for as long as they like. */
import {type ClientHttp2Stream, constants} from 'node:http2';
import type {Milliseconds} from '../../../../src/raft/types.js';
import {frame, lengthOfFrame, type Status, statusOf, unframe} from './frames.js';

/** How a stream ended. */
export interface StreamEnd {
	readonly status: Status | undefined;
	readonly error: NodeJS.ErrnoException | undefined;
}

export type Heard =
	| {readonly type: 'message'; readonly message: Uint8Array}
	/** Nothing has come in the time that was given. */
	| {readonly type: 'silence'}
	| {readonly type: 'ended'; readonly end: StreamEnd};

/** What has come and was not taken is no more than one message and a piece of the next: beyond that the other side has to wait. */
export class MessageStream {
	readonly #stream: ClientHttp2Stream;
	readonly #messageBytesMax: number;
	#chunks: Buffer[] = [];
	#byteLength = 0;
	#status: Status | undefined;
	#error: NodeJS.ErrnoException | undefined;
	#isClosed = false;
	#wake: () => void = () => undefined;

	/** A message that is longer ends it. Bytes. */
	constructor(stream: ClientHttp2Stream, messageBytesMax: number) {
		this.#stream = stream;
		this.#messageBytesMax = messageBytesMax;
		stream.on('response', headers => {
			this.#status = statusOf(headers);
		});
		stream.on('trailers', trailers => {
			this.#status = statusOf(trailers) ?? this.#status;
		});
		stream.on('data', (chunk: Buffer) => {
			this.#chunks.push(chunk);
			this.#byteLength += chunk.length;
			stream.pause();
			this.#wake();
		});
		stream.on('error', error => {
			this.#error ??= error;
		});
		stream.on('close', () => {
			this.#isClosed = true;
			this.#wake();
		});
		stream.pause();
	}

	send(message: Uint8Array): void {
		if (this.#stream.writable) this.#stream.write(frame(message));
	}

	/** Waits for the next one. Only one caller at a time. Never rejects. */
	async next(timeoutMs: Milliseconds): Promise<Heard> {
		const deadline = performance.now() + timeoutMs;
		for (;;) {
			const message = this.#take();
			if (message !== undefined) return {type: 'message', message};
			if (this.#isClosed) return {type: 'ended', end: {status: this.#status, error: this.#error}};
			const remainingMs = deadline - performance.now();
			if (remainingMs <= 0) return {type: 'silence'};
			await this.#more(remainingMs);
		}
	}

	/** Lets go of it: the other side is told, and who waits hears of the end. */
	close(): void {
		this.#stream.close(constants.NGHTTP2_CANCEL);
	}

	#more(timeoutMs: Milliseconds): Promise<void> {
		return new Promise(resolve => {
			const timer = setTimeout(resolve, timeoutMs);
			this.#wake = () => {
				clearTimeout(timer);
				resolve();
			};
			this.#stream.resume();
		});
	}

	#take(): Uint8Array | undefined {
		if (this.#chunks.length === 0) return undefined;
		const length = lengthOfFrame(this.#chunks[0] as Buffer);
		// Only the head of the first message can be in more than one piece and be too short to tell.
		if (length === undefined && this.#chunks.length > 1) return this.#join().#take();
		if (length === undefined || length > this.#byteLength) {
			if (length !== undefined && length > this.#messageBytesMax) this.#fail(length);
			return undefined;
		}
		const received = this.#join().#chunks[0] as Buffer;
		const rest = received.subarray(length);
		this.#chunks = rest.length === 0 ? [] : [rest];
		this.#byteLength = rest.length;
		const message = unframe(received.subarray(0, length));
		if (message === undefined) this.#error ??= new Error('what came is no message');
		if (message === undefined) this.close();
		return message;
	}

	#join(): this {
		if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
		return this;
	}

	#fail(length: number): void {
		this.#error ??= new Error(`a message has ${length} bytes, and may have ${this.#messageBytesMax}`);
		this.close();
	}
}
