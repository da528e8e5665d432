/**
 * From files to a log, changing nothing. Damage that a crash explains is told apart: a flush that was cut short, a segment that
 * was begun and never used, files that nothing names. Whatever it does not explain is a `StorageCorruptError`, because
 * behind it there may be writes that were acknowledged.
 */
import type {LogEntry} from '../raft/types.js';
import {isZero} from './bytes.js';
import type {Disk} from './disk.js';
import {foreignFile, StorageFailedError, unknownVersion} from './errors.js';
import {isSameIdentity, type Identity} from './identity.js';
import type {LogTail} from './log-tail.js';
import {segmentName, snapshotName, type DirectoryContent} from './names.js';
import {decodeNodeFile, nodeFileName, type LogMark, type NodeFile} from './node-file.js';
import {decodeRecords, type StoredSnapshot} from './record-codec.js';
import {corrupt, Replay} from './replay.js';
import {
	decodeFrame,
	decodePreamble,
	decodeSegmentHeader,
	findFrameAfter,
	formatVersion,
	grownSize,
	isKnownVersion,
	isTornFrame,
	isTornHeader,
	nodeMagic,
	segmentHeaderBytes,
	segmentMagic,
	type Growth,
	type SegmentHeader,
} from './segment-format.js';
import type {Segment} from './segments.js';
import {SnapshotFileReader} from './snapshot-file.js';

export interface LogOnDisk {
	readonly tail: LogTail;
	readonly entries: readonly LogEntry[];
	readonly snapshot: StoredSnapshot | undefined;
	/** Oldest first; the last is the one that was written to. */
	readonly segments: Segment[];
	/** `undefined` for a node whose first start did not get far enough to leave a log. */
	readonly end: LogEnd | undefined;
	/** Files that nothing needs. */
	readonly leftovers: readonly string[];
	/** No file has this number or a higher one. */
	readonly nextSerial: number;
}

/** Where the log's last good frame ends. */
export interface LogEnd extends LogMark {
	readonly name: string;
	/** Its segment is of the version before, and is not written to any more. */
	readonly isOlder: boolean;
	readonly growth: Growth;
	/** Where what was written together with the last frame starts. */
	readonly flushOffset: number;
	/** From there up to the end. */
	readonly flush: Uint8Array;
	/** The file behind the end; not empty and not zero only after a crash in the middle of a flush. */
	readonly rest: Uint8Array;
}

/** The node's own file; `undefined` when there is none. Throws what `RaftStorage.load` does. */
export function readNodeFile(disk: Disk, {hasNodeFile}: DirectoryContent): NodeFile | undefined {
	if (!hasNodeFile) return undefined;
	const bytes = readAll(disk, nodeFileName);
	const version = decodePreamble(bytes, nodeMagic);
	if (version !== undefined && version !== formatVersion) throw unknownVersion(nodeFileName, version, formatVersion);
	const file = decodeNodeFile(bytes);
	if (file === undefined) throw corrupt("the node's own file is damaged", nodeFileName, 0, 0);
	return file;
}

/** Reads all that is durable. Throws what `RaftStorage.load` does. */
export function readLog(
	disk: Disk,
	content: DirectoryContent,
	identity: Identity,
	nodeFile: NodeFile | undefined,
): LogOnDisk {
	const replay = new Replay();
	const sequences = nodeFile === undefined ? unmarkedRun(disk, content) : markedRun(disk, content, nodeFile.mark);
	let end: LogEnd | undefined;
	for (const sequence of sequences) {
		const segment = openSegment(disk, sequence, end, identity, replay);
		end = replayFrames(segment, {isLast: sequence === sequences.at(-1), nodeFile}, replay);
	}
	if (end === undefined && content.snapshots.length > 0) {
		throw corrupt('there are snapshots and no log', segmentName(1), 0, 0);
	}
	if (end !== undefined) replay.assertComplete(end.name);
	const {snapshot} = replay;
	// Opening it checks that the file is there, that it is the one that the log means, and that it is whole.
	if (snapshot !== undefined) new SnapshotFileReader(disk, identity, snapshot).close();
	return {
		tail: replay.tail,
		entries: replay.entries,
		snapshot,
		segments: replay.segments,
		end,
		leftovers: leftoversOf(content, replay),
		nextSerial: Math.max(0, snapshot?.serial ?? 0, ...content.snapshots) + 1,
	};
}

