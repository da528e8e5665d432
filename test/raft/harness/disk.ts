import {strict as check} from 'node:assert';
import type {DriverStorage} from '../../../src/raft/driver-storage.js';
import type {SnapshotMeta, WriteBatch} from '../../../src/raft/types.js';
import type {LogImage, StoredSnapshot} from './log-image.js';
import type {Random} from './random.js';

type Done = (error?: Error) => void;

export interface DiskHost {
	/** Runs the action at that time, unless the node has crashed by then. */
	readonly at: (time: number, action: () => void) => void;
	/** How long the next operation takes; `undefined`: it is done before its call returns. */
	readonly delayMs: () => number | undefined;
	readonly now: () => number;
	readonly written: (batch: WriteBatch) => void;
}

interface PendingBatch {
	readonly batch: WriteBatch;
	readonly snapshotBytes: Uint8Array;
	readonly done: Done;
}

type Draft = {readonly meta: SnapshotMeta; readonly chunks: Uint8Array[]; state: 'open' | 'finishing' | 'finished'};

const noBytes = new Uint8Array(0);

/** One life of a node's disk: batches become durable later, in order; strict about the storage contract. */
export class TestStorage implements DriverStorage {
	readonly durable: LogImage;
	readonly #host: DiskHost;
	readonly #pending: PendingBatch[] = [];
	#lastDoneAt = 0;
	#draft: Draft | undefined;
	/** Handed over to a batch that is not durable yet, or to be named by one. */
	#finished: StoredSnapshot | undefined;

	constructor(durable: LogImage, host: DiskHost) {
		this.durable = durable;
		this.#host = host;
	}

	write(batch: WriteBatch, done: Done): void {
		let snapshotBytes: Uint8Array = noBytes;
		if (batch.snapshot !== undefined) {
			check.ok(this.#finished !== undefined, 'a batch names a snapshot that was finished before');
			check.deepEqual(this.#finished.meta, batch.snapshot, 'a batch names the snapshot that was finished last');
			snapshotBytes = this.#finished.bytes;
			this.#finished = undefined;
			this.#draft = undefined;
		}
		this.#pending.push({batch, snapshotBytes, done});
		this.#host.written(batch);
		const delayMs = this.#host.delayMs();
		if (delayMs === undefined && this.#pending.length === 1) return this.#completeFirst()?.();
		this.#lastDoneAt = Math.max(this.#lastDoneAt, this.#host.now() + (delayMs ?? 0));
		this.#host.at(this.#lastDoneAt, () => this.#completeFirst()?.());
	}

	createSnapshot(meta: SnapshotMeta): ReturnType<DriverStorage['createSnapshot']> {
		check.ok(this.#draft === undefined || this.#draft.state === 'finished', 'one snapshot is written at a time');
		this.#finished = undefined;
		const draft: Draft = {meta, chunks: [], state: 'open'};
		this.#draft = draft;
		const mine = (): void => check.ok(this.#draft === draft && draft.state === 'open', 'the snapshot is being written');
		return {
			write: (data, done) => {
				mine();
				draft.chunks.push(data.slice());
				this.#soon(() => this.#draft === draft && done());
			},
			finish: done => {
				mine();
				draft.state = 'finishing';
				this.#soon(() => {
					draft.state = 'finished';
					this.#finished = {meta, bytes: new Uint8Array(Buffer.concat(draft.chunks))};
					done();
				});
			},
			abort: () => {
				mine();
				this.#draft = undefined;
			},
		};
	}

	openSnapshot(): ReturnType<DriverStorage['openSnapshot']> {
		const {snapshot} = this.durable;
		if (snapshot === undefined) return undefined;
		const {meta, bytes} = snapshot;
		let isOpen = true;
		return {
			snapshot: meta,
			size: bytes.length,
			read: (offset, length) => {
				check.ok(isOpen, 'a snapshot is read while it is open');
				check.ok(offset >= 0 && offset <= bytes.length, 'a snapshot is read inside of its bytes');
				return bytes.subarray(offset, offset + length);
			},
			close: () => {
				check.ok(isOpen, 'a snapshot is closed once');
				isOpen = false;
			},
		};
	}

	/** A power cut: of what was not reported durable, any number of the oldest batches may still be there. */
	crash(random: Random): void {
		const survivors = random.integer(0, this.#pending.length);
		for (let kept = 0; kept < survivors; kept++) this.#completeFirst();
		this.#pending.length = 0;
	}

	#completeFirst(): Done | undefined {
		const first = this.#pending.shift();
		if (first !== undefined) this.durable.apply(first.batch, first.snapshotBytes);
		return first?.done;
	}

	#soon(action: () => void): void {
		const delayMs = this.#host.delayMs();
		if (delayMs === undefined) action();
		else this.#host.at(this.#host.now() + delayMs, action);
	}
}
