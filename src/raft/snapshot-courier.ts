/**
 * Carries snapshots into storage, which writes one at a time: those that the node's own service takes, and those that a
 * leader sends. The leader's comes first, for it is the newer one.
 *
 *     service ── snapshotChunk ──────▶ ┌─────────────────┐ ── write, finish ──▶ storage
 *     leader ─── storeSnapshotChunk ─▶ │ SnapshotCourier │
 *     core ◀── snapshotTaken, …Stored ─└─────────────────┘
 */
import type {DriverStorage, SnapshotWriter} from './driver-storage.js';
import type {Effect, Input} from './effects.js';
import type {FailureGuard} from './failure-guard.js';
import {assert} from '../base/errors.js';
import type {ServiceFeed} from './service-feed.js';
import type {LogIndex, SnapshotMeta} from './types.js';

export interface CourierContext {
	/** What the core says of its log. */
	readonly log: {
		readonly logBytes: number;
		readonly snapshotIndex: LogIndex;
		/** A newer snapshot would make a follower begin anew. */
		readonly isSendingSnapshot: boolean;
		snapshotMeta(index: LogIndex): SnapshotMeta | undefined;
	};
	readonly storage: Pick<DriverStorage, 'createSnapshot'>;
	readonly feed: Pick<ServiceFeed, 'lastApplied' | 'handedIndex' | 'isInstalling' | 'tell'>;
	readonly guard: FailureGuard;
	/** Has the core hear of what storage has done. */
	readonly resume: (input: Input) => void;
	/** Bytes of log that make the service take a snapshot. */
	readonly maxRaftState: number;
}

type StoreChunk = Extract<Effect, {type: 'storeSnapshotChunk'}>;

/** A deferred snapshot may let the log grow this many times beyond `maxRaftState`, no further. */
const deferredGrowthMax = 4;

export class SnapshotCourier {
	readonly #context: CourierContext;
	/** The service's own snapshot: asked for, then streamed. */
	#taking: {writer: SnapshotWriter | undefined} | undefined;
	/** Somebody waits for a snapshot that includes this index, however short the log is. */
	#wantedIndex: LogIndex = 0;
	/** A service on another thread may still send chunks, up to this index, of a snapshot that was abandoned. */
	#abandonedIndex: LogIndex = 0;
	/** A snapshot that a leader sends. */
	#receiving: SnapshotWriter | undefined;
	/**
	 * The snapshot whose last chunk is written: storage makes it durable, then the step that hears of it names it in a
	 * batch. Storage keeps one such snapshot, so no other is begun meanwhile.
	 */
	#finishing: 'inStorage' | 'inNextStep' | undefined;
	/** A leader's first chunk, until another snapshot is finished. */
	#waitingChunk: StoreChunk | undefined;

	constructor(context: CourierContext) {
		this.#context = context;
	}

	// ---------------------------------------------------------------------- a snapshot of the service's own

	/** Somebody waits for a snapshot that includes this committed index. */
	want(index: LogIndex): void {
		this.#wantedIndex = Math.max(this.#wantedIndex, index);
		this.takeIfDue();
	}

	/** Has the service take a snapshot when the log has grown enough, or when somebody waits for one. */
	takeIfDue(): void {
		const {log, feed, maxRaftState} = this.#context;
		const {lastApplied} = feed;
		const isWanted = this.#wantedIndex > log.snapshotIndex && lastApplied >= this.#wantedIndex;
		if (!isWanted && log.logBytes < maxRaftState) return;
		if (this.#taking !== undefined || feed.isInstalling || this.#receiving !== undefined) return;
		if (this.#finishing !== undefined || lastApplied <= this.#abandonedIndex) return;
		if (log.snapshotMeta(lastApplied) === undefined) return;
		if (log.isSendingSnapshot && log.logBytes < maxRaftState * deferredGrowthMax) return;
		this.#taking = {writer: undefined};
		feed.tell({type: 'takeSnapshot'});
	}

	/** A chunk of the snapshot that the service takes. */
	takeChunk(index: LogIndex, data: Uint8Array, isLast: boolean): void {
		const taking = this.#taking;
		if (taking === undefined || index <= this.#abandonedIndex) return;
		const writer = taking.writer ?? this.#beginTaking(index);
		if (writer === undefined) return this.abandonTaking();
		taking.writer = writer;
		writer.write(
			data,
			this.#context.guard.whenDone(() => {
				if (this.#taking !== taking) return;
				if (!isLast) return this.#context.feed.tell({type: 'snapshotChunkStored', index});
				this.#taking = undefined;
				this.#finish(writer, {type: 'snapshotTaken', index});
			}),
		);
	}

	/** What the service takes is no longer wanted. */
	abandonTaking(): void {
		if (this.#taking === undefined) return;
		this.#taking.writer?.abort();
		this.#taking = undefined;
		this.#abandonedIndex = this.#context.feed.handedIndex;
		this.#context.feed.tell({type: 'abandonSnapshot'});
	}

	#beginTaking(index: LogIndex): SnapshotWriter | undefined {
		const snapshot = this.#context.log.snapshotMeta(index);
		return snapshot === undefined ? undefined : this.#context.storage.createSnapshot(snapshot);
	}

	// ------------------------------------------------------------------------------- a leader's snapshot

	storeChunk(chunk: StoreChunk): void {
		const {snapshot, offset, data, done: isLast} = chunk;
		if (offset === 0) {
			// Storage writes one snapshot at a time, and the leader's is the newer one.
			this.abandonTaking();
			this.dropReceived();
			if (this.#finishing !== undefined) {
				this.#waitingChunk = chunk;
				return;
			}
			this.#receiving = this.#context.storage.createSnapshot(snapshot);
		}
		const writer = this.#receiving;
		assert(writer !== undefined, 'a transfer begins at offset 0');
		const stored: Input = {type: 'snapshotChunkStored', snapshot, offset};
		writer.write(
			data,
			this.#context.guard.whenDone(() => {
				if (this.#receiving !== writer) return;
				if (!isLast) return this.#context.resume(stored);
				this.#receiving = undefined;
				this.#finish(writer, stored);
			}),
		);
	}

	dropReceived(): void {
		this.#waitingChunk = undefined;
		this.#receiving?.abort();
		this.#receiving = undefined;
	}

	// --------------------------------------------------------------------------------------------- of both

	/** The core hears in its next step that the finished snapshot is durable. */
	get isFinishedToldNext(): boolean {
		return this.#finishing === 'inNextStep';
	}

	/** The batch that names the finished snapshot, if the core wanted it, was handed over. */
	finishedIsSettled(): void {
		this.#finishing = undefined;
		const chunk = this.#waitingChunk;
		this.#waitingChunk = undefined;
		if (chunk !== undefined && !this.#context.guard.isStopped) this.storeChunk(chunk);
	}

	/** Lets go of what is being written. */
	stop(): void {
		this.#taking?.writer?.abort();
		this.#receiving?.abort();
	}

	/** Whatever becomes of the snapshot meanwhile: the core decides whether it is still of use. */
	#finish(writer: SnapshotWriter, input: Input): void {
		this.#finishing = 'inStorage';
		writer.finish(
			this.#context.guard.whenDone(() => {
				this.#finishing = 'inNextStep';
				this.#context.resume(input);
			}),
		);
	}
}
