/** A storage that tells up to which entry it is durable, as its writer learns it. */
import type {Done, SnapshotReader, SnapshotWriter} from '../../src/raft/driver-storage.js';
import type {LogIndex, PersistentState, SnapshotMeta, WriteBatch} from '../../src/raft/types.js';
import type {RaftStorage} from '../../src/storage/storage.js';

export class ObservedStorage implements RaftStorage {
	readonly #storage: RaftStorage;
	readonly #durable: (index: LogIndex) => void;

	constructor(storage: RaftStorage, durable: (index: LogIndex) => void) {
		this.#storage = storage;
		this.#durable = durable;
	}

	load(): PersistentState {
		return this.#storage.load();
	}

	write(batch: WriteBatch, done: Done): void {
		const last = batch.entries.at(-1)?.index;
		if (last === undefined) return this.#storage.write(batch, done);
		this.#storage.write(batch, error => {
			if (error === undefined) this.#durable(last);
			done(error);
		});
	}

	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter {
		return this.#storage.createSnapshot(snapshot);
	}

	openSnapshot(): SnapshotReader | undefined {
		return this.#storage.openSnapshot();
	}

	close(done: Done): void {
		this.#storage.close(done);
	}
}
