/** The requests that a server owes an answer: each gets exactly one, or is cancelled by its client. */
import {assert} from '../base/errors.js';
import {NumberMap} from '../base/number-map.js';
import type {Command, KvReply, ReadOperation} from './types.js';

interface Pending {
	/** Whom to answer: the host's number for this request. */
	readonly replyTo: number;
	/** What it counts for. */
	readonly byteLength: number;
}

export interface PendingWrite extends Pending {
	/** What goes into the log. */
	readonly bytes: Uint8Array;
	/** The same, decoded: a leader need not do that again when it applies it. */
	readonly command: Command;
}

export interface PendingRead extends Pending {
	readonly operations: readonly ReadOperation[];
}

export interface PendingLimits {
	/** Requests that wait for their answer at once. @default 16384 */
	readonly pendingRequestsMax: number;
	/** Bytes of these. @default 67108864 (64 MiB) */
	readonly pendingBytesMax: number;
}

export class PendingRequests {
	readonly #reply: (replyTo: number, reply: KvReply) => void;
	readonly #limits: PendingLimits;
	readonly #waiting = new NumberMap<Pending>();
	#bytes = 0;

	constructor(reply: (replyTo: number, reply: KvReply) => void, limits: PendingLimits) {
		this.#reply = reply;
		this.#limits = limits;
	}

	get size(): number {
		return this.#waiting.size;
	}

	/** Bytes of these. */
	get byteLength(): number {
		return this.#bytes;
	}

	hasRoomFor(byteLength: number): boolean {
		return (
			this.#waiting.size < this.#limits.pendingRequestsMax && this.#bytes + byteLength <= this.#limits.pendingBytesMax
		);
	}

	add(request: Pending): void {
		assert(this.#waiting.get(request.replyTo) === undefined, 'a reply channel serves one request at a time');
		this.#waiting.set(request.replyTo, request);
		this.#bytes += request.byteLength;
	}

	/** Still neither answered nor cancelled? */
	has(request: Pending): boolean {
		return this.#waiting.get(request.replyTo) === request;
	}

	/** Answers, unless that is done already or nobody waits any more. */
	settle(request: Pending, reply: KvReply): void {
		if (!this.has(request)) return;
		this.#remove(request);
		this.#reply(request.replyTo, reply);
	}

	cancel(replyTo: number): void {
		const request = this.#waiting.get(replyTo);
		if (request !== undefined) this.#remove(request);
	}

	#remove(request: Pending): void {
		this.#waiting.delete(request.replyTo);
		this.#bytes -= request.byteLength;
	}
}
