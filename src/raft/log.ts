/**
 * The log with an offset (§7): entries up to `snapshotIndex` are gone, `snapshotTerm` stands for the last of them.
 *
 *     1 … snapshotIndex │ snapshotIndex + 1 … lastIndex
 *       in the snapshot │ in memory, and on the disk
 */
import {packEntries, packedBytes} from './codec.js';
import {assert} from './errors.js';
import type {LogEntry, LogIndex, PersistentState, Term} from './types.js';

const noTerm = 0 as Term;

/** What one AppendEntries carries. */
export interface PackedRange {
	readonly bytes: Uint8Array;
	readonly count: number;
}

export class RaftLog {
	#snapshotIndex: LogIndex;
	#snapshotTerm: Term;
	/** `#entries[i]` has index `#snapshotIndex + 1 + i`. */
	#entries: LogEntry[];
	#bytes = 0;
	/** All followers of a steady leader want the same range: it is packed once. */
	#lastPacked:
		| (PackedRange & {readonly from: LogIndex; readonly bytesMax: number; readonly lastIndex: LogIndex})
		| undefined;

	constructor({snapshot, entries}: Pick<PersistentState, 'snapshot' | 'entries'>) {
		this.#snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
		this.#snapshotTerm = snapshot?.lastIncludedTerm ?? noTerm;
		this.#entries = [];
		for (const entry of entries) this.append(entry);
	}

	get snapshotIndex(): LogIndex {
		return this.#snapshotIndex;
	}

	get snapshotTerm(): Term {
		return this.#snapshotTerm;
	}

	get lastIndex(): LogIndex {
		return this.#snapshotIndex + this.#entries.length;
	}

	get lastTerm(): Term {
		return this.#entries.at(-1)?.term ?? this.#snapshotTerm;
	}

	/** Bytes of all entries, packed: what `maxRaftState` is compared with. */
	get bytes(): number {
		return this.#bytes;
	}

	/** `undefined` where this log cannot tell: beyond its end, or before its snapshot. */
	termAt(index: LogIndex): Term | undefined {
		if (index === this.#snapshotIndex) return this.#snapshotTerm;
		return this.#entries[index - this.#snapshotIndex - 1]?.term;
	}

	append(entry: LogEntry): void {
		assert(entry.index === this.lastIndex + 1, 'an entry is appended right after the last one');
		assert(entry.term >= this.lastTerm, 'terms never decrease along the log');
		this.#entries.push(entry);
		this.#bytes += packedBytes(entry);
	}

	truncateFrom(index: LogIndex): void {
		assert(index > this.#snapshotIndex, 'what a snapshot holds is never truncated');
		for (const entry of this.#entries.splice(index - this.#snapshotIndex - 1)) this.#bytes -= packedBytes(entry);
		this.#lastPacked = undefined;
	}

	/** Forgets entries up to `index`, which is in this log. */
	compactTo(index: LogIndex, term: Term): void {
		assert(index > this.#snapshotIndex && index <= this.lastIndex, 'a log is compacted within its own entries');
		for (const entry of this.#entries.splice(0, index - this.#snapshotIndex)) this.#bytes -= packedBytes(entry);
		this.#snapshotIndex = index;
		this.#snapshotTerm = term;
		this.#lastPacked = undefined;
	}

	/** Forgets everything: the log begins after a snapshot that came from elsewhere. */
	resetTo(index: LogIndex, term: Term): void {
		this.#entries = [];
		this.#bytes = 0;
		this.#snapshotIndex = index;
		this.#snapshotTerm = term;
		this.#lastPacked = undefined;
	}

	/** Entries of the half-open range `[from, to)`. */
	slice(from: LogIndex, to: LogIndex): readonly LogEntry[] {
		return this.#entries.slice(from - this.#snapshotIndex - 1, to - this.#snapshotIndex - 1);
	}

	/** Entries from `from` on, at most `bytesMax` bytes but never fewer than one entry (none at the end of the log). */
	pack(from: LogIndex, bytesMax: number): PackedRange {
		const last = this.#lastPacked;
		if (last?.from === from && last.bytesMax === bytesMax && last.lastIndex === this.lastIndex) return last;
		let to = from;
		let bytes = 0;
		for (; to <= this.lastIndex; to++) {
			const entry = this.#entries[to - this.#snapshotIndex - 1];
			if (entry === undefined) break;
			bytes += packedBytes(entry);
			if (bytes > bytesMax && to > from) break;
		}
		this.#lastPacked = {
			bytes: packEntries(this.slice(from, to)),
			count: to - from,
			from,
			bytesMax,
			lastIndex: this.lastIndex,
		};
		return this.#lastPacked;
	}

	/** The first index of the run of `term` that `index` lies in, as far as this log goes back. */
	firstIndexOfRun(index: LogIndex): LogIndex {
		const term = this.termAt(index);
		let first = index;
		while (first - 1 > this.#snapshotIndex && this.termAt(first - 1) === term) first--;
		return first;
	}

	/** The last index of `term`, looking back from `index`; `undefined` when there is none. */
	lastIndexOfTerm(term: Term, index: LogIndex): LogIndex | undefined {
		for (let candidate = Math.min(index, this.lastIndex); candidate >= this.#snapshotIndex; candidate--) {
			const candidateTerm = this.termAt(candidate);
			if (candidateTerm === undefined || candidateTerm < term) return undefined;
			if (candidateTerm === term) return candidate;
		}
		return undefined;
	}

	/** §5.4.1: whether a log that ends like this is at least as up to date as this one; last term first, then length. */
	isUpToDate(lastLogTerm: Term, lastLogIndex: LogIndex): boolean {
		return lastLogTerm > this.lastTerm || (lastLogTerm === this.lastTerm && lastLogIndex >= this.lastIndex);
	}
}
