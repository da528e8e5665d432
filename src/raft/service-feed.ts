/**
 * All that a service is told, in its order: what the core says, and in front of that a snapshot that is loaded into the
 * service, chunk by chunk. Entries that are committed meanwhile wait until the service has the whole snapshot.
 */
import type {DriverStorage, SnapshotReader} from './driver-storage.js';
import type {FailureGuard} from './failure-guard.js';
import {assert} from '../base/errors.js';
import type {LogIndex, ServiceInput, SnapshotMeta} from './types.js';

export interface FeedContext {
	readonly service: (input: ServiceInput) => void;
	readonly storage: Pick<DriverStorage, 'openSnapshot'>;
	readonly guard: Pick<FailureGuard, 'run'>;
	/** Bytes of one chunk of a snapshot that is loaded. */
	readonly snapshotChunkBytes: number;
}

/** The service loads a snapshot. */
interface Installation {
	readonly snapshot: SnapshotMeta;
	/** Undefined until the batch that makes the snapshot current is durable. */
	reader: SnapshotReader | undefined;
	offset: number;
	/** The last chunk was handed over. */
	isComplete: boolean;
	readonly heldApplies: ServiceInput[];
}

export class ServiceFeed {
	readonly #context: FeedContext;
	#lastApplied: LogIndex = 0;
	#handedIndex: LogIndex = 0;
	#installation: Installation | undefined;

	constructor(context: FeedContext) {
		this.#context = context;
	}

	/** The highest index that the service's state includes (figure 2). */
	get lastApplied(): LogIndex {
		return this.#lastApplied;
	}

	/** The highest index that was handed to the service, which may not have applied it yet. */
	get handedIndex(): LogIndex {
		return this.#handedIndex;
	}

	get isInstalling(): boolean {
		return this.#installation !== undefined;
	}

	/** The service says how far it has applied. */
	applied(index: LogIndex): void {
		this.#lastApplied = Math.max(this.#lastApplied, index);
	}

	tell(input: ServiceInput): void {
		if (input.type === 'apply' && this.#installation !== undefined) {
			this.#installation.heldApplies.push(input);
			return;
		}
		if (input.type === 'apply') this.#handedIndex = input.entries.at(-1)?.index ?? this.#handedIndex;
		this.#context.service(input);
	}

	/** Begins to load a snapshot; without a reader, its bytes come once the snapshot is the current one. */
	install(snapshot: SnapshotMeta, reader: SnapshotReader | undefined): void {
		this.#installation?.reader?.close();
		// Entries that waited for an older snapshot are part of this one.
		this.#installation = {snapshot, reader, offset: 0, isComplete: false, heldApplies: []};
		this.#context.service({type: 'installSnapshot', snapshot});
		if (reader !== undefined) this.loadNext(snapshot.lastIncludedIndex);
	}

	/** The batch that names this snapshot is durable. */
	snapshotIsCurrent(snapshot: SnapshotMeta): void {
		if (this.#installation?.snapshot !== snapshot) return;
		const reader = this.#context.storage.openSnapshot();
		assert(
			reader?.snapshot.lastIncludedIndex === snapshot.lastIncludedIndex,
			'storage has the snapshot that it made current',
		);
		this.#installation.reader = reader;
		this.loadNext(snapshot.lastIncludedIndex);
	}

	/** Hands the next chunk to the service, or what waited for the last one. */
	loadNext(index: LogIndex): void {
		const installation = this.#installation;
		if (installation?.reader === undefined || installation.snapshot.lastIncludedIndex !== index) return;
		const {reader, offset, heldApplies} = installation;
		if (installation.isComplete) {
			reader.close();
			this.#installation = undefined;
			this.#lastApplied = Math.max(this.#lastApplied, index);
			this.#handedIndex = index;
			for (const input of heldApplies) this.tell(input);
			return;
		}
		const {guard, snapshotChunkBytes, service} = this.#context;
		const data = guard.run(() => reader.read(offset, snapshotChunkBytes));
		if (data === undefined) return;
		installation.offset += data.length;
		installation.isComplete = installation.offset >= reader.size;
		service({type: 'installChunk', index, data, done: installation.isComplete});
	}

	/** Lets go of the snapshot that is being loaded. */
	stop(): void {
		this.#installation?.reader?.close();
	}
}
