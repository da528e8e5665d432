/** Appends frames to the last segment of a log, one at a time, and begins the next segment when it is full. */
import {assert} from '../raft/errors.js';
import type {Disk, DiskFile} from './disk.js';
import {segmentName} from './names.js';
import {encodeRecord, recordBytes} from './record-codec.js';
import type {LogRecord} from './record-codec.js';
import {encodeSegmentHeader, frameBytes, frameHeaderBytes, sealFrame, segmentHeaderBytes} from './segment-format.js';
import type {Done} from './storage.js';

/** The segment that is being written. */
export interface OpenSegment {
	readonly sequence: number;
	readonly file: DiskFile;
	/** Where the next frame goes, bytes. */
	offset: number;
	/** What the next frame names as `previous`. */
	chain: number;
	/** The file's size; zeros from `offset` on. */
	filledTo: number;
}

export interface LogWriterOptions {
	readonly segmentBytes: number;
	readonly preallocateBytes: number;
}

/** A buffer up to this size serves flush after flush; a larger one is let go. */
const keptBufferBytes = 1024 * 1024;

export class LogWriter {
	readonly #disk: Disk;
	readonly #options: LogWriterOptions;
	#segment: OpenSegment | undefined;
	/** Only one flush is under way, and a disk is done with the bytes when it says so. */
	#buffer = new Uint8Array(0);

	constructor(disk: Disk, options: LogWriterOptions, segment: OpenSegment | undefined) {
		this.#disk = disk;
		this.#options = options;
		this.#segment = segment;
	}

	/** The segment that frames go to; 0 before the first. */
	get sequence(): number {
		return this.#segment?.sequence ?? 0;
	}

	/** Whether a frame with this payload goes to a new segment, so `begin` must come first. */
	isFull(payloadLength: number): boolean {
		if (this.#segment === undefined) return true;
		return this.#segment.offset + frameBytes(payloadLength) > this.#options.segmentBytes;
	}

	/**
	 * Begins the next segment. It starts with a record of where the log stands, so it needs no older segment for that;
	 * its name and its head are durable before the first frame goes to it.
	 */
	begin(checkpoint: LogRecord, done: Done): void {
		const sequence = this.sequence + 1;
		const length = recordBytes(checkpoint);
		const size = segmentHeaderBytes + frameBytes(length);
		const bytes = new Uint8Array(size);
		const previous = encodeSegmentHeader(bytes, sequence, this.#segment?.chain ?? 0);
		encodeRecord(bytes, segmentHeaderBytes + frameHeaderBytes, checkpoint);
		const frame = {sequence, position: segmentHeaderBytes, previous, length};
		const chain = sealFrame(bytes, segmentHeaderBytes, frame);
		let file: DiskFile;
		try {
			file = this.#disk.open(segmentName(sequence), {create: true});
		} catch (error) {
			done(error as Error);
			return;
		}
		this.#segment?.file.close();
		this.#segment = {sequence, file, offset: size, chain, filledTo: size};
		writeAndSync(file, 0, bytes, error => {
			if (error === undefined) this.#disk.syncDirectory(done);
			else done(error);
		});
	}

	/** Writes the records as one frame. `done`: durable. All of them survive a crash, or none. */
	append(records: readonly LogRecord[], payloadLength: number, done: Done): void {
		const segment = this.#segment;
		assert(segment !== undefined, 'a log has a segment before its first frame');
		const length = frameBytes(payloadLength);
		const end = segment.offset + length;
		const filledTo = end > segment.filledTo ? this.#fillTarget(end) : segment.filledTo;
		const zeros = end > segment.filledTo ? filledTo - end : 0;
		const bytes = this.#takeBuffer(length + zeros);
		let offset = frameHeaderBytes;
		for (const record of records) offset = encodeRecord(bytes, offset, record);
		assert(offset === frameHeaderBytes + payloadLength, 'a frame is as long as its records');
		const {sequence, chain: previous, offset: position} = segment;
		segment.chain = sealFrame(bytes, 0, {sequence, position, previous, length: payloadLength});
		bytes.fill(0, length, length + zeros);
		segment.offset = end;
		segment.filledTo = filledTo;
		writeAndSync(segment.file, position, bytes.subarray(0, length + zeros), done);
	}

	close(): void {
		this.#segment?.file.close();
		this.#segment = undefined;
	}

	/** A write within the file's size costs half of one that makes it grow: no inode has to be journalled. */
	#fillTarget(end: number): number {
		const {preallocateBytes, segmentBytes} = this.#options;
		if (preallocateBytes === 0) return end;
		return Math.max(end, Math.min(segmentBytes, Math.ceil(end / preallocateBytes) * preallocateBytes));
	}

	#takeBuffer(length: number): Uint8Array {
		if (length > keptBufferBytes) return new Uint8Array(length);
		if (this.#buffer.length < length) {
			this.#buffer = new Uint8Array(Math.min(keptBufferBytes, Math.max(length, this.#buffer.length * 2)));
		}
		return this.#buffer;
	}
}

function writeAndSync(file: DiskFile, offset: number, bytes: Uint8Array, done: Done): void {
	file.write(offset, bytes, error => {
		if (error === undefined) file.sync(done);
		else done(error);
	});
}
