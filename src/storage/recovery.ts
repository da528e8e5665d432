/**
 * From files back to a log. What a crash explains is put right: a flush that was cut short, a segment that was begun
 * and not used, files that nothing names. Whatever it does not explain is a `StorageCorruptError`, because behind it
 * there may be writes that were acknowledged.
 */
import {InvariantError} from '../raft/errors.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import {isZero} from './bytes.js';
import type {Disk} from './disk.js';
import {StorageCorruptError, StorageFailedError} from './errors.js';
import {emptyTail, tailAfter} from './log-tail.js';
import type {LogTail} from './log-tail.js';
import type {OpenSegment} from './log-writer.js';
import {brokenName, segmentName, snapshotName, sortNames} from './names.js';
import type {DirectoryContent} from './names.js';
import {decodeRecords} from './record-codec.js';
import type {LogRecord, StoredSnapshot} from './record-codec.js';
import {
	decodeFrame,
	decodePreamble,
	decodeSegmentHeader,
	findFrameAfter,
	formatVersion,
	isTornFrame,
	isTornHeader,
	segmentHeaderBytes,
	segmentMagic,
} from './segment-format.js';
import {noteRecord} from './segments.js';
import type {Segment} from './segments.js';
import {SnapshotFileReader, unknownVersion} from './snapshot-file.js';

export interface RecoveredLog {
	readonly tail: LogTail;
	readonly entries: readonly LogEntry[];
	readonly snapshot: StoredSnapshot | undefined;
	/** Oldest first; the last is the open one. */
	readonly segments: Segment[];
	readonly open: OpenSegment | undefined;
	/** Files that nothing needs. */
	readonly leftovers: readonly string[];
	/** No file has this number or a higher one. */
	readonly nextSerial: number;
}

/** Reads all that is durable, and leaves the last segment ready to be written. Throws what `RaftStorage.load` does. */
export function recoverLog(disk: Disk): RecoveredLog {
	const content = sortNames(guard('listing', 'the directory', () => disk.list()));
	const replay = new Replay();
	const sequences = lastRun(content.segments);
	const end = replaySegments(disk, sequences, replay);
	const {snapshot} = replay;
	if (end === undefined && content.snapshots.length > 0) {
		throw corrupt('there are snapshots and no log', segmentName(1), 0, 0);
	}
	if (end !== undefined) replay.assertComplete(end.name);
	// Opening it checks that the file is there, that it is the one that the log means, and that it is whole.
	if (snapshot !== undefined) new SnapshotFileReader(disk, snapshot).close();
	const open = end === undefined ? undefined : reopen(disk, end, content);
	return {
		tail: replay.tail,
		entries: replay.entries,
		snapshot,
		segments: replay.segments,
		open,
		leftovers: leftoversOf(content, replay),
		nextSerial: Math.max(0, snapshot?.serial ?? 0, ...content.snapshots) + 1,
	};
}

/** The segments up to the last that follow each other: older ones were on their way out when a crash came. */
function lastRun(sequences: readonly number[]): readonly number[] {
	let start = sequences.length - 1;
	while (start > 0 && sequences[start - 1] === (sequences[start] ?? 0) - 1) start--;
	return sequences.slice(Math.max(0, start));
}

function leftoversOf(content: DirectoryContent, replay: Replay): readonly string[] {
	const used = new Set(replay.segments.map(({sequence}) => sequence));
	return [
		...content.temporary,
		...content.snapshots.filter(serial => serial !== replay.snapshot?.serial).map(snapshotName),
		...content.segments.filter(sequence => !used.has(sequence)).map(segmentName),
	];
}

/** Where the log's last good frame ends. */
interface LogEnd {
	readonly sequence: number;
	readonly name: string;
	readonly offset: number;
	readonly chain: number;
	/** The file from `offset` on; not empty and not zero only after a crash in the middle of a flush. */
	readonly rest: Uint8Array;
}

function replaySegments(disk: Disk, sequences: readonly number[], replay: Replay): LogEnd | undefined {
	let end: LogEnd | undefined;
	for (const sequence of sequences) {
		const isLast = sequence === sequences.at(-1);
		const next = replaySegment(readAll(disk, segmentName(sequence)), sequence, isLast, end, replay);
		if (next === undefined && end === undefined && sequence > 1) {
			throw corrupt('the segments before this one are missing', segmentName(sequence), 0, 0);
		}
		if (next !== undefined) end = next;
	}
	return end;
}

