/** Small batches, entries and snapshots, to try a storage with. */
import {
	nodeId,
	term,
	type HardState,
	type LogEntry,
	type LogIndex,
	type SnapshotMeta,
	type WriteBatch,
} from '../../raft/types.js';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Entries that follow on each other; each command names its index. */
export function entriesFrom(first: LogIndex, count: number, entryTerm = 1, text = 'command'): readonly LogEntry[] {
	return Array.from({length: count}, (_, offset) => ({
		index: first + offset,
		term: term(entryTerm),
		type: 'command',
		command: bytesOf(`${text} ${first + offset}`),
	}));
}

/** A batch with these parts, and nothing else in it. */
export const batch = (parts: Partial<WriteBatch>): WriteBatch => ({
	hardState: undefined,
	snapshot: undefined,
	truncateFrom: undefined,
	entries: [],
	...parts,
});

export const vote = (currentTerm: number, votedFor?: number): HardState => ({
	currentTerm: term(currentTerm),
	votedFor: votedFor === undefined ? undefined : nodeId(votedFor),
});

export const snapshotAt = (index: LogIndex, snapshotTerm = 1): SnapshotMeta => ({
	lastIncludedIndex: index,
	lastIncludedTerm: term(snapshotTerm),
	configuration: {voters: [nodeId(0), nodeId(1), nodeId(2)], learners: [nodeId(7)]},
});
