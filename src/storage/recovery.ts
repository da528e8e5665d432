/**
 * Opens a node's log for a new life: reads what is durable, puts right what a crash explains, and leaves the last segment
 * ready to be written. Nothing is changed before everything has been read and found good.
 */
import type {Disk} from './disk.js';
import {replaceFileNow} from './durable-file.js';
import {StorageCorruptError} from './errors.js';
import {LogWriter, type LogWriterOptions, type OpenSegment} from './log-writer.js';
import {brokenName, segmentName, sortNames, type DirectoryContent} from './names.js';
import {encodeNodeFile, nodeFileName, type NodeFile} from './node-file.js';
import {guard, readLog, readNodeFile, type LogEnd, type LogOnDisk} from './read-log.js';
import type {Identity} from './identity.js';
import {checkStart, type ExpectedStart} from './start-check.js';

/** What recovery cut off: the end of a flush that a crash interrupted. Nobody was told that it is durable. */
export interface CutTail {
	readonly file: string;
	/** Bytes from the start of the file. */
	readonly offset: number;
	readonly bytes: number;
}

export interface RecoveredLog extends LogOnDisk {
	readonly writer: LogWriter;
	/** The number of this start. */
	readonly starts: number;
	readonly cutTail: CutTail | undefined;
}

export interface FoundLog {
	readonly content: DirectoryContent;
	/** `undefined`: the node has no file of its own yet. */
	readonly nodeFile: NodeFile | undefined;
	/** The number that the next start gets. */
	readonly starts: number;
	readonly log: LogOnDisk;
}

/** All that a start reads, and every reason that it has to refuse; changes nothing. Throws what `RaftStorage.load` does. */
export function readForStart(disk: Disk, identity: Identity, expected: ExpectedStart | undefined): FoundLog {
	const content = sortNames(guard('listing', 'the directory', () => disk.list()));
	const nodeFile = readNodeFile(disk, content);
	const starts = checkStart(nodeFile, identity, expected);
	const log = readLog(disk, content, identity, nodeFile);
	if (log.end === undefined && expected?.isOlder === true) {
		const site = {file: segmentName(1), offset: 0, lastGoodIndex: 0};
		throw new StorageCorruptError('there is no log, though this node has run before', site);
	}
	return {content, nodeFile, starts, log};
}

/** Throws what `RaftStorage.load` does. */
export function recoverLog(disk: Disk, options: LogWriterOptions, expected: ExpectedStart | undefined): RecoveredLog {
	const {identity} = options;
	const {content, starts, log} = readForStart(disk, identity, expected);
	const {end} = log;
	for (const name of log.leftovers) guard('removing', name, () => disk.remove(name));
	const cutTail = end === undefined ? undefined : keepTornTail(disk, end, content);
	const writer = new LogWriter(disk, options, end && openEnd(disk, end));
	try {
		if (end === undefined || end.isOlder) beginSegment(writer, log);
		noteStart(disk, {identity, starts, mark: writer.end, isClosed: false});
		// Only now: the mark is what explains that the file gets shorter.
		if (writer.sequence === end?.sequence) guard('cutting the tail', end.name, () => writer.cut());
	} catch (error) {
		writer.close();
		throw error;
	}
	return {...log, writer, starts, cutTail};
}

/**
 * Opens the last segment, and writes its last flush once more. It may have been written by a life whose sync of it failed:
 * then it reads well from the kernel's cache, is not on the disk, and no sync brings it there, because its pages count as
 * clean (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). Every flush before it was
 * synced with success, or this one would never have been written.
 */
function openEnd(disk: Disk, end: LogEnd): OpenSegment {
	const {sequence, name, offset, chain, growth, flush, flushOffset, isOlder} = end;
	const file = guard('opening', name, () => disk.open(name, {create: false}));
	try {
		guard('a write', name, () => file.writeNow(flushOffset, flush));
		if (isOlder) guard('cutting the tail', name, () => file.truncate(offset));
	} catch (error) {
		file.close();
		throw error;
	}
	return {sequence, file, growth, offset, chain, filledTo: offset};
}

/** A new node's first segment, or the first one of this format behind those of the version before. */
function beginSegment(writer: LogWriter, {tail, snapshot}: LogOnDisk): void {
	const {hardState, nextIndex} = tail;
	const record = {hardState, snapshot, truncateFrom: undefined, checkpoint: nextIndex, entries: []};
	guard('beginning', segmentName(writer.sequence + 1), () => writer.beginNow(record));
}

const noteStart = (disk: Disk, file: NodeFile): void =>
	guard('a write', nodeFileName, () => replaceFileNow(disk, nodeFileName, encodeNodeFile(file)));

/** For who wants to look; only the last one is kept. Nothing waits for it, and nothing depends on it. */
function keepTornTail(
	disk: Disk,
	{sequence, name, offset, rest}: LogEnd,
	content: DirectoryContent,
): CutTail | undefined {
	const bytes = rest.findLastIndex(byte => byte !== 0) + 1;
	if (bytes === 0) return undefined;
	const copy = brokenName(sequence, offset);
	guard('keeping a copy of the torn tail', copy, () => {
		for (const older of content.broken) disk.remove(older);
		const file = disk.open(copy, {create: true});
		file.write(0, new Uint8Array(rest), () => file.close());
	});
	return {file: name, offset, bytes};
}