/** `undefined` when the segment was begun and never used: then the one before it is the last. */
function replaySegment(
	bytes: Uint8Array,
	sequence: number,
	isLast: boolean,
	before: LogEnd | undefined,
	replay: Replay,
): LogEnd | undefined {
	const name = segmentName(sequence);
	const {lastIndex} = replay;
	const version = decodePreamble(bytes, segmentMagic);
	if (version !== undefined && version !== formatVersion) throw unknownVersion(name, version);
	const header = decodeSegmentHeader(bytes);
	const first = header && decodeFrame(bytes, segmentHeaderBytes, sequence, header.crc);
	if (header === undefined || first === undefined) {
		const isTorn =
			header === undefined
				? isTornHeader(bytes, 0, segmentHeaderBytes)
				: isTornFrame(bytes, segmentHeaderBytes, sequence, header.crc);
		// One write lays down the header and the first frame: a second frame proves that both were durable.
		if (isLast && isTorn && findFrameAfter(bytes, segmentHeaderBytes, sequence) === undefined) return undefined;
		throw corrupt('a segment with a bad head', name, 0, lastIndex);
	}
	// It holds nothing, and its name may not be durable yet: it is begun again. An earlier life may have done so before:
	// then the log has gone on without it, and only its removal was lost.
	// With no segment before it, it is the log: those went when an earlier life found a torn flush in it, cut that off,
	// and had all that they held in a snapshot.
	const canBegin = before !== undefined || sequence === 1;
	if (isLast && canBegin && isZero(bytes, first.end, bytes.length)) return undefined;
	if (header.sequence !== sequence || (before !== undefined && header.previous !== before.chain)) {
		throw corrupt('a segment that does not follow on the one before it', name, 0, lastIndex);
	}
	replay.segments.push({sequence, lastIndex: 0});
	return replayFrames(bytes, {sequence, name, header: header.crc}, isLast, replay);
}

function replayFrames(
	bytes: Uint8Array,
	segment: {readonly sequence: number; readonly name: string; readonly header: number},
	isLast: boolean,
	replay: Replay,
): LogEnd {
	const {sequence, name} = segment;
	let offset = segmentHeaderBytes;
	let chain = segment.header;
	for (;;) {
		const frame = decodeFrame(bytes, offset, sequence, chain);
		if (frame === undefined) break;
		const records = decodeRecords(frame.payload);
		if (records === undefined) throw corrupt('a frame that holds no records', name, offset, replay.lastIndex);
		for (const record of records) replay.apply(record, name, offset);
		offset = frame.end;
		chain = frame.crc;
	}
	const rest = bytes.subarray(Math.min(offset, bytes.length));
	const isClean = isZero(rest, 0, rest.length);
	if (!isClean && !(isLast && isTornFrame(bytes, offset, sequence, chain))) {
		throw corrupt('a bad frame that a crash does not explain', name, offset, replay.lastIndex);
	}
	const later = isClean ? undefined : findFrameAfter(bytes, offset, sequence);
	if (later !== undefined) {
		throw corrupt(`a bad frame with a good one behind it, at byte ${later}`, name, offset, replay.lastIndex);
	}
	return {sequence, name, offset, chain, rest};
}

/** Builds the log up, record by record. */
class Replay {
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

/** Cuts off what is behind the last good frame, and makes what is left durable. */
function reopen(disk: Disk, end: LogEnd, content: DirectoryContent): OpenSegment {
	const {sequence, name, offset, chain, rest} = end;
	if (!isZero(rest, 0, rest.length)) keepBroken(disk, brokenName(sequence, offset), rest, content);
	return guard('cutting the tail', name, () => {
		const file = disk.open(name, {create: false});
		file.truncate(offset);
		return {sequence, file, offset, chain, filledTo: offset};
	});
}

/** For who wants to look; only the last one is kept. Nothing waits for it, and nothing depends on it. */
function keepBroken(disk: Disk, name: string, rest: Uint8Array, {broken}: DirectoryContent): void {
	guard('keeping a copy of the torn tail', name, () => {
		for (const older of broken) disk.remove(older);
		const file = disk.open(name, {create: true});
		file.write(0, new Uint8Array(rest), () => file.close());
	});
}

function readAll(disk: Disk, name: string): Uint8Array {
	return guard('a read', name, () => {
		const file = disk.open(name, {create: false});
		try {
			return file.read(0, file.size());
		} finally {
			file.close();
		}
	});
}

/** Runs what may fail with an error of the disk's own. */
function guard<Result>(operation: string, name: string, action: () => Result): Result {
	try {
		return action();
	} catch (cause) {
		throw new StorageFailedError(operation, name, {cause});
	}
}

const corrupt = (what: string, file: string, offset: number, lastGoodIndex: LogIndex): StorageCorruptError =>
	new StorageCorruptError(what, {file, offset, lastGoodIndex});
