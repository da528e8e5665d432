/** The requests that a server owes an answer: each gets exactly one, or is cancelled by its client. */
import {assert} from '../../base/errors.js';
import {NumberMap} from '../../base/number-map.js';
import type {MachineTypes} from '../machine.js';
import type {Command, ReadOrBarrier, ServiceReply} from '../types.js';

interface OpenRequest {
	/** Whom to answer: the host's number for this request. */
	readonly replyTo: number;
	/** What it counts for. */
	readonly byteLength: number;
}

export interface OpenWrite<T extends MachineTypes> extends OpenRequest {
	/** What goes into the log. */
	readonly bytes: Uint8Array;
	/** The same, decoded: a leader need not do that again when it applies it. */
	readonly command: Command<T>;
	/** What it does depends on the time, which has to be told in front of it. */
	readonly isTimed: boolean;
}

export interface OpenRead<T extends MachineTypes> extends OpenRequest {
	readonly reads: readonly ReadOrBarrier<T>[];
}

/** How much may wait in a server for its answer. */
export interface OpenLimits {
	/** Requests that wait for their answer at once. @default 16384 */
	readonly pendingRequestsMax: number;
	/** Bytes of these. @default 67108864 (64 MiB) */
	readonly pendingBytesMax: number;
}

export class OpenRequests {
	readonly #reply: (replyTo: number, reply: ServiceReply) => void;
	readonly #limits: OpenLimits;
	readonly #waiting = new NumberMap<OpenRequest>();
	#bytes = 0;

	constructor(reply: (replyTo: number, reply: ServiceReply) => void, limits: OpenLimits) {
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

	add(request: OpenRequest): void {
		assert(this.#waiting.get(request.replyTo) === undefined, 'a reply channel serves one request at a time');
		this.#waiting.set(request.replyTo, request);
		this.#bytes += request.byteLength;
	}

	/** Still neither answered nor cancelled? */
	has(request: OpenRequest): boolean {
		return this.#waiting.get(request.replyTo) === request;
	}

	/** Answers, unless that is done already or nobody waits any more. */
	settle(request: OpenRequest, reply: ServiceReply): void {
		if (!this.has(request)) return;
		this.#remove(request);
		this.#reply(request.replyTo, reply);
	}

	settleAll(requests: readonly OpenRequest[], reply: ServiceReply): void {
		for (const request of requests) this.settle(request, reply);
	}

	cancel(replyTo: number): void {
		const request = this.#waiting.get(replyTo);
		if (request !== undefined) this.#remove(request);
	}

	#remove(request: OpenRequest): void {
		this.#waiting.delete(request.replyTo);
		this.#bytes -= request.byteLength;
	}
}
