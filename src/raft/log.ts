/**
 * The log with an offset (§7): entries up to `snapshotIndex` are gone, `snapshotTerm` stands for the last of them.
 *
 *     1 … snapshotIndex │ snapshotIndex + 1 …    … lastIndex
 *       in the snapshot │ packed runs │ young entries          in memory, and on the disk
 */
import {packEntries, packedBytes} from './codec.js';
import {assert} from '../base/errors.js';
import {PackedRun} from './packed-run.js';
import {TermRuns} from './term-runs.js';
import type {LogEntry, LogIndex, PersistentState, Term} from './types.js';

const noTerm = 0 as Term;

/** What one AppendEntries carries. */
export interface PackedRange {
	readonly bytes: Uint8Array;
	readonly count: number;
}

/** Bytes of commands that make entries old sooner: large ones are kept by few objects anyway. */
const runBytes = 64 * 2 ** 10;

export class RaftLog {
	#snapshotIndex: LogIndex;
	#snapshotTerm: Term;
	/** So many entries stay objects at least: they are still to be sent, persisted and applied. */
	readonly #youngEntries: number;
	readonly #terms = new TermRuns();
	/** Older entries, in order and without a gap; the young ones follow on the last. */
	#runs: PackedRun[] = [];
	/** `#young[i]` has index `#youngFrom + i`. */
	#young: LogEntry[] = [];
	#youngFrom: LogIndex;
	#bytes = 0;
	/** All followers of a steady leader want the same range: it is packed once. */
	#lastPacked:
		| (PackedRange & {readonly from: LogIndex; readonly bytesMax: number; readonly lastIndex: LogIndex})
		| undefined;

	constructor({snapshot, entries}: Pick<PersistentState, 'snapshot' | 'entries'>, youngEntries: number) {
		this.#youngEntries = youngEntries;
		this.#snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
		this.#snapshotTerm = snapshot?.lastIncludedTerm ?? noTerm;
		this.#youngFrom = this.#snapshotIndex + 1;
		for (const entry of entries) this.append(entry);
	}

	get snapshotIndex(): LogIndex {
		return this.#snapshotIndex;
	}

	get snapshotTerm(): Term {
		return this.#snapshotTerm;
	}

	get lastIndex(): LogIndex {
		return this.#youngFrom + this.#young.length - 1;
	}

	get lastTerm(): Term {
		return this.#terms.lastTerm ?? this.#snapshotTerm;
	}

	/** Where the newest terms of the log begin: see `TermRuns.newest`. */
	newestTerms(max: number): ReturnType<TermRuns['newest']> {
		return this.#terms.newest(max);
	}

	/** Bytes of all entries, packed: what `maxRaftState` is compared with. */
	get bytes(): number {
		return this.#bytes;
	}

