/** What the driver needs of a storage. `RaftStorage`, in src/storage, is the contract in full. */
import type {SnapshotMeta, WriteBatch} from './types.js';

/** Called exactly once; with an error the storage has failed for good. */
export type Done = (error?: Error) => void;

/** Takes a snapshot from its first byte to its last. Nothing of it counts before it is finished. */
export interface SnapshotWriter {
	/** Adds to the end. `done`: taken, the next chunk may come (one at a time). Nothing is durable yet. */
	write(data: Uint8Array, done: Done): void;
	/** `done`: the bytes are durable; a `WriteBatch` may now name the snapshot. */
	finish(done: Done): void;
	/** Forgets what was written. Allowed at any time before `finish` is called. */
	abort(): void;
}

/** A snapshot that stays as it is while this is open. Offsets and lengths in bytes. */
export interface SnapshotReader {
	readonly snapshot: SnapshotMeta;
	/** Bytes. */
	readonly size: number;
	/** The bytes `[offset, offset + length)`, fewer at the end. Throws the storage's error when they are damaged. */
	read(offset: number, length: number): Uint8Array;
	/** Frees what the snapshot holds. */
	close(): void;
}

/** What the driver writes to and reads from. Calls never overlap. */
export interface DriverStorage {
	/** Writes the batch, and tells when it is on the disk. Batches are written in the order of the calls. */
	write(batch: WriteBatch, done: Done): void;
	/** Begins a snapshot beside the current one; it counts only after `finish` and a batch that names it. One at a time. */
	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter;
	/** The current snapshot's bytes; `undefined` where there is none. Stays readable until closed, whatever is written. */
	openSnapshot(): SnapshotReader | undefined;
}
