/** The durable-storage contract: what every place that keeps a node's state must hold to. */
import type {Done, DriverStorage} from '../raft/driver-storage.js';
import type {LogIndex, PersistentState} from '../raft/types.js';

export type {Done, SnapshotReader, SnapshotWriter} from '../raft/driver-storage.js';

/**
 * Where one node keeps what must survive a crash (figure 2, "Persistent state", and §7).
 *
 * - Batches are atomic and ordered. `done` comes only when the batch, and every one before it, is durable; completions
 *   come in the order of the calls; they may come before `write` returns (memory) or much later (a slow disk).
 * - A batch that does not fit what is there is a bug of the caller: `write` throws, and nothing changes.
 * - Batches handed over while a flush is under way share the next one (group commit).
 * - After a failed write or sync nothing is ever acknowledged again until a new storage is opened: a kernel that
 *   reported an error once may say "success" the next time with the pages gone. Every later call fails with
 *   a `StorageFailedError`.
 * - Completions are callbacks and not promises, so that a simulated disk can deliver them on virtual time, in an order
 *   of its own, with no microtask in between.
 */
export interface RaftStorage extends DriverStorage {
	/**
	 * Everything that is durable. Called once, before anything else; synchronous, because a node has nothing to do
	 * until it knows. Throws a `StorageCorruptError` for damage that a crash cannot explain, and a `DataDirectoryError`
	 * where the directory cannot be used.
	 */
	load(): PersistentState;
	/** Waits for what was written, then lets go of files and of the directory. Idempotent. */
	close(done: Done): void;
}

/** The log was damaged in a way that no crash explains; silently going on could lose acknowledged writes. */
export interface CorruptionSite {
	readonly file: string;
	/** Bytes from the start of the file. */
	readonly offset: number;
	/** The last index that is known to be good. */
	readonly lastGoodIndex: LogIndex;
}
