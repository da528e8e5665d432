/** Fills a leader's chunks from the current snapshot, and keeps that open meanwhile. */
import type {DriverStorage, SnapshotReader} from './driver-storage.js';
import type {InstallSnapshot, NodeId, RaftMessage} from './types.js';

export interface SenderContext {
	readonly storage: Pick<DriverStorage, 'openSnapshot'>;
	readonly send: (to: NodeId, message: RaftMessage) => void;
}

export class SnapshotSender {
	readonly #context: SenderContext;
	#reader: SnapshotReader | undefined;

	constructor(context: SenderContext) {
		this.#context = context;
	}

	/** Bytes of the current snapshot; 0 where there is none. */
	get snapshotBytes(): number {
		return this.#current()?.size ?? 0;
	}

	send(to: NodeId, message: Omit<InstallSnapshot, 'data' | 'done'>, bytesMax: number): void {
		const reader = this.#current();
		// The one that the core speaks of may still be on its way to the disk: the next heartbeat asks again.
		if (reader?.snapshot.lastIncludedIndex !== message.snapshot.lastIncludedIndex) return;
		// The offset is a follower's word.
		if (message.offset > reader.size) return;
		const data = reader.read(message.offset, bytesMax);
		const done = message.offset + data.length >= reader.size;
		const {type, term, snapshot, offset, readToken} = message;
		this.#context.send(to, {type, term, snapshot, offset, readToken, data, done});
	}

	/** Lets go of the open snapshot: another one is current now, or the node stops. */
	close(): void {
		this.#reader?.close();
		this.#reader = undefined;
	}

	#current(): SnapshotReader | undefined {
		return (this.#reader ??= this.#context.storage.openSnapshot());
	}
}
