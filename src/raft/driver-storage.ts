/** What the driver needs of a storage. `RaftStorage`, in src/storage, is the contract in full. */
import type {SnapshotMeta, WriteBatch} from './types.js';

/** Called exactly once; with an error the storage has failed for good. */
export type Done = (error?: Error) => void;

/** Takes a snapshot from its first byte to its last. Nothing of it counts before it is finished. */
export interface SnapshotWriter {
	/** Adds to the end. */
	write(data: Uint8Array, done: Done): void;
	/** Makes it the newest snapshot, and tells when it is on the disk. */
	finish(done: Done): void;
	/** Gives it up: nothing of it stays. */
	abort(): void;
}

/** A snapshot that stays as it is while this is open. Offsets and lengths in bytes. */
export interface SnapshotReader {
	readonly snapshot: SnapshotMeta;
	/** Bytes. */
	readonly size: number;
	/** Bytes from `offset` on, fewer than `length` only at the end. */
	read(offset: number, length: number): Uint8Array;
	/** Frees what the snapshot holds. */
	close(): void;
}

/** What the driver writes to and reads from. Calls never overlap. */
export interface DriverStorage {
	/** Writes the batch, and tells when it is on the disk. Batches are written in the order of the calls. */
	write(batch: WriteBatch, done: Done): void;
	/** Begins a snapshot that replaces the present one when it is finished. */
	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter;
	/** The newest snapshot; `undefined` where there is none. */
	openSnapshot(): SnapshotReader | undefined;
}
