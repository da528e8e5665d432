/** The list of a log's segments: which of them hold live entries, and which can go. */
import type {LogIndex} from '../raft/types.js';
import type {LogRecord} from './record-codec.js';

export interface Segment {
	readonly sequence: number;
	/** The highest index that an entry in it has, 0 for none; entries that were truncated later do not count. */
	lastIndex: LogIndex;
}

/** Takes note of what a record does to the entries of all segments; it is written to the last one. */
export function noteRecord(segments: readonly Segment[], {truncateFrom, entries}: LogRecord): void {
	if (truncateFrom !== undefined) {
		for (const segment of segments) segment.lastIndex = Math.min(segment.lastIndex, truncateFrom - 1);
	}
	const last = entries.at(-1);
	const current = segments.at(-1);
	if (last !== undefined && current !== undefined) current.lastIndex = last.index;
}

/**
 * How many of the oldest segments hold nothing that is still needed once the log begins after `snapshotIndex`.
 * Never the last one, and only from the start: what a segment truncated must not come back by losing it alone.
 */
export function expendableSegments(segments: readonly Segment[], snapshotIndex: LogIndex): number {
	const needed = segments.findIndex(({lastIndex}) => lastIndex > snapshotIndex);
	return needed === -1 ? Math.max(0, segments.length - 1) : Math.min(needed, segments.length - 1);
}
