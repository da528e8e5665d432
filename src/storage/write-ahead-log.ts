/**
 * The durable log of a node: hard state, entries and the name of the current snapshot, all in one sequence of frames.
 *
 *     data directory
 *       log-0000000007         | header | checkpoint | flush | flush | flush |       full, still holds live entries
 *       log-0000000008         | header | checkpoint | flush | flush | 000000        frames go here
 *       node                   whose all this is, and a place that the log is known to have reached
 *       snapshot-0000000003    the current snapshot: the newest one that a flush names
 *       snapshot-0000000004.tmp   being written; nothing names it
 *
 * One flush is under way at a time; batches that come meanwhile share the next one: one frame, one write, one sync.
 * See segment-format.ts and node-file.ts for the bytes, and recovery.ts for what is done with them at a start.
 */
import {assert} from '../base/errors.js';
import type {PersistentState, SnapshotMeta, WriteBatch} from '../raft/types.js';
import type {Disk} from './disk.js';
import {replaceFile, replaceFileNow} from './durable-file.js';
import {StorageFailedError} from './errors.js';
import {noIdentity, type Identity} from './identity.js';
import {emptyTail, isSameSnapshot, tailAfter, type LogTail} from './log-tail.js';
import type {LogWriter, LogWriterOptions} from './log-writer.js';
import {segmentName, snapshotName, temporaryName} from './names.js';
import {encodeNodeFile, nodeFileName} from './node-file.js';
import {recordBytes, type LogRecord, type StoredSnapshot} from './record-codec.js';
import {recoverLog, type CutTail, type RecoveredLog} from './recovery.js';
import {expendableSegments, noteRecord, type Segment} from './segments.js';
import {SnapshotDraft, type DraftOwner} from './snapshot-draft.js';
import {SnapshotFileReader} from './snapshot-file.js';
import type {ExpectedStart} from './start-check.js';
import type {Done, RaftStorage, SnapshotReader, SnapshotWriter} from './storage.js';

/** Where a log is kept, and what is known of it. Only the disk has to be given. */
export interface WriteAheadLogOptions {
	readonly disk: Disk;
	/**
	 * Whose log it is: files of another node or cluster are refused.
	 * @default nobody's
	 */
	readonly identity?: Identity;
	/**
	 * What the cluster knows of the node's starts: older copies of its files are refused.
	 * @default nothing: any number of starts is believed
	 */
	readonly expectedStart?: ExpectedStart;
	/** Told while the log is loaded, when recovery has cut off the end of a flush that a crash interrupted. */
	readonly tailCut?: (cut: CutTail) => void;
	/**
	 * A segment that has reached this size is followed by a new one, bytes.
	 * @default 16 MiB
	 */
	readonly segmentBytes?: number;
	/**
	 * The log's file grows by this much at a time, filled with zeros: a flush that does not make its file grow takes
	 * about half the time. 0: never more than is written.
	 * @default 256 KiB
	 */
	readonly preallocateBytes?: number;
}

/** A batch that waits for its flush. */
interface QueuedBatch {
	readonly record: LogRecord;
	readonly bytes: number;
	/** The log after it. */
	readonly tail: LogTail;
	readonly done: Done;
}

const mebibyte = 1024 * 1024;
/** A flush takes no more than this, if it takes more than one batch: the first of many waiters need not wait for all. */
const flushBytesMax = 4 * mebibyte;

/** The log of a node on a disk: what each node of a `Cluster` writes. One is opened on a directory at a time. */
export class WriteAheadLog implements RaftStorage {
	readonly #disk: Disk;
	readonly #options: LogWriterOptions;
	readonly #expectedStart: ExpectedStart | undefined;
	readonly #tailCut: ((cut: CutTail) => void) | undefined;
	/** From `load` until `close`. */
	#writer: LogWriter | undefined;
	#segments: Segment[] = [];
	/** The number of this start. */
	#starts = 0;
	/** Set once, never reset: see {@link RaftStorage}. */
	#failure: StorageFailedError | undefined;
	#closing: Done[] | undefined;
	/** The disk lets go of what it still holds. */
	#isUnlocking = false;

	#queue: QueuedBatch[] = [];
	/** The log after all that was handed over. */
	#tail = emptyTail;
	/** The log after all that is in a frame, and the snapshot that those frames name. */
	#flushedTail = emptyTail;
	#flushedSnapshot: StoredSnapshot | undefined;
	#isFlushing = false;
	/** Callbacks are running, or flushes are being started: a call that comes now only queues up. */
	#isPumping = false;

	/** The snapshot that a durable batch names. */
	#current: StoredSnapshot | undefined;
	#draft: SnapshotDraft | undefined;
	#nextSerial = 1;