// ------------------------------------------------------------------------------------------- which segments count

/** The log reaches its mark, so that segment was used; one behind it was begun, and a crash came before its mark. */
function markedRun(disk: Disk, {segments}: DirectoryContent, mark: LogMark): readonly number[] {
	const used = segments.filter(sequence => sequence <= mark.sequence);
	if (used.at(-1) !== mark.sequence) {
		throw corrupt('the segment that was written to last is missing', segmentName(mark.sequence), 0, 0);
	}
	for (const sequence of segments.slice(used.length)) {
		const isExplained = sequence === mark.sequence + 1 && stateOfLast(disk, sequence) !== 'used';
		if (!isExplained) throw corrupt('a segment that the node does not know of', segmentName(sequence), 0, 0);
	}
	return lastRun(used);
}

/**
 * The segments of a node without a file of its own: those of the version before, or what a first start left when it was
 * interrupted before it wrote that file. The latter never took part, so there is nothing in it.
 */
function unmarkedRun(disk: Disk, {segments}: DirectoryContent): readonly number[] {
	const last = segments.at(-1);
	if (last === undefined) return [];
	const state = stateOfLast(disk, last);
	const isOlder = decodeSegmentHeader(readAll(disk, segmentName(last)))?.identity === undefined;
	if (state === 'used' && !isOlder) throw corrupt("the node's own file is missing beside its log", nodeFileName, 0, 0);
	// One of the version before whose log never got further: it still has to be told from one that is gone.
	if (state === 'used' || (state === 'begun' && isOlder && segments.length === 1)) return lastRun(segments);
	if (segments.length === 1 && last > 1) {
		throw corrupt('the segments before this one are missing', segmentName(last), 0, 0);
	}
	return lastRun(segments.slice(0, -1));
}

/** The segments up to the last that follow each other: older ones were on their way out when a crash came. */
function lastRun(sequences: readonly number[]): readonly number[] {
	let start = sequences.length - 1;
	while (start > 0 && sequences[start - 1] === (sequences[start] ?? 0) - 1) start--;
	return sequences.slice(Math.max(0, start));
}

/**
 * How far the newest segment got. `torn`: its head is not whole, as after a crash while it was begun; `begun`: it has a
 * head and no flush. Throws a `StorageCorruptError` where a crash explains neither.
 */
function stateOfLast(disk: Disk, sequence: number): 'torn' | 'begun' | 'used' {
	const name = segmentName(sequence);
	const bytes = readAll(disk, name);
	assertKnown(bytes, name);
	const header = decodeSegmentHeader(bytes);
	const first = header && decodeFrame(bytes, header.length, sequence, header.crc);
	if (header !== undefined && first !== undefined) return isZero(bytes, first.end, bytes.length) ? 'begun' : 'used';
	const isTorn =
		header === undefined
			? isTornHeader(bytes, 0, segmentHeaderBytes)
			: isTornFrame(bytes, header.length, sequence, header.crc);
	// One write lays down the header and the first frame: a second frame proves that both were durable.
	if (isTorn && findFrameAfter(bytes, header?.length ?? segmentHeaderBytes, sequence) === undefined) return 'torn';
	throw corrupt('a segment with a bad head', name, 0, 0);
}

function leftoversOf(content: DirectoryContent, replay: Replay): readonly string[] {
	const used = new Set(replay.segments.map(({sequence}) => sequence));
	return [
		...content.temporary,
		...content.replacements,
		...content.snapshots.filter(serial => serial !== replay.snapshot?.serial).map(snapshotName),
		...content.segments.filter(sequence => !used.has(sequence)).map(segmentName),
	];
}

// --------------------------------------------------------------------------------------------------- one segment

interface OpenedSegment {
	readonly bytes: Uint8Array;
	readonly name: string;
	readonly header: SegmentHeader;
}

