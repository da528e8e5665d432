/** Storage that ends with its process: for tests. Completes before `write` returns. */
import {assert} from '../base/errors.js';
import type {LogEntry, PersistentState, SnapshotMeta, WriteBatch} from '../raft/types.js';
import {StorageFailedError} from './errors.js';
import {emptyTail, isSameSnapshot, tailAfter} from './log-tail.js';
import type {Done, RaftStorage, SnapshotReader, SnapshotWriter} from './storage.js';

interface StoredSnapshot {
	readonly snapshot: SnapshotMeta;
	readonly bytes: Uint8Array;
}

/** A storage that ends with its process. Every call is answered before it returns. */
export class MemoryStorage implements RaftStorage {
	#tail = emptyTail;
	#entries: LogEntry[] = [];
	#current: StoredSnapshot | undefined;
	/** Finished and not yet named by a batch. */
	#finished: StoredSnapshot | undefined;
	#writing: symbol | undefined;
	#closed = false;

	/** What a node finds after a crash: the same durable state in a new storage. This one is closed. */
	restart(): MemoryStorage {
		const next = new MemoryStorage();
		next.#tail = this.#tail;
		next.#entries = [...this.#entries];
		next.#current = this.#current;
		this.#closed = true;
		return next;
	}

	load(): PersistentState {
		return {hardState: this.#tail.hardState, snapshot: this.#tail.snapshot, entries: [...this.#entries]};
	}

	write(batch: WriteBatch, done: Done): void {
		if (this.#closed) {
			done(closedError());
			return;
		}
		const tail = tailAfter(this.#tail, batch);
		if (batch.snapshot !== undefined) this.#adopt(batch.snapshot);
		if (batch.truncateFrom !== undefined) this.#keep(batch.truncateFrom - 1);
		this.#entries.push(...batch.entries);
		this.#tail = tail;
		done();
	}

	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter {
		if (this.#closed) throw closedError();
		assert(this.#writing === undefined, 'one snapshot is written at a time');
		const chunks: Uint8Array[] = [];
		const writing = Symbol('snapshot');
		this.#writing = writing;
		const isGone = (done: Done): boolean => {
			if (this.#writing === writing && !this.#closed) return false;
			done(closedError());
			return true;
		};
		return {
			write: (data, done) => {
				if (isGone(done)) return;
				chunks.push(data.slice());
				done();
			},
			finish: done => {
				if (isGone(done)) return;
				this.#finished = {snapshot, bytes: concatenate(chunks)};
				this.#writing = undefined;
				done();
			},
			abort: () => {
				if (this.#writing === writing) this.#writing = undefined;
			},
		};
	}

	openSnapshot(): SnapshotReader | undefined {
		if (this.#closed) throw closedError();
		const stored = this.#current;
		if (stored === undefined) return undefined;
		const {snapshot, bytes} = stored;
		return {
			snapshot,
			size: bytes.length,
			read: (offset, length) => bytes.slice(offset, offset + length),
			close: () => {},
		};
	}

	close(done: Done): void {
		this.#closed = true;
		done();
	}

	#adopt(snapshot: SnapshotMeta): void {
		const finished = this.#finished;
		assert(
			finished !== undefined && isSameSnapshot(finished.snapshot, snapshot),
			'a batch names a snapshot that was finished before',
		);
		this.#current = finished;
		this.#finished = undefined;
		const firstIndex = this.#entries[0]?.index ?? 0;
		this.#entries.splice(0, Math.max(0, snapshot.lastIncludedIndex + 1 - firstIndex));
	}

	#keep(lastIndex: number): void {
		const first = this.#entries[0];
		if (first !== undefined) this.#entries.length = Math.min(this.#entries.length, lastIndex + 1 - first.index);
	}
}

const closedError = (): StorageFailedError => new StorageFailedError('use after close', undefined);

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const chunk of chunks) length += chunk.length;
	const bytes = new Uint8Array(length);
	let offset = 0;
	for (const chunk of chunks) {
		bytes.set(chunk, offset);
		offset += chunk.length;
	}
	return bytes;
}
