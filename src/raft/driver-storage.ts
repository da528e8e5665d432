/** What the driver needs of a storage. `RaftStorage`, in src/storage, is the contract in full. */
import type {SnapshotMeta, WriteBatch} from './types.js';

/** Called exactly once; with an error the storage has failed for good. */
export type Done = (error?: Error) => void;

export interface SnapshotWriter {
	write(data: Uint8Array, done: Done): void;
	finish(done: Done): void;
	abort(): void;
}

export interface SnapshotReader {
	readonly snapshot: SnapshotMeta;
	/** Bytes. */
	readonly size: number;
	read(offset: number, length: number): Uint8Array;
	close(): void;
}

export interface DriverStorage {
	write(batch: WriteBatch, done: Done): void;
	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter;
	openSnapshot(): SnapshotReader | undefined;
}
