/** Builds a log up again, record by record, and holds each record to what the log was before it. */
import {InvariantError} from '../base/errors.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import {StorageCorruptError} from './errors.js';
import {emptyTail, tailAfter, type LogTail} from './log-tail.js';
import type {LogRecord, StoredSnapshot} from './record-codec.js';
import {noteRecord, type Segment} from './segments.js';

export class Replay {
	tail: LogTail = emptyTail;
	snapshot: StoredSnapshot | undefined;
	readonly entries: LogEntry[] = [];
	readonly segments: Segment[] = [];

	get lastIndex(): LogIndex {
		return this.tail.nextIndex - 1;
	}

	apply(record: LogRecord, name: string, offset: number): void {
		if (record.checkpoint !== undefined) {
			this.#checkpoint(record, name, offset);
			return;
		}
		const {hardState, snapshot, truncateFrom, entries} = record;
		try {
			this.tail = tailAfter(this.tail, {hardState, snapshot: snapshot?.meta, truncateFrom, entries});
		} catch (cause) {
			if (!(cause instanceof InvariantError)) throw cause;
			const site = {file: name, offset, lastGoodIndex: this.lastIndex};
			throw new StorageCorruptError(`a batch that does not fit the log: ${cause.message}`, site, {cause});
		}
		const firstIndex = this.entries[0]?.index ?? 0;
		if (truncateFrom !== undefined && this.entries.length > 0) {
			this.entries.length = Math.max(0, Math.min(this.entries.length, truncateFrom - firstIndex));
		}
		if (snapshot !== undefined) {
			this.snapshot = snapshot;
			this.entries.splice(0, Math.max(0, snapshot.meta.lastIncludedIndex + 1 - firstIndex));
		}
		for (const entry of entries) this.entries.push(entry);
		noteRecord(this.segments, record);
	}

	/** The first segment's says where the log stood before it; those of later ones must find the log as they left it. */
	#checkpoint({hardState, snapshot, checkpoint}: LogRecord, name: string, offset: number): void {
		if (hardState === undefined || checkpoint === undefined) {
			throw corrupt('a segment that does not know its term', name, offset, this.lastIndex);
		}
		const isFirst = this.segments.length === 1;
		if (isFirst) {
			this.tail = {hardState, snapshot: snapshot?.meta, nextIndex: checkpoint};
			this.snapshot = snapshot;
		}
		const {tail} = this;
		const isAsBefore =
			tail.hardState.currentTerm === hardState.currentTerm &&
			tail.hardState.votedFor === hardState.votedFor &&
			tail.nextIndex === checkpoint &&
			this.snapshot?.serial === snapshot?.serial;
		if (!isAsBefore) throw corrupt('a segment begins in another state than the log', name, offset, this.lastIndex);
	}

	/** Entries of a segment that is gone must all be covered by the snapshot. */
	assertComplete(name: string): void {
		const firstIndex = this.entries[0]?.index ?? this.tail.nextIndex;
		const snapshotIndex = this.snapshot?.meta.lastIncludedIndex ?? 0;
		if (firstIndex > snapshotIndex + 1) {
			const what = `entries ${snapshotIndex + 1} to ${firstIndex - 1} are missing, with the segments that held them`;
			throw corrupt(what, name, 0, snapshotIndex);
		}
	}
}

export const corrupt = (what: string, file: string, offset: number, lastGoodIndex: LogIndex): StorageCorruptError =>
	new StorageCorruptError(what, {file, offset, lastGoodIndex});