function openSegment(
	disk: Disk,
	sequence: number,
	before: LogEnd | undefined,
	identity: Identity,
	replay: Replay,
): OpenedSegment {
	const name = segmentName(sequence);
	const bytes = readAll(disk, name);
	assertKnown(bytes, name);
	const header = decodeSegmentHeader(bytes);
	if (header === undefined) throw corrupt('a segment with a bad head', name, 0, replay.lastIndex);
	if (header.identity !== undefined && !isSameIdentity(header.identity, identity)) {
		throw foreignFile(name, header.identity, identity);
	}
	if (header.sequence !== sequence || (before !== undefined && header.previous !== before.chain)) {
		throw corrupt('a segment that does not follow on the one before it', name, 0, replay.lastIndex);
	}
	replay.segments.push({sequence, lastIndex: 0});
	return {bytes, name, header};
}

interface SegmentRole {
	readonly isLast: boolean;
	readonly nodeFile: NodeFile | undefined;
}

function replayFrames({bytes, name, header}: OpenedSegment, {isLast, nodeFile}: SegmentRole, replay: Replay): LogEnd {
	const {sequence} = header;
	const size = new ExpectedSize(header, nodeFile?.mark);
	let isMarkReached = nodeFile?.mark.sequence !== sequence;
	let offset = header.length;
	let chain = header.crc;
	let flushOffset = 0;
	for (;;) {
		const frame = decodeFrame(bytes, offset, sequence, chain);
		if (frame === undefined) break;
		const records = decodeRecords(frame.payload);
		if (records === undefined) throw corrupt('a frame that holds no records', name, offset, replay.lastIndex);
		for (const record of records) replay.apply(record, name, offset);
		// One write lays down the header and the first frame.
		flushOffset = offset === header.length ? 0 : offset;
		offset = frame.end;
		chain = frame.crc;
		size.frame(offset);
		if (nodeFile?.mark.sequence === sequence && nodeFile.mark.offset === offset) {
			isMarkReached = nodeFile.mark.chain === chain;
		}
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
	if (!isMarkReached) {
		const what = `the log was durable up to byte ${nodeFile?.mark.offset}, and what is left of it ends before that`;
		throw corrupt(what, name, offset, replay.lastIndex);
	}
	if (isLast && nodeFile?.isClosed === true && (offset !== nodeFile.mark.offset || !isClean)) {
		throw corrupt(`the log was closed at byte ${nodeFile.mark.offset}, and goes on`, name, offset, replay.lastIndex);
	}
	if (isLast && bytes.length < size.least(isClean)) {
		const what = `the file was ${size.least(isClean)} bytes long, and ${bytes.length} are left`;
		throw corrupt(what, name, offset, replay.lastIndex);
	}
	const flush = bytes.subarray(flushOffset, offset);
	const isOlder = header.identity === undefined;
	return {sequence, name, offset, chain, isOlder, growth: header.growth, flushOffset, flush, rest};
}

/**
 * How long a segment's file has to be. It grows ahead of its frames and never gets shorter but when a life begins, which
 * is when the mark is set. So a file that was cut off at a frame, or in one that did not make it grow, gives itself away.
 */
class ExpectedSize {
	readonly #growth: Growth;
	readonly #mark: LogMark | undefined;
	/** After the last frame, and before it. */
	#now = 0;
	#before = 0;

	constructor({growth, sequence}: SegmentHeader, mark: LogMark | undefined) {
		this.#growth = growth;
		this.#mark = mark?.sequence === sequence ? mark : undefined;
	}

	frame(end: number): void {
		this.#before = this.#now;
		if (this.#mark === undefined || end <= this.#mark.offset) this.#now = end;
		else if (end > this.#now) this.#now = grownSize(end, this.#growth);
	}

	/** The last frame's own growth is durable only when a later flush has begun. */
	least(isLastFlush: boolean): number {
		return isLastFlush ? this.#before : this.#now;
	}
}

function assertKnown(bytes: Uint8Array, name: string): void {
	const version = decodePreamble(bytes, segmentMagic);
	if (version !== undefined && !isKnownVersion(version)) throw unknownVersion(name, version, formatVersion);
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
export function guard<Result>(operation: string, name: string, action: () => Result): Result {
	try {
		return action();
	} catch (cause) {
		throw new StorageFailedError(operation, name, {cause});
	}
}
