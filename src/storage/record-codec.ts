/**
 * Batches as bytes: what a frame's payload is made of.
 *
 *     record := length of the rest, u32 | flags, u8 | the parts that the flags name, in this order
 *       1  hard state    currentTerm, u48 | votedFor + 1, u32 (0: nobody)
 *       2  snapshot      serial, u32 | lastIncludedIndex, u48 | lastIncludedTerm, u48 | length, u16 | configuration
 *       4  truncateFrom  u48
 *       8  checkpoint    nextIndex, u48
 *      16  entries       first index, u48 | packed entries, up to the end of the record
 */
import {decodeConfiguration, encodeConfiguration, packEntriesInto, packedBytes, unpackEntries} from '../raft/codec.js';
import {nodeId, term, type HardState, type LogEntry, type LogIndex, type SnapshotMeta} from '../raft/types.js';
import {getUint48, setUint48, viewOf} from './bytes.js';

const flags = {hardState: 1, snapshot: 2, truncateFrom: 4, checkpoint: 8, entries: 16} as const;
const recordHeaderBytes = 5;
const hardStateBytes = 10;
const snapshotBytes = 18;
const indexBytes = 6;

/** A snapshot, and the number of the file that holds it. */
export interface StoredSnapshot {
	readonly serial: number;
	readonly meta: SnapshotMeta;
}

export interface LogRecord {
	readonly hardState: HardState | undefined;
	readonly snapshot: StoredSnapshot | undefined;
	readonly truncateFrom: LogIndex | undefined;
	/** A segment starts with a record that says where the log stood, so that the segments before it can go. */
	readonly checkpoint: LogIndex | undefined;
	readonly entries: readonly LogEntry[];
}

export function recordBytes({hardState, snapshot, truncateFrom, checkpoint, entries}: LogRecord): number {
	let length = recordHeaderBytes;
	if (hardState !== undefined) length += hardStateBytes;
	if (snapshot !== undefined) length += snapshotBytes + encodeConfiguration(snapshot.meta.configuration).length;
	if (truncateFrom !== undefined) length += indexBytes;
	if (checkpoint !== undefined) length += indexBytes;
	if (entries.length > 0) length += indexBytes;
	for (const entry of entries) length += packedBytes(entry);
	return length;
}

/** Writes a record at `start`, in `recordBytes` bytes; the offset behind it. */
export function encodeRecord(target: Uint8Array, start: number, record: LogRecord): number {
	const {hardState, snapshot, truncateFrom, checkpoint, entries} = record;
	const view = viewOf(target);
	let offset = start + recordHeaderBytes;
	let present = 0;
	if (hardState !== undefined) {
		present |= flags.hardState;
		setUint48(view, offset, hardState.currentTerm);
		view.setUint32(offset + 6, hardState.votedFor === undefined ? 0 : hardState.votedFor + 1, true);
		offset += hardStateBytes;
	}
	if (snapshot !== undefined) {
		present |= flags.snapshot;
		offset = encodeSnapshot(target, offset, snapshot);
	}
	if (truncateFrom !== undefined) {
		present |= flags.truncateFrom;
		setUint48(view, offset, truncateFrom);
		offset += indexBytes;
	}
	if (checkpoint !== undefined) {
		present |= flags.checkpoint;
		setUint48(view, offset, checkpoint);
		offset += indexBytes;
	}
	const first = entries[0];
	if (first !== undefined) {
		present |= flags.entries;
		setUint48(view, offset, first.index);
		offset = packEntriesInto(target, offset + indexBytes, entries);
	}
	view.setUint32(start, offset - start - 4, true);
	view.setUint8(start + 4, present);
	return offset;
}

function encodeSnapshot(target: Uint8Array, offset: number, {serial, meta}: StoredSnapshot): number {
	const view = viewOf(target);
	const configuration = encodeConfiguration(meta.configuration);
	view.setUint32(offset, serial, true);
	setUint48(view, offset + 4, meta.lastIncludedIndex);
	setUint48(view, offset + 10, meta.lastIncludedTerm);
	view.setUint16(offset + 16, configuration.length, true);
	target.set(configuration, offset + snapshotBytes);
	return offset + snapshotBytes + configuration.length;
}

/** The records of a payload, whose checksum is known to be good; `undefined` when it is not made of records. */
export function decodeRecords(payload: Uint8Array): readonly LogRecord[] | undefined {
	// One copy for each frame: entries outlive the file's buffer, and must not keep all of it in memory.
	const bytes = new Uint8Array(payload);
	const view = viewOf(bytes);
	const records: LogRecord[] = [];
	try {
		for (let offset = 0; offset < bytes.length;) {
			const end = offset + 4 + view.getUint32(offset, true);
			const record = decodeRecord(bytes.subarray(offset + 4, end));
			if (record === undefined || end > bytes.length) return undefined;
			records.push(record);
			offset = end;
		}
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
	return records;
}

function decodeRecord(bytes: Uint8Array): LogRecord | undefined {
	const view = viewOf(bytes);
	const present = view.getUint8(0);
	let offset = 1;
	const takeIndex = (): LogIndex => {
		offset += indexBytes;
		return getUint48(view, offset - indexBytes);
	};
	let hardState: HardState | undefined;
	if ((present & flags.hardState) !== 0) {
		const currentTerm = term(takeIndex());
		const vote = view.getUint32(offset, true);
		hardState = {currentTerm, votedFor: vote === 0 ? undefined : nodeId(vote - 1)};
		offset += 4;
	}
	let snapshot: StoredSnapshot | undefined;
	if ((present & flags.snapshot) !== 0) {
		const configurationEnd = offset + snapshotBytes + view.getUint16(offset + 16, true);
		snapshot = decodeSnapshot(bytes.subarray(offset, configurationEnd));
		if (snapshot === undefined) return undefined;
		offset = configurationEnd;
	}
	const truncateFrom = (present & flags.truncateFrom) === 0 ? undefined : takeIndex();
	const checkpoint = (present & flags.checkpoint) === 0 ? undefined : takeIndex();
	if ((present & flags.entries) === 0) {
		return offset === bytes.length ? {hardState, snapshot, truncateFrom, checkpoint, entries: []} : undefined;
	}
	const firstIndex = takeIndex();
	const entries = unpackEntries(bytes.subarray(offset), firstIndex);
	return entries === undefined ? undefined : {hardState, snapshot, truncateFrom, checkpoint, entries};
}

function decodeSnapshot(bytes: Uint8Array): StoredSnapshot | undefined {
	const view = viewOf(bytes);
	const configuration = decodeConfiguration(bytes.subarray(snapshotBytes));
	if (configuration === undefined) return undefined;
	const meta = {
		lastIncludedIndex: getUint48(view, 4),
		lastIncludedTerm: term(getUint48(view, 10)),
		configuration,
	};
	return {serial: view.getUint32(0, true), meta};
}
