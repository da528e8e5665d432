/**
 * gRPC to one member of etcd, as little of it as we need: every call but a watch is one request and one answer, on one HTTP/2
 * connection that is made when it is needed and made anew when it is gone.
 *
 *     Connection ──▶ Link (a socket, an HTTP/2 session) ──▶ etcd
 *        └─ Method (path, request, reply as tables) ──▶ protobuf ──▶ frames
 *
 * Why not a library. etcd3 1.1.2 stood still in July 2023: its timers throw where a rejection is expected, and it drops
 * the status codes. It and every other client stand on @grpc/grpc-js; of that, 1.14.7 was tried before a member that
 * takes connections and says nothing (a process under SIGSTOP does): a TLS handshake has no deadline there and outlives
 * close(), so the program does not end (also told in grpc/grpc-node#2785); and whether a request has left, which is the
 * difference between "unknown" and "not executed", is only in the words of its messages. It brings thirty packages, one
 * with an install script (protobufjs). @connectrpc/connect-node has the same gap (connectrpc/connect-es#1748), and needs
 * Node 22. What remains to be done on Node's own HTTP/2 is this folder; numbers and lengths are @bufbuild/protobuf's,
 * which has no dependency and no install script.
 */
import type {Milliseconds} from '../../../../src/raft/types.js';
import {type Call, type Exchange, failed, Link, type MemberAddress, type StreamCall} from './link.js';
import {MessageStream} from './message-stream.js';

type Failed = Extract<Exchange, {type: 'failed'}>;

export interface OpenCall {
	readonly type: 'open';
	readonly stream: MessageStream;
	/** Whether the other end answers a ping within this time. Never rejects. */
	readonly isAnswered: (timeoutMs: Milliseconds) => Promise<boolean>;
	/** No new calls on its connection, which may be dead: the next ones have another. */
	readonly retire: () => void;
}

export class Connection {
	readonly #address: MemberAddress;
	#link: Link | undefined;

	constructor(address: MemberAddress) {
		this.#address = address;
	}

	/** Ends within the call's time, whatever the member does. Never rejects. */
	async exchange(call: Call): Promise<Exchange> {
		const startedAt = performance.now();
		const link = await this.#readyLink(call.timeoutMs);
		if (!(link instanceof Link)) return link;
		const timeoutMs = Math.max(1, call.timeoutMs - (performance.now() - startedAt));
		const exchange = await link.exchange({...call, timeoutMs});
		// The other end may be gone without a word, and nothing on this connection be answered ever again.
		if (exchange.type === 'failed' && exchange.cause === 'timeout') link.retire();
		return exchange;
	}

	/** Opens within this time. Never rejects. */
	async open(call: StreamCall, timeoutMs: Milliseconds): Promise<OpenCall | Failed> {
		const link = await this.#readyLink(timeoutMs);
		if (!(link instanceof Link)) return link;
		const stream = link.open(call);
		if (!(stream instanceof MessageStream)) return stream;
		return {
			type: 'open',
			stream,
			isAnswered: async ms => (await within(link.ping(), ms)) === true,
			retire: () => link.retire(),
		};
	}

	async #readyLink(timeoutMs: Milliseconds): Promise<Link | Failed> {
		const link = this.#link?.isUsable === true ? this.#link : new Link(this.#address);
		this.#link = link;
		const trouble = link.isReady ? undefined : await within(link.ready, timeoutMs);
		if (trouble === undefined) return link;
		link.destroy();
		if (trouble !== 'timeout') return failed('connection', false, trouble);
		return failed('timeout', false, {message: `no connection within ${Math.round(timeoutMs)} ms`});
	}

	/** Calls that are under way fail. */
	close(): void {
		this.#link?.destroy();
	}
}

async function within<T>(promise: Promise<T>, timeoutMs: Milliseconds): Promise<T | 'timeout'> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<'timeout'>(resolve => {
		timer = setTimeout(() => resolve('timeout'), timeoutMs);
	});
	try {
		return await Promise.race([promise, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
