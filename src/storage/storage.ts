/** The durable-storage contract: what every place that keeps a node's state must hold to. */
import type {LogIndex, PersistentState, SnapshotMeta, WriteBatch} from '../raft/types.js';

/** Called exactly once; with an error the storage has failed for good (see {@link RaftStorage}). */
export type Done = (error?: Error) => void;

/**
 * Where one node keeps what must survive a crash (figure 2, "Persistent state", and §7).
 *
 * - Batches are atomic and ordered. `done` comes only when the batch, and every one before it, is durable; completions
 *   come in the order of the calls; they may come before `write` returns (memory) or much later (a slow disk).
 * - Batches handed over while a flush is under way share the next one (group commit).
 * - After a failed write or sync nothing is ever acknowledged again until a new storage is opened: a kernel that
 *   reported an error once may say "success" the next time with the pages gone. Every later call fails with
 *   a `StorageFailedError`.
 * - Completions are callbacks and not promises, so that a simulated disk can deliver them on virtual time, in an order
 *   of its own, with no microtask in between.
 */
export interface RaftStorage {
	/**
	 * Everything that is durable. Called once, before anything else; synchronous, because a node has nothing to do
	 * until it knows. Throws a `StorageCorruptError` for damage that a crash cannot explain, and a `DataDirectoryError`
	 * where the directory cannot be used.
	 */
	load(): PersistentState;
	write(batch: WriteBatch, done: Done): void;
	/** Begins a snapshot beside the current one; it counts only after `finish` and a batch that names it. One at a time. */
	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter;
	/** The current snapshot's bytes; `undefined` when there is none. Stays readable until closed, whatever is written. */
	openSnapshot(): SnapshotReader | undefined;
	/** Waits for what was written, then lets go of files and of the directory. Idempotent. */
	close(done: Done): void;
}

export interface SnapshotWriter {
	/** `done`: taken, the next chunk may come (one at a time). Nothing is durable yet. */
	write(data: Uint8Array, done: Done): void;
	/** `done`: the bytes are durable; a `WriteBatch` may now name the snapshot. */
	finish(done: Done): void;
	/** Forgets what was written. Allowed at any time before `finish` is called. */
	abort(): void;
}

export interface SnapshotReader {
	readonly snapshot: SnapshotMeta;
	/** Bytes. */
	readonly size: number;
	/** The bytes `[offset, offset + length)`, fewer at the end. Throws a `StorageCorruptError` when they are damaged. */
	read(offset: number, length: number): Uint8Array;
	close(): void;
}

/** The log was damaged in a way that no crash explains; silently going on could lose acknowledged writes. */
export interface CorruptionSite {
	readonly file: string;
	/** Bytes from the start of the file. */
	readonly offset: number;
	/** The last index that is known to be good. */
	readonly lastGoodIndex: LogIndex;
}
