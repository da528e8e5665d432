/** A node's write-ahead log with a witness at it: what is handed over, and what is acknowledged. */
import type {PersistentState, SnapshotMeta, WriteBatch} from '../raft/types.js';
import type {Done, RaftStorage, SnapshotReader, SnapshotWriter} from '../storage/storage.js';

export interface StorageWitness {
	handedOver(batch: WriteBatch): void;
	/** The oldest batch that was handed over and not yet acknowledged. */
	acknowledged(): void;
	/** A batch that was acknowledged before is acknowledged again. */
	acknowledgedTwice(): void;
}

export class WatchedStorage implements RaftStorage {
	readonly #storage: RaftStorage;
	readonly #witness: StorageWitness;

	constructor(storage: RaftStorage, witness: StorageWitness) {
		this.#storage = storage;
		this.#witness = witness;
	}

	load(): PersistentState {
		return this.#storage.load();
	}

	write(batch: WriteBatch, done: Done): void {
		this.#witness.handedOver(batch);
		let isSettled = false;
		this.#storage.write(batch, error => {
			if (isSettled) this.#witness.acknowledgedTwice();
			else if (error === undefined) this.#witness.acknowledged();
			isSettled = true;
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
