import {strict as check} from 'node:assert';
import {
	type HardState,
	type LogEntry,
	type LogIndex,
	type PersistentState,
	type SnapshotMeta,
	type Term,
	type WriteBatch,
	term,
} from '../../../src/raft/types.js';

export interface StoredSnapshot {
	readonly meta: SnapshotMeta;
	readonly bytes: Uint8Array;
}

/** What batches leave behind, in memory: once as they were handed over, once more as they became durable. */
export class LogImage {
	hardState: HardState = {currentTerm: term(0), votedFor: undefined};
	snapshot: StoredSnapshot | undefined;
	entries: LogEntry[] = [];

	get snapshotIndex(): LogIndex {
		return this.snapshot?.meta.lastIncludedIndex ?? 0;
	}

	get lastIndex(): LogIndex {
		return this.snapshotIndex + this.entries.length;
	}

	termAt(index: LogIndex): Term | undefined {
		if (index === this.snapshotIndex) return this.snapshot?.meta.lastIncludedTerm ?? term(0);
		return this.entries[index - this.snapshotIndex - 1]?.term;
	}

	copy(): LogImage {
		const copy = new LogImage();
		copy.hardState = this.hardState;
		copy.snapshot = this.snapshot;
		copy.entries = [...this.entries];
		return copy;
	}

	state(): PersistentState {
		return {hardState: this.hardState, snapshot: this.snapshot?.meta, entries: [...this.entries]};
	}

	/** Holds the caller to the contract of `WriteBatch`. */
	apply(batch: WriteBatch, snapshotBytes: Uint8Array): void {
		if (batch.hardState !== undefined) this.#applyHardState(batch.hardState);
		if (batch.snapshot !== undefined) {
			const {lastIncludedIndex} = batch.snapshot;
			check.ok(lastIncludedIndex > this.snapshotIndex, 'a snapshot only moves forward');
			this.entries.splice(0, lastIncludedIndex - this.snapshotIndex);
			this.snapshot = {meta: batch.snapshot, bytes: snapshotBytes};
		}
		if (batch.truncateFrom !== undefined) {
			check.ok(batch.truncateFrom > this.snapshotIndex, 'a log is never cut inside of its snapshot');
			this.entries.splice(batch.truncateFrom - this.snapshotIndex - 1);
		}
		for (const entry of batch.entries) {
			check.equal(entry.index, this.lastIndex + 1, 'entries follow without a gap');
			check.ok(entry.term <= this.hardState.currentTerm, 'a term is durable no later than its entries');
			this.entries.push(entry);
		}
	}

	#applyHardState(after: HardState): void {
		const before = this.hardState;
		check.ok(after.currentTerm >= before.currentTerm, 'a term never goes back');
		const isVoteChanged = before.votedFor !== undefined && before.votedFor !== after.votedFor;
		check.ok(after.currentTerm > before.currentTerm || !isVoteChanged, 'one vote in a term');
		this.hardState = after;
	}
}
