/** Where a log stands, and what a batch does to it: the rules that every storage holds its caller to. */
import {assert} from '../base/errors.js';
import {term, type HardState, type LogIndex, type SnapshotMeta, type WriteBatch} from '../raft/types.js';

export interface LogTail {
	readonly hardState: HardState;
	readonly snapshot: SnapshotMeta | undefined;
	/** The index that the next entry gets. */
	readonly nextIndex: LogIndex;
}

export const emptyTail: LogTail = {
	hardState: {currentTerm: term(0), votedFor: undefined},
	snapshot: undefined,
	nextIndex: 1,
};

/** Whether both stand for the same prefix of the log: an index and a term name it (§5.3, Log Matching). */
export const isSameSnapshot = (one: SnapshotMeta, other: SnapshotMeta): boolean =>
	one.lastIncludedIndex === other.lastIncludedIndex && one.lastIncludedTerm === other.lastIncludedTerm;

/** What is left of the log after a batch. Asserts that the batch fits: a batch that does not is a bug of the core. */
export function tailAfter(tail: LogTail, batch: WriteBatch): LogTail {
	const hardState = batch.hardState ?? tail.hardState;
	if (batch.hardState !== undefined) assertVote(tail.hardState, batch.hardState);
	const snapshot = batch.snapshot ?? tail.snapshot;
	const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
	assert(snapshotIndex >= (tail.snapshot?.lastIncludedIndex ?? 0), 'a snapshot only moves a log forward');
	let nextIndex = Math.max(tail.nextIndex, snapshotIndex + 1);
	if (batch.truncateFrom !== undefined) {
		assert(batch.truncateFrom > snapshotIndex, 'a log is never cut inside of its snapshot');
		nextIndex = Math.min(nextIndex, batch.truncateFrom);
	}
	const first = batch.entries[0];
	const last = batch.entries.at(-1);
	if (first !== undefined && last !== undefined) {
		assert(first.index === nextIndex, 'entries follow on the log without a gap');
		assert(last.index === nextIndex + batch.entries.length - 1, 'entries of a batch have no gap');
		assert(last.term <= hardState.currentTerm, 'a term is durable no later than its first entry');
		nextIndex = last.index + 1;
	}
	return {hardState, snapshot, nextIndex};
}

function assertVote(before: HardState, after: HardState): void {
	assert(after.currentTerm >= before.currentTerm, 'a term never goes back');
	const changed = before.votedFor !== undefined && before.votedFor !== after.votedFor;
	assert(after.currentTerm > before.currentTerm || !changed, 'a node votes once in a term');
}