	constructor(options: WriteAheadLogOptions) {
		const {disk, identity = noIdentity, segmentBytes = 16 * mebibyte, preallocateBytes = mebibyte / 4} = options;
		this.#disk = disk;
		this.#options = {identity, segmentBytes, preallocateBytes};
		this.#expectedStart = options.expectedStart;
		this.#tailCut = options.tailCut;
	}

	load(): PersistentState {
		assert(this.#writer === undefined && this.#closing === undefined, 'a storage is loaded once');
		this.#disk.lock();
		try {
			const recovered = recoverLog(this.#disk, this.#options, this.#expectedStart);
			this.#adopt(recovered);
			const {tail, entries, cutTail} = recovered;
			if (cutTail !== undefined) this.#tailCut?.(cutTail);
			return {hardState: tail.hardState, snapshot: tail.snapshot, entries};
		} catch (error) {
			this.#disk.unlock(() => undefined);
			throw error;
		}
	}

	write(batch: WriteBatch, done: Done): void {
		const refusal = this.#refusal();
		if (refusal !== undefined) {
			done(refusal);
			return;
		}
		const {hardState, truncateFrom, entries} = batch;
		const tail = tailAfter(this.#tail, batch);
		const snapshot = batch.snapshot === undefined ? undefined : this.#takeFinished(batch.snapshot);
		const record = {hardState, snapshot, truncateFrom, checkpoint: undefined, entries};
		this.#tail = tail;
		this.#queue.push({record, bytes: recordBytes(record), tail, done});
		this.#pump();
	}

	createSnapshot(meta: SnapshotMeta): SnapshotWriter {
		const refusal = this.#refusal();
		if (refusal !== undefined) throw refusal;
		const before = this.#draft;
		assert(before?.phase !== 'open' && before?.phase !== 'finishing', 'one snapshot is written at a time');
		before?.giveUp();
		const stored = {serial: this.#nextSerial++, meta};
		try {
			this.#draft = new SnapshotDraft(this.#draftOwner(), stored);
		} catch (cause) {
			throw this.#fail('creating', temporaryName(stored.serial), cause);
		}
		return this.#draft;
	}

	openSnapshot(): SnapshotReader | undefined {
		const refusal = this.#refusal();
		if (refusal !== undefined) throw refusal;
		return this.#current === undefined
			? undefined
			: new SnapshotFileReader(this.#disk, this.#options.identity, this.#current);
	}

	close(done: Done): void {
		this.#closing ??= [];
		this.#closing.push(done);
		if (this.#draft?.phase === 'open') this.#draft.abort();
		this.#closeWhenIdle();
	}

	#adopt({tail, snapshot, segments, writer, starts, nextSerial}: RecoveredLog): void {
		this.#writer = writer;
		this.#starts = starts;
		this.#segments = segments;
		if (segments.at(-1)?.sequence !== writer.sequence) segments.push({sequence: writer.sequence, lastIndex: 0});
		this.#tail = tail;
		this.#flushedTail = tail;
		this.#flushedSnapshot = snapshot;
		this.#current = snapshot;
		this.#nextSerial = nextSerial;
		this.#removeExpendable();
	}

	// -------------------------------------------------------------------------------------------- group commit

	/** Starts flushes for as long as one can start at once. Never entered twice, so callbacks run in order. */
	#pump(): void {
		if (this.#isPumping) return;
		this.#isPumping = true;
		while (!this.#isFlushing && this.#queue.length > 0 && this.#failure === undefined) this.#flush();
		this.#isPumping = false;
		this.#closeWhenIdle();
	}

	#flush(): void {
		const writer = this.#writer;
		assert(writer !== undefined, 'a log is open while it is flushed');
		this.#isFlushing = true;
		const batches = this.#takeBatches();
		const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
		const append: Done = error => {
			if (error === undefined) this.#append(writer, batches, bytes);
			else this.#settle(batches, error);
		};
		if (writer.isFull(bytes)) this.#beginSegment(writer, append);
		else append();
	}

	/** As many as one flush takes, and at least one. */
	#takeBatches(): readonly QueuedBatch[] {
		let count = 0;
		let bytes = 0;
		for (const batch of this.#queue) {
			bytes += batch.bytes;
			if (count > 0 && bytes > flushBytesMax) break;
			count++;
		}
		return this.#queue.splice(0, count);
	}

	#beginSegment(writer: LogWriter, done: Done): void {
		const {hardState, nextIndex} = this.#flushedTail;
		this.#segments.push({sequence: writer.sequence + 1, lastIndex: 0});
		const snapshot = this.#flushedSnapshot;
		const noteMark: Done = error => {
			if (error === undefined) replaceFile(this.#disk, nodeFileName, this.#nodeFile(writer, false), done);
			else done(error);
		};
		writer.begin({hardState, snapshot, truncateFrom: undefined, checkpoint: nextIndex, entries: []}, noteMark);
	}

	#nodeFile(writer: LogWriter, isClosed: boolean): Uint8Array {
		const {identity} = this.#options;
		return encodeNodeFile({identity, starts: this.#starts, mark: writer.end, isClosed});
	}

	#append(writer: LogWriter, batches: readonly QueuedBatch[], bytes: number): void {
		const records = batches.map(({record}) => record);
		for (const record of records) {
			noteRecord(this.#segments, record);
			this.#flushedSnapshot = record.snapshot ?? this.#flushedSnapshot;
		}
		this.#flushedTail = batches.at(-1)?.tail ?? this.#flushedTail;
		writer.append(records, bytes, error => this.#settle(batches, error));
	}

	/** A flush has ended: tells who waits for it, in order. */
	#settle(batches: readonly QueuedBatch[], error: Error | undefined): void {
		this.#isFlushing = false;
		if (error !== undefined) this.#fail('a write or sync', segmentName(this.#writer?.sequence ?? 0), error);
		const wasPumping = this.#isPumping;
		this.#isPumping = true;
		if (this.#failure === undefined) {
			const before = this.#current;
			const superseded = this.#nameSnapshots(batches);
			for (const {done} of batches) done(this.#failure);
			this.#remove(superseded);
			if (this.#current !== before) this.#removeExpendable();
		} else {
			for (const {done} of batches) done(this.#failure);
		}
		if (this.#failure !== undefined) this.#refuseQueue(this.#failure);
		this.#isPumping = wasPumping;
		if (!wasPumping) this.#pump();
	}

	#refuseQueue(failure: StorageFailedError): void {
		for (const {done} of this.#queue.splice(0)) done(failure);
	}

	// ----------------------------------------------------------------------------------------------- snapshots

	#draftOwner(): DraftOwner {
		return {
			disk: this.#disk,
			identity: this.#options.identity,
			refusal: () => this.#refusal(),
			failure: () => this.#failure,
			fail: (operation, file, cause) => this.#fail(operation, file, cause),
			rested: () => this.#closeWhenIdle(),
		};
	}

	/** The finished snapshot that a batch names. */
	#takeFinished(meta: SnapshotMeta): StoredSnapshot {
		const draft = this.#draft;
		assert(
			draft?.phase === 'finished' && isSameSnapshot(draft.stored.meta, meta),
			'a batch names a snapshot that was finished before',
		);
		this.#draft = undefined;
		return draft.stored;
	}

	/** The last snapshot that the batches name becomes the current one; the files of those that it takes over from. */
	#nameSnapshots(batches: readonly QueuedBatch[]): readonly string[] {
		const superseded: string[] = [];
		for (const {record} of batches) {
			if (record.snapshot === undefined) continue;
			if (this.#current !== undefined) superseded.push(snapshotName(this.#current.serial));
			this.#current = record.snapshot;
		}
		return superseded;
	}

	/** Segments whose entries are all in the snapshot. An open reader of an old snapshot goes on: its file lives until it is closed. */
	#removeExpendable(): void {
		const count = expendableSegments(this.#segments, this.#current?.meta.lastIncludedIndex ?? 0);
		this.#remove(this.#segments.splice(0, count).map(({sequence}) => segmentName(sequence)));
	}

	#remove(names: readonly string[]): void {
		for (const name of names) {
			try {
				this.#disk.remove(name);
			} catch (cause) {
				this.#fail('removing', name, cause);
			}
		}
	}

	// ---------------------------------------------------------------------------------------------- end of life

	#refusal(): StorageFailedError | undefined {
		if (this.#failure !== undefined) return this.#failure;
		if (this.#closing !== undefined) return new StorageFailedError('use after close', undefined);
		assert(this.#writer !== undefined, 'a storage is loaded before it is used');
		return undefined;
	}

	/** From here on nothing is acknowledged; callers that wait for a flush under way hear of it when that flush has ended. */
	#fail(operation: string, file: string, cause: unknown): StorageFailedError {
		this.#failure ??= new StorageFailedError(operation, file, {cause});
		return this.#failure;
	}

	#closeWhenIdle(): void {
		if (this.#closing === undefined || this.#isFlushing || this.#isPumping || this.#draft?.isBusy === true) return;
		if (this.#queue.length > 0 || this.#isUnlocking) return;
		if (this.#writer === undefined) {
			for (const done of this.#closing.splice(0)) done(this.#failure);
			return;
		}
		this.#noteClose(this.#writer);
		this.#writer.close();
		this.#writer = undefined;
		this.#isUnlocking = true;
		this.#disk.unlock(() => {
			this.#isUnlocking = false;
			this.#closeWhenIdle();
		});
	}

	/** From then on nothing may be missing from the end of the log. */
	#noteClose(writer: LogWriter): void {
		if (this.#failure !== undefined) return;
		try {
			replaceFileNow(this.#disk, nodeFileName, this.#nodeFile(writer, true));
		} catch (cause) {
			this.#fail('noting the end', nodeFileName, cause);
		}
	}
}
