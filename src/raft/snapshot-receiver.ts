/** The receiving end of InstallSnapshot (§7): chunks in order, each stored before the next is asked for. */
import {answerChunk} from './answers.js';
import type {Effect} from './effects.js';
import type {InstallSnapshot, InstallSnapshotReply, LogIndex, NodeId, SnapshotMeta, Term} from './types.js';

/** A snapshot on its way from the leader. */
interface IncomingSnapshot {
	readonly from: NodeId;
	readonly term: Term;
	readonly snapshot: SnapshotMeta;
	/** Bytes that are stored. */
	readonly offset: number;
	/** A chunk that storage has not answered for yet. */
	readonly storing: {readonly message: InstallSnapshot} | undefined;
}

const withOffset = (
	{from, term, snapshot}: IncomingSnapshot,
	offset: number,
	storing: IncomingSnapshot['storing'],
): IncomingSnapshot => ({from, term, snapshot, offset, storing});

export class SnapshotReceiver {
	readonly #emit: (effect: Effect) => void;
	#incoming: IncomingSnapshot | undefined;

	constructor(emit: (effect: Effect) => void) {
		this.#emit = emit;
	}

	/** Takes a chunk of the current leader; gives the answer, unless it has to wait for storage. */
	take(from: NodeId, message: InstallSnapshot): InstallSnapshotReply | undefined {
		if (!this.#isOfTransfer(from, message)) this.#begin(from, message);
		const incoming = this.#incoming;
		if (incoming === undefined) return answerChunk(message, {offset: 0, installed: false});
		if (incoming.storing !== undefined) return undefined;
		if (message.offset !== incoming.offset) return answerChunk(message, {offset: incoming.offset, installed: false});
		this.#incoming = withOffset(incoming, incoming.offset, {message});
		const {snapshot, offset, data, done} = message;
		this.#emit({type: 'storeSnapshotChunk', snapshot, offset, data, done});
		return undefined;
	}

	/** Storage has the chunk; gives the answer to it. With `installed`, the snapshot is whole and durable. */
	stored(snapshot: SnapshotMeta, offset: number): {from: NodeId; reply: InstallSnapshotReply} | undefined {
		const incoming = this.#incoming;
		const message = incoming?.storing?.message;
		if (incoming === undefined || message === undefined) return undefined;
		if (message.snapshot !== snapshot || message.offset !== offset) return undefined;
		const stored = offset + message.data.length;
		this.#incoming = message.done ? undefined : withOffset(incoming, stored, undefined);
		return {from: incoming.from, reply: answerChunk(message, {offset: stored, installed: message.done})};
	}

	/** The log has come as far as the snapshot by itself. */
	dropUpTo(commitIndex: LogIndex): void {
		if (this.#incoming !== undefined && this.#incoming.snapshot.lastIncludedIndex <= commitIndex) this.drop();
	}

	drop(): void {
		if (this.#incoming === undefined) return;
		this.#incoming = undefined;
		this.#emit({type: 'dropReceivedSnapshot'});
	}

	/** The bytes of a snapshot are its maker's: only the same leader, in the same term, can go on with a transfer. */
	#isOfTransfer(from: NodeId, {term, snapshot}: InstallSnapshot): boolean {
		return (
			this.#incoming?.from === from &&
			this.#incoming.term === term &&
			this.#incoming.snapshot.lastIncludedIndex === snapshot.lastIncludedIndex
		);
	}

	#begin(from: NodeId, {term, snapshot, offset}: InstallSnapshot): void {
		this.drop();
		if (offset === 0) this.#incoming = {from, term, snapshot, offset: 0, storing: undefined};
	}
}
