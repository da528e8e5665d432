/**
 * The reads that a server owes: first with the node, which asks a quorum whether it still leads, then waiting until the state
 * is as new as the index that came of it (ReadIndex, dissertation §6.4).
 *
 *     add ──▶ asked ── ready ──▶ readable ── answer ──▶ replies
 *             prepare ── ready ────────────────────────▶
 *
 * While the quorum is asked, the leader has nothing to do: it prepares the answers from the state as it is. They are right
 * if that state turns out to hold all up to the read's index; if not, the state that does is read.
 */
import {NumberMap} from '../../base/number-map.js';
import type {LogIndex} from '../../raft/types.js';
import type {OpenRead, OpenRequests} from './open-requests.js';
import type {MachineTypes} from '../machine.js';
import type {ServiceReply} from '../types.js';

/** Reads of one turn: the node gives them one index. */
interface Batch<T extends MachineTypes> {
	readonly requests: readonly OpenRead<T>[];
	prepared: Prepared | undefined;
}

/** Answers of the first requests of a batch, from the state at `appliedIndex`; `undefined` where nobody waited any more, or not yet. */
interface Prepared {
	readonly appliedIndex: LogIndex;
	readonly replies: readonly (ServiceReply | undefined)[];
	readonly byteLength: number;
}

export interface ReadBatchesOptions<T extends MachineTypes> {
	readonly open: OpenRequests;
	/** Reads the state as it is. */
	readonly read: (request: OpenRead<T>) => ServiceReply;
	/** Whether the state as it is must not be read yet: it would show what is over by the clock, or has nothing to tell. */
	readonly isEarly: (request: OpenRead<T>) => boolean;
	/** Takes a read that is early: it is no read of the batches any more. */
	readonly holdBack: (request: OpenRead<T>) => void;
	/** Of the state. */
	readonly appliedIndex: () => LogIndex;
	/** Bytes of answers that are kept prepared; the one that exceeds them is the last. */
	readonly preparedBytesMax: number;
}

export class ReadBatches<T extends MachineTypes> {
	readonly #options: ReadBatchesOptions<T>;
	readonly #asked = new NumberMap<Batch<T>>();
	#readable: {readonly index: LogIndex; readonly requests: readonly OpenRead<T>[]}[] = [];
	#preparedBytes = 0;

	constructor(options: ReadBatchesOptions<T>) {
		this.#options = options;
	}

	/** Before the node is asked, which may answer at once. */
	add(readId: number, requests: readonly OpenRead<T>[]): void {
		this.#asked.set(readId, {requests, prepared: undefined});
	}

	/** The quorum is still being asked. */
	isAsked(readId: number): boolean {
		return this.#asked.get(readId) !== undefined;
	}

	/** Answers from the state as it is, for when the quorum has been asked. */
	prepare(readId: number): void {
		const batch = this.#asked.get(readId);
		if (batch === undefined) return;
		const {open, read, isEarly, appliedIndex, preparedBytesMax} = this.#options;
		const replies: (ServiceReply | undefined)[] = [];
		let byteLength = 0;
		for (const request of batch.requests) {
			if (this.#preparedBytes + byteLength >= preparedBytesMax) break;
			const reply = open.has(request) && !isEarly(request) ? read(request) : undefined;
			byteLength += reply?.type === 'outcomes' ? reply.outcomes.length : 0;
			replies.push(reply);
		}
		this.#preparedBytes += byteLength;
		batch.prepared = {appliedIndex: appliedIndex(), replies, byteLength};
	}

	/** The node says from which index on the batch may be answered. */
	ready(readId: number, index: LogIndex): void {
		const batch = this.#take(readId);
		if (batch === undefined) return;
		const {requests, prepared} = batch;
		if (prepared !== undefined && prepared.appliedIndex >= index) return this.#answer(requests, prepared.replies);
		this.#readable.push({index, requests});
		this.answer();
	}

	/** The node could not say; whoever waits is the caller's to settle. */
	refused(readId: number): readonly OpenRead<T>[] {
		return this.#take(readId)?.requests ?? [];
	}

	/** Answers all for which the state is new enough. */
	answer(): void {
		if (this.#readable.length === 0) return;
		const appliedIndex = this.#options.appliedIndex();
		if (!this.#readable.some(({index}) => index <= appliedIndex)) return;
		const ready = this.#readable.filter(({index}) => index <= appliedIndex);
		this.#readable = this.#readable.filter(({index}) => index > appliedIndex);
		for (const {requests} of ready) this.#answer(requests, []);
	}

	/** Those for which the quorum is still being asked; they are no reads of this server any more. */
	takeAsked(): readonly OpenRead<T>[] {
		const requests = [...this.#asked].flatMap(([, batch]) => batch.requests);
		this.#asked.clear();
		this.#preparedBytes = 0;
		return requests;
	}

	/** Those that wait for a newer state; they are no reads of this server any more. */
	takeReadable(): readonly OpenRead<T>[] {
		const readable = this.#readable;
		this.#readable = [];
		return readable.flatMap(({requests}) => requests);
	}

	#take(readId: number): Batch<T> | undefined {
		const batch = this.#asked.get(readId);
		this.#asked.delete(readId);
		this.#preparedBytes -= batch?.prepared?.byteLength ?? 0;
		return batch;
	}

	#answer(requests: readonly OpenRead<T>[], prepared: readonly (ServiceReply | undefined)[]): void {
		const {open, read, isEarly, holdBack} = this.#options;
		for (const [offset, request] of requests.entries()) {
			if (!open.has(request)) continue;
			if (isEarly(request)) holdBack(request);
			else open.settle(request, prepared[offset] ?? read(request));
		}
	}
}
