import type {Socket} from 'node:net';
import type {KvClient} from '../kv-client.js';
import type {Plan} from './commands/command.js';
import {planRequest} from './plan-request.js';
import {ReplyWriter} from './reply-writer.js';
import {RefusedModes} from './refused-modes.js';
import {RequestParser} from './request-parser.js';
import {beginRun, endOfRun, replyToRun, type Settled} from './run.js';
import type {ClusterInfo, Session} from './session.js';

/** Requests that wait unread beyond this make the socket wait too. */
const unreadBytesMax = 64 * 1024;
/** Replies are handed to the socket when so much has come together, even if more could join them. */
const flushBytes = 64 * 1024;

const noCluster: ClusterInfo = {};

/** What a connection needs of the world behind it. */
export interface Backend {
	readonly client: KvClient;
	readonly info: () => Promise<ClusterInfo>;
}

/**
 * One client: reads requests, carries them out in their order, a run at a time, and writes the replies in that order.
 *
 *     socket -> parser -> queue of plans -> run -> client.execute(...) -> replies -> socket
 *
 * Requests are taken from the parser when the queue is empty, at most `pendingCommandsMax` of them; until then they
 * stay in the parser and, beyond it, in the socket. So whatever a client sends, what it takes up here is bounded.
 */
export class Connection {
	readonly #socket: Socket;
	readonly #backend: Backend;
	readonly #session: Session;
	readonly #parser: RequestParser;
	readonly #modes = new RefusedModes();
	readonly #out = new ReplyWriter();
	#queue: readonly Plan[] = [];
	/** Everything of the queue before it was begun. */
	#next = 0;
	/** Some of the queue was begun and is not settled. */
	#running = false;
	/** No request is read any more: the client has left, or what follows does not count. */
	#inputEnded = false;
	/** The client has sent everything; what it sent is still answered. */
	#peerEnded = false;

	constructor(socket: Socket, backend: Backend, session: Session) {
		this.#socket = socket;
		this.#backend = backend;
		this.#session = session;
		this.#parser = new RequestParser(session.gateway.limits);
	}

	/** Begins to read. */
	start(): void {
		this.#socket.on('data', (chunk: Buffer) => {
			if (this.#inputEnded) return;
			this.#parser.push(chunk);
			this.#proceed();
		});
		this.#socket.on('drain', () => this.#proceed());
		this.#socket.on('end', () => {
			this.#peerEnded = true;
			this.#proceed();
		});
	}

	/** Goes on until it has to wait: for a run, for the client to read its replies, or for more requests. */
	#proceed(): void {
		while (!this.#running && !this.#outputBlocked()) {
			if (this.#next === this.#queue.length) this.#takeRequests();
			if (this.#next === this.#queue.length) break;
			this.#begin();
		}
		if (this.#socket.destroyed) return;
		this.#flush();
		const idle = !this.#running && this.#next === this.#queue.length;
		if (idle && (this.#inputEnded || (this.#peerEnded && !this.#outputBlocked()))) this.#socket.destroySoon();
		else this.#regulateInput();
	}

	#takeRequests(): void {
		const {limits, commands} = this.#session.gateway;
		const queue: Plan[] = [];
		let bytes = 0;
		while (!this.#inputEnded && queue.length < limits.pendingCommandsMax && bytes < limits.pendingBytesMax) {
			const request = this.#parser.next();
			if (request === undefined) break;
			const plan: Plan =
				request.type === 'request'
					? planRequest(commands, request.parts, limits, this.#modes)
					: {type: 'close', reply: out => out.error(`ERR ${request.reason}`)};
			bytes += request.type === 'request' ? request.bytes : 0;
			if (plan.type === 'close') this.#inputEnded = true;
			queue.push(plan);
		}
		this.#queue = queue;
		this.#next = 0;
		this.#session.gateway.commandsProcessed += queue.length;
	}

	#begin(): void {
		const end = endOfRun(this.#queue, this.#next);
		const plans = this.#queue.slice(this.#next, end);
		this.#next = end;
		this.#running = true;
		if (plans[0]?.type === 'report') {
			void this.#report(plans);
			return;
		}
		const waiting = beginRun(this.#backend.client, plans, settled => {
			this.#conclude(plans, settled, noCluster);
			this.#proceed();
		});
		if (!waiting) this.#conclude(plans, [], noCluster);
	}

	async #report(plans: readonly Plan[]): Promise<void> {
		// INFO is what one looks at when something is wrong, so it must not fail with it.
		const cluster = await this.#backend.info().catch((error: unknown) => ({error: String(error)}));
		this.#conclude(plans, [], cluster);
		this.#proceed();
	}

	#conclude(plans: readonly Plan[], settled: readonly Settled[], cluster: ClusterInfo): void {
		this.#running = false;
		if (this.#socket.destroyed) return;
		replyToRun(plans, settled, cluster, this.#out, this.#session);
		if (this.#out.length >= flushBytes) this.#flush();
	}

	#flush(): void {
		if (this.#out.length === 0) return;
		this.#session.activeMs = performance.now();
		this.#out.flush(this.#socket);
	}

	/** Also when the socket is gone: then nothing more is to be begun. */
	#outputBlocked(): boolean {
		return this.#socket.destroyed || this.#socket.writableLength > this.#session.gateway.limits.outputBytesMax;
	}

	#regulateInput(): void {
		const full = this.#outputBlocked() || (this.#running && this.#parser.unreadBytes > unreadBytesMax);
		if (full === this.#socket.isPaused()) return;
		if (full) this.#socket.pause();
		else this.#socket.resume();
	}
}
