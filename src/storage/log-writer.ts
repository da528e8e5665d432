/** Appends frames to the last segment of a log, one at a time, and begins the next segment when it is full. */
import {assert} from '../base/errors.js';
import type {Disk, DiskFile} from './disk.js';
import type {Identity} from './identity.js';
import {segmentName} from './names.js';
import {encodeRecord, recordBytes, type LogRecord} from './record-codec.js';
import type {LogMark} from './node-file.js';
import {
	encodeSegmentHeader,
	frameBytes,
	frameHeaderBytes,
	grownSize,
	sealFrame,
	segmentHeaderBytes,
	type Growth,
} from './segment-format.js';
import type {Done} from './storage.js';

/** The segment that is being written. */
export interface OpenSegment {
	readonly sequence: number;
	readonly file: DiskFile;
	/** As its header says: a later life goes on in the same way. */
	readonly growth: Growth;
	/** Where the next frame goes, bytes. */
	offset: number;
	/** What the next frame names as `previous`. */
	chain: number;
	/** The file's size; zeros from `offset` on. */
	filledTo: number;
}

export interface LogWriterOptions extends Growth {
	readonly identity: Identity;
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
		return this.#open.offset + frameBytes(payloadLength) > this.#options.segmentBytes;
	}

	/** Where the next frame goes. */
	get end(): LogMark {
		const {sequence, offset, chain} = this.#open;
		return {sequence, offset, chain};
	}

	/**
	 * Begins the next segment. It starts with a record of where the log stands, so it needs no older segment for that.
	 * `done`: its name and its head are durable; the first frame has to wait until the node's file has a mark in it.
	 */
	begin(checkpoint: LogRecord, done: Done): void {
		let bytes: Uint8Array;
		try {
			bytes = this.#create(checkpoint);
		} catch (error) {
			done(error as Error);
			return;
		}
		writeAndSync(this.#open.file, 0, bytes, error => {
			if (error === undefined) this.#disk.syncDirectory(done);
			else done(error);
		});
	}

	/** The same at the start of a life. Throws the disk's error. */
	beginNow(checkpoint: LogRecord): void {
		const bytes = this.#create(checkpoint);
		this.#open.file.writeNow(0, bytes);
		this.#disk.syncDirectoryNow();
	}

	/** Cuts off what lies behind the last frame. Throws the disk's error. */
	cut(): void {
		this.#open.file.truncate(this.#open.offset);
	}

	/** Creates the next segment's file; what has to be written to it. */
	#create(checkpoint: LogRecord): Uint8Array {
		const {identity, segmentBytes, preallocateBytes} = this.#options;
		const growth = {segmentBytes, preallocateBytes};
		const sequence = this.sequence + 1;
		const length = recordBytes(checkpoint);
		const size = segmentHeaderBytes + frameBytes(length);
		const bytes = new Uint8Array(size);
		const header = {identity, sequence, previous: this.#segment?.chain ?? 0, growth};
		const previous = encodeSegmentHeader(bytes, header);
		encodeRecord(bytes, segmentHeaderBytes + frameHeaderBytes, checkpoint);
		const frame = {sequence, position: segmentHeaderBytes, previous, length};
		const chain = sealFrame(bytes, segmentHeaderBytes, frame);
		const file = this.#disk.open(segmentName(sequence), {create: true});
		this.#segment?.file.close();
		this.#segment = {sequence, file, growth, offset: size, chain, filledTo: size};
		return bytes;
	}

	/** Writes the records as one frame. `done`: durable. All of them survive a crash, or none. */
	append(records: readonly LogRecord[], payloadLength: number, done: Done): void {
		const segment = this.#open;
		const length = frameBytes(payloadLength);
		const end = segment.offset + length;
		// A write within the file's size costs half of one that makes it grow: no inode has to be journalled.
		const filledTo = end > segment.filledTo ? grownSize(end, segment.growth) : segment.filledTo;
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

	get #open(): OpenSegment {
		assert(this.#segment !== undefined, 'a log has a segment before its first frame');
		return this.#segment;
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
