/** The storage of a node by itself: `threadraft/storage`. */
import {performance} from 'node:perf_hooks';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Milliseconds} from '../../src/raft/types.js';
import {checkStorageWith, type StorageVerdict} from '../../src/storage/conformance/check-storage.js';
import type {StoragePlace} from '../../src/storage/conformance/trial.js';

export type {Done, RaftStorage, SnapshotReader, SnapshotWriter, CorruptionSite} from '../../src/storage/storage.js';
export type {DriverStorage} from '../../src/raft/driver-storage.js';
export {
	nodeId,
	term,
	type Configuration,
	type EntryType,
	type HardState,
	type LogEntry,
	type LogIndex,
	type Milliseconds,
	type NodeId,
	type PersistentState,
	type SnapshotMeta,
	type Term,
	type WriteBatch,
} from '../../src/raft/types.js';
export {WriteAheadLog, type WriteAheadLogOptions} from '../../src/storage/write-ahead-log.js';
export {MemoryStorage} from '../../src/storage/memory-storage.js';
export type {Disk, DiskFile} from '../../src/storage/disk.js';
export {NodeDisk, type NodeDiskOptions} from '../../src/storage/node-disk.js';
export type {Identity} from '../../src/storage/identity.js';
export type {ExpectedStart} from '../../src/storage/start-check.js';
export type {CutTail} from '../../src/storage/recovery.js';
export {
	DataDirectoryError,
	StorageCorruptError,
	StorageFailedError,
	type DataDirectoryCode,
} from '../../src/storage/errors.js';
export {InvariantError, ThreadraftError} from '../../src/base/errors.js';
export type {StorageVerdict} from '../../src/storage/conformance/check-storage.js';
export type {StoragePlace} from '../../src/storage/conformance/trial.js';

/** How a storage is tried. */
export interface CheckStorageOptions {
	/** A call that is not answered after so long is never answered, ms. @default 5000 */
	readonly timeoutMs?: Milliseconds;
}

/**
 * Tries whether a storage keeps its contract (see `RaftStorage`): what is written is found again, in order; suffixes are
 * cut; snapshots count when a batch names them; after a failed write nothing is acknowledged; what was acknowledged survives
 * a crash; everything settles. For the tests of whoever writes a storage.
 *
 * @param makePlace a new and empty place for each promise, about thirty of them
 */
export const checkStorage = async (
	makePlace: () => StoragePlace | Promise<StoragePlace>,
	{timeoutMs = 5000}: CheckStorageOptions = {},
): Promise<StorageVerdict> =>
	checkStorageWith(makePlace, {now: () => performance.now(), turn: async () => nextTurn(), timeoutMs});
