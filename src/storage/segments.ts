/** The list of a log's segments: which of them hold live entries, and which can go. */
import type {LogIndex} from '../raft/types.js';
import type {LogRecord} from './record-codec.js';

export interface Segment {
	readonly sequence: number;
	/** The highest index that an entry in it has, also when it was truncated later; 0 for none. */
	lastIndex: LogIndex;
}

/** Takes note of a record that is written to the last segment. */
export function noteRecord(segments: readonly Segment[], {entries}: LogRecord): void {
	const last = entries.at(-1);
	const current = segments.at(-1);
	if (last !== undefined && current !== undefined) current.lastIndex = Math.max(current.lastIndex, last.index);
}

/**
 * How many of the oldest segments hold nothing that is still needed once the log begins after `snapshotIndex`.
 * Never the last one, and only from the start: what a segment truncated must not come back by losing it alone.
 */
export function expendableSegments(segments: readonly Segment[], snapshotIndex: LogIndex): number {
	const needed = segments.findIndex(({lastIndex}) => lastIndex > snapshotIndex);
	return needed === -1 ? Math.max(0, segments.length - 1) : Math.min(needed, segments.length - 1);
}
