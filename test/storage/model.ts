/** What a log should hold: the contract as an array. */
import {crc32} from 'node:zlib';
import {type LogEntry, type PersistentState, type WriteBatch, term} from '../../src/raft/types.js';

export const emptyState: PersistentState = {
	hardState: {currentTerm: term(0), votedFor: undefined},
	snapshot: undefined,
	entries: [],
};

export function stateAfter(state: PersistentState, batch: WriteBatch): PersistentState {
	const snapshot = batch.snapshot ?? state.snapshot;
	const from = snapshot?.lastIncludedIndex ?? 0;
	const to = batch.truncateFrom ?? Number.POSITIVE_INFINITY;
	const kept = state.entries.filter(({index}) => index > from && index < to);
	return {hardState: batch.hardState ?? state.hardState, snapshot, entries: [...kept, ...batch.entries]};
}

const fingerprintOfEntry = ({index, term, type, command}: LogEntry): string =>
	`${index}/${term}/${type}/${command.length}/${crc32(command)}`;

/** Equal for equal states, and quick to compare. */
export const fingerprint = ({hardState, snapshot, entries}: PersistentState): string =>
	JSON.stringify([hardState, snapshot ?? null, entries.map(fingerprintOfEntry)]);
