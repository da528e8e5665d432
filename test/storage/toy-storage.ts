/**
 * A storage as an outsider would write one: batches in a list that stands for a disk, which takes a turn of the event loop
 * for each write. Every rule of the contract is a method of its own, so that a bug can be planted by replacing one.
 */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {
	type Done,
	type LogEntry,
	type PersistentState,
	type RaftStorage,
	type SnapshotMeta,
	type SnapshotReader,
	type SnapshotWriter,
	StorageFailedError,
	type StoragePlace,
	type WriteBatch,
	term,
} from '../../actors/storage/index.js';

interface Stored {
	readonly meta: SnapshotMeta;
	readonly bytes: Uint8Array;
}

/** What a crash leaves. */
export interface ToyDisk {
	state: PersistentState;
	current: Stored | undefined;
	isFailing: boolean;
}

interface Queued {
	readonly batch: WriteBatch;
	readonly done: Done;
}

export class ToyStorage implements RaftStorage {
	readonly disk: ToyDisk;
	finished: Stored | undefined;
	failure: Error | undefined;
	chunks: Uint8Array[] = [];
	/** The log after all that was handed over. */
	#tail: PersistentState;
	#queue: Queued[] = [];
	#isFlushing = false;
	#isCrashed = false;
	#closed: Done[] | undefined;

	constructor(disk: ToyDisk) {
		this.disk = disk;
		this.#tail = disk.state;
	}

	load(): PersistentState {
		return this.disk.state;
	}

	write(batch: WriteBatch, done: Done): void {
		const refusal = this.refusal();
		if (refusal !== undefined) return done(refusal);
		this.check(this.#tail, batch);
		this.#tail = this.after(this.#tail, batch);
		this.accept({batch, done});
	}

	createSnapshot(meta: SnapshotMeta): SnapshotWriter {
		const refusal = this.refusal();
		if (refusal !== undefined) throw refusal;
		this.begin();
		return {
			write: (data, done) => {
				this.chunks.push(data.slice());
				setImmediate(done);
			},
			finish: done => {
				this.finished = {meta, bytes: Buffer.concat(this.chunks)};
				setImmediate(done);
			},
			abort: () => (this.chunks = []),
		};
	}

	openSnapshot(): SnapshotReader | undefined {
		const refusal = this.refusal();
		if (refusal !== undefined) throw refusal;
		const stored = this.disk.current;
		return stored === undefined ? undefined : this.reader(stored);
	}

	close(done: Done): void {
		this.#closed ??= [];
		this.#closed.push(done);
		if (!this.#isFlushing) this.settle();
	}

	crash(): void {
		this.#isCrashed = true;
	}

	// The rules, one by one.

	refusal(): Error | undefined {
		return (
			this.failure ?? (this.#closed === undefined ? undefined : new StorageFailedError('use after close', undefined))
		);
	}

	check({hardState, entries, snapshot}: PersistentState, batch: WriteBatch): void {
		const next = batch.hardState ?? hardState;
		const isSame = next.currentTerm === hardState.currentTerm;
		if (next.currentTerm < hardState.currentTerm) throw new RangeError('the term goes back');
		if (isSame && hardState.votedFor !== undefined && next.votedFor !== hardState.votedFor)
			throw new RangeError('two votes');
		if (batch.snapshot !== undefined && this.finished?.meta.lastIncludedIndex !== batch.snapshot.lastIncludedIndex) {
			throw new RangeError('an unknown snapshot');
		}
		const end = Math.max(
			entries.at(-1)?.index ?? 0,
			snapshot?.lastIncludedIndex ?? 0,
			batch.snapshot?.lastIncludedIndex ?? 0,
		);
		const [first] = batch.entries;
		if (first === undefined) return;
		if (first.index !== Math.min(end + 1, batch.truncateFrom ?? Infinity)) throw new RangeError('a gap');
		if (first.term > next.currentTerm) throw new RangeError('a term of the future');
	}

	after(state: PersistentState, batch: WriteBatch): PersistentState {
		const snapshot = batch.snapshot ?? state.snapshot;
		const kept = state.entries.filter(
			({index}) => index > (snapshot?.lastIncludedIndex ?? 0) && index < (batch.truncateFrom ?? Infinity),
		);
		return {hardState: batch.hardState ?? state.hardState, snapshot, entries: this.joined(kept, batch.entries)};
	}

	joined(kept: readonly LogEntry[], added: readonly LogEntry[]): readonly LogEntry[] {
		return [...kept, ...added];
	}

	accept(queued: Queued): void {
		this.#queue.push(queued);
		if (!this.#isFlushing) void this.#flush();
	}

	/** What is handed over at once becomes durable at once. */
	persist(batches: readonly WriteBatch[]): void {
		if (this.disk.isFailing) {
			this.disk.isFailing = false;
			throw new Error('the disk is broken');
		}
		for (const batch of batches) {
			this.disk.state = this.after(this.disk.state, batch);
			if (batch.snapshot !== undefined) this.disk.current = this.finished;
		}
	}

	tell(flushed: readonly Queued[]): void {
		for (const {done} of flushed) done(this.failure);
	}

	fail(cause: unknown): void {
		this.failure = new StorageFailedError('a write', undefined, {cause});
	}

	begin(): void {
		this.chunks = [];
	}

	reader(stored: Stored): SnapshotReader {
		return {
			snapshot: stored.meta,
			size: stored.bytes.length,
			read: (offset, length) => stored.bytes.slice(offset, offset + length),
			close: () => undefined,
		};
	}

	settle(): void {
		for (const done of this.#closed?.splice(0) ?? []) done(this.failure);
	}

	async #flush(): Promise<void> {
		this.#isFlushing = true;
		while (this.#queue.length > 0) {
			const flushed = this.#queue.splice(0);
			await nextTurn();
			if (this.#isCrashed) return;
			try {
				if (this.failure === undefined) this.persist(flushed.map(({batch}) => batch));
			} catch (error) {
				this.fail(error);
			}
			this.tell(flushed);
		}
		this.#isFlushing = false;
		this.settle();
	}
}

/** Where toys of one kind are opened. */
export function toyPlace(Kind: new (disk: ToyDisk) => ToyStorage): StoragePlace {
	const state = {hardState: {currentTerm: term(0), votedFor: undefined}, snapshot: undefined, entries: []};
	const disk: ToyDisk = {state, current: undefined, isFailing: false};
	let storage: ToyStorage | undefined;
	return {
		open: () => (storage = new Kind(disk)),
		crash: () => storage?.crash(),
		failNextWrite: () => (disk.isFailing = true),
	};
}