	/** `undefined` where this log cannot tell: beyond its end, or before its snapshot. */
	termAt(index: LogIndex): Term | undefined {
		if (index === this.#snapshotIndex) return this.#snapshotTerm;
		return index < this.#snapshotIndex || index > this.lastIndex ? undefined : this.#terms.termAt(index);
	}

	append(entry: LogEntry): void {
		assert(entry.index === this.lastIndex + 1, 'an entry is appended right after the last one');
		assert(entry.term >= this.lastTerm, 'terms never decrease along the log');
		this.#terms.append(entry.index, entry.term);
		this.#young.push(entry);
		this.#bytes += packedBytes(entry);
		if (this.#young.length >= 2 * this.#youngEntries) this.#packOld();
	}

	truncateFrom(index: LogIndex): void {
		assert(index > this.#snapshotIndex, 'what a snapshot holds is never truncated');
		for (let run = this.#runs.at(-1); run !== undefined && run.lastIndex >= index; run = this.#runs.at(-1)) {
			this.#runs.pop();
			this.#young = [...run.entries(), ...this.#young];
			this.#youngFrom = run.firstIndex;
		}
		for (const entry of this.#young.splice(index - this.#youngFrom)) this.#bytes -= packedBytes(entry);
		this.#terms.truncateFrom(index);
		this.#lastPacked = undefined;
	}

	/** Forgets entries up to `index`, which is in this log. */
	compactTo(index: LogIndex, term: Term): void {
		assert(index > this.#snapshotIndex && index <= this.lastIndex, 'a log is compacted within its own entries');
		this.#terms.compactTo(index, this.lastIndex);
		this.#dropRuns(index);
		if (index >= this.#youngFrom) {
			for (const entry of this.#young.splice(0, index + 1 - this.#youngFrom)) this.#bytes -= packedBytes(entry);
			this.#youngFrom = index + 1;
		}
		this.#snapshotIndex = index;
		this.#snapshotTerm = term;
		this.#lastPacked = undefined;
	}

	/** Forgets everything: the log begins after a snapshot that came from elsewhere. */
	resetTo(index: LogIndex, term: Term): void {
		this.#runs = [];
		this.#young = [];
		this.#youngFrom = index + 1;
		this.#terms.clear();
		this.#bytes = 0;
		this.#snapshotIndex = index;
		this.#snapshotTerm = term;
		this.#lastPacked = undefined;
	}

	/** Entries of the half-open range `[from, to)`. */
	slice(from: LogIndex, to: LogIndex): readonly LogEntry[] {
		if (from >= this.#youngFrom) return this.#young.slice(from - this.#youngFrom, to - this.#youngFrom);
		const entries: LogEntry[] = [];
		for (const entry of this.#walk(from)) {
			if (entry.index >= to) break;
			entries.push(entry);
		}
		return entries;
	}

	/** Entries from `from` on, at most `bytesMax` bytes but never fewer than one entry (none at the end of the log). */
	pack(from: LogIndex, bytesMax: number): PackedRange {
		const last = this.#lastPacked;
		if (last?.from === from && last.bytesMax === bytesMax && last.lastIndex === this.lastIndex) return last;
		const entries: LogEntry[] = [];
		let bytes = 0;
		for (const entry of this.#walk(from)) {
			bytes += packedBytes(entry);
			if (bytes > bytesMax && entries.length > 0) break;
			entries.push(entry);
		}
		const {lastIndex} = this;
		this.#lastPacked = {bytes: packEntries(entries), count: entries.length, from, bytesMax, lastIndex};
		return this.#lastPacked;
	}

	/** The first index of the run of its term that `index` lies in, as far as this log goes back. */
	firstIndexOfRun(index: LogIndex): LogIndex {
		return index <= this.#snapshotIndex ? index : this.#terms.firstIndexOfRun(index);
	}

	/** The last index of `term`, looking back from `index`; `undefined` when there is none. */
	lastIndexOfTerm(term: Term, index: LogIndex): LogIndex | undefined {
		const found = this.#terms.lastIndexOfTerm(term, Math.min(index, this.lastIndex));
		if (found !== undefined) return found;
		return term === this.#snapshotTerm && index >= this.#snapshotIndex ? this.#snapshotIndex : undefined;
	}

	/** §5.4.1: whether a log that ends like this is at least as up to date as this one; last term first, then length. */
	isUpToDate(lastLogTerm: Term, lastLogIndex: LogIndex): boolean {
		return lastLogTerm > this.lastTerm || (lastLogTerm === this.lastTerm && lastLogIndex >= this.lastIndex);
	}

	*#walk(from: LogIndex): Generator<LogEntry, void, undefined> {
		// Most walks begin among the young: they need not look at every run first.
		for (const run of from < this.#youngFrom ? this.#runs : []) {
			if (run.lastIndex < from) continue;
			for (const entry of run.entries()) if (entry.index >= from) yield entry;
		}
		for (let offset = Math.max(0, from - this.#youngFrom); offset < this.#young.length; offset++) {
			yield this.#young[offset] as LogEntry;
		}
	}

	/** Lays the older half of the young entries end to end. */
	#packOld(): void {
		const old = this.#young.splice(0, this.#youngEntries);
		this.#youngFrom += old.length;
		let together: LogEntry[] = [];
		let bytes = 0;
		for (const entry of old) {
			together.push(entry);
			bytes += packedBytes(entry);
			if (bytes < runBytes) continue;
			this.#runs.push(new PackedRun(together));
			together = [];
			bytes = 0;
		}
		if (together.length > 0) this.#runs.push(new PackedRun(together));
	}

	#dropRuns(index: LogIndex): void {
		const kept = this.#runs.findIndex(run => run.lastIndex > index);
		for (const run of this.#runs.splice(0, kept < 0 ? this.#runs.length : kept)) this.#bytes -= run.byteLength;
		const [first] = this.#runs;
		if (first === undefined || first.firstIndex > index) return;
		this.#runs[0] = new PackedRun(first.entries().filter(entry => entry.index > index));
		this.#bytes -= first.byteLength - this.#runs[0].byteLength;
	}
}
