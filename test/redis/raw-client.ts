/** One request, one reply, byte for byte: what a client library would make of it does not matter. */
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import {request} from './harness.js';

/** Where the reply that begins at `start` ends; `undefined`: not all of it is there. */
function endOfReply(text: string, start: number): number | undefined {
	const lineEnd = text.indexOf('\r\n', start);
	if (lineEnd < 0) return undefined;
	const count = Number(text.slice(start + 1, lineEnd));
	const behindLine = lineEnd + 2;
	switch (text[start]) {
		case '$':
		case '=': {
			const end = count < 0 ? behindLine : behindLine + count + 2;
			return end <= text.length ? end : undefined;
		}
		case '*':
		case '~':
		case '>':
			return endOfReplies(text, behindLine, count);
		case '%':
			return endOfReplies(text, behindLine, 2 * count);
		default:
			return behindLine;
	}
}

function endOfReplies(text: string, start: number, count: number): number | undefined {
	let end: number | undefined = start;
	for (let place = 0; place < count && end !== undefined; place += 1) end = endOfReply(text, end);
	return end;
}

export class RawClient {
	readonly #socket: Socket;
	#received = '';

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	static async open(
		t: ExecutionContext,
		target: {readonly port: number} | {readonly path: string},
	): Promise<RawClient> {
		const socket = connect({...target, host: '127.0.0.1'});
		t.teardown(() => socket.destroy());
		await once(socket, 'connect');
		return new RawClient(socket);
	}

	/** A byte string. */
	async ask(...parts: readonly string[]): Promise<string> {
		this.#socket.write(request(...parts));
		let end = endOfReply(this.#received, 0);
		while (end === undefined) {
			const [chunk] = (await once(this.#socket, 'data')) as [Buffer];
			this.#received += chunk.toString('latin1');
			end = endOfReply(this.#received, 0);
		}
		const reply = this.#received.slice(0, end);
		this.#received = this.#received.slice(end);
		return reply;
	}

	/** `line`: words that have no blanks. */
	say(line: string): Promise<string> {
		return this.ask(...line.split(' '));
	}

	close(): void {
		this.#socket.destroy();
	}
}
