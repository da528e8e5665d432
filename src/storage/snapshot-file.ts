/**
 * A snapshot's file, checked block by block as it is read.
 *
 *     file   := preamble, 16 | cluster id, 16 | node, u32 | serial, u32 | lastIncludedIndex, u48 |
 *               lastIncludedTerm, u48 | length, u16 | configuration | crc of all before, u32 |
 *               block ... | footer                                                      (little endian)
 *     block  := up to 64 KiB, all but the last are full | crc, u32
 *     footer := bytes of data, u48 | crc, u32
 *
 * The crcs of blocks and footer start from the header's and the block's number: a block cannot stand in for another.
 * Version 1 named neither cluster nor node.
 */
import {crc32} from 'node:zlib';
import {decodeConfiguration, encodeConfiguration} from '../raft/codec.js';
import {assert} from '../base/errors.js';
import {term, type LogIndex, type SnapshotMeta} from '../raft/types.js';
import {getUint48, setUint48, viewOf} from './bytes.js';
import type {Disk, DiskFile} from './disk.js';
import {foreignFile, StorageCorruptError, StorageFailedError, unknownVersion} from './errors.js';
import {decodeIdentity, encodeIdentity, identityBytes, isSameIdentity, type Identity} from './identity.js';
import {snapshotName} from './names.js';
import type {StoredSnapshot} from './record-codec.js';
import {
	decodePreamble,
	encodePreamble,
	formatVersion,
	isKnownVersion,
	olderFormatVersion,
	preambleBytes,
	snapshotMagic,
} from './segment-format.js';
import type {Done, SnapshotReader} from './storage.js';

const blockBytes = 64 * 1024;
const smallBlockBytes = 1024;
/** So much is synced on the way: a disk that is given all of a large snapshot at the end keeps the log's syncs waiting. */
const syncBytes = 1024 * 1024;
const crcBytes = 4;
const metaBytes = 18;
const footerBytes = 10;

/** Writes a snapshot as a stream of chunks. Its owner names the file and handles failures. */
export class SnapshotFileWriter {
	readonly #file: DiskFile;
	readonly #headerCrc: number;
	/** Where the next write goes. */
	#offset = 0;
	/** What is before this was synced, or is being synced. */
	#syncedTo = 0;
	/** Bytes of data so far. */
	#size = 0;
	/** The block that is being filled; written out when it is full. Most snapshots of a small state never fill one. */
	#block = new Uint8Array(smallBlockBytes);
	#header: Uint8Array | undefined;

	constructor(file: DiskFile, identity: Identity, stored: StoredSnapshot) {
		this.#file = file;
		this.#header = encodeHeader(identity, stored);
		this.#headerCrc = viewOf(this.#header).getUint32(this.#header.length - crcBytes, true);
	}

	write(data: Uint8Array, done: Done): void {
		const parts = this.#header === undefined ? [] : [this.#header];
		this.#header = undefined;
		for (let taken = 0; taken < data.length;) {
			const filled = this.#size % blockBytes;
			const part = data.subarray(taken, taken + blockBytes - filled);
			this.#reserve(filled + part.length);
			this.#block.set(part, filled);
			this.#size += part.length;
			taken += part.length;
			if (this.#size % blockBytes === 0) parts.push(this.#sealBlock());
		}
		this.#put(parts, error => {
			if (error !== undefined || this.#offset - this.#syncedTo < syncBytes) return done(error);
			this.#syncedTo = this.#offset;
			this.#file.sync(done);
		});
	}

	/** `done`: all bytes are durable in the file. */
	finish(done: Done): void {
		const parts = this.#header === undefined ? [] : [this.#header];
		if (this.#size % blockBytes > 0) parts.push(this.#sealBlock());
		parts.push(encodeFooter(this.#size, this.#headerCrc));
		this.#put(parts, error => {
			if (error === undefined) this.#file.sync(done);
			else done(error);
		});
	}

	close(): void {
		this.#file.close();
	}

	#reserve(length: number): void {
		if (length <= this.#block.length) return;
		const larger = new Uint8Array(Math.min(blockBytes, Math.max(length, this.#block.length * 4)));
		larger.set(this.#block);
		this.#block = larger;
	}

	#sealBlock(): Uint8Array {
		const length = ((this.#size - 1) % blockBytes) + 1;
		const number = Math.ceil(this.#size / blockBytes) - 1;
		const sealed = new Uint8Array(length + crcBytes);
		sealed.set(this.#block.subarray(0, length));
		viewOf(sealed).setUint32(length, blockCrc(sealed.subarray(0, length), number, this.#headerCrc), true);
		return sealed;
	}

	#put(parts: readonly Uint8Array[], done: Done): void {
		if (parts.length === 0) {
			done();
			return;
		}
		const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
		let offset = 0;
		for (const part of parts) {
			bytes.set(part, offset);
			offset += part.length;
		}
		const position = this.#offset;
		// Before the call: a disk that completes at once brings the next write along.
		this.#offset += bytes.length;
		this.#file.write(position, bytes, done);
	}
}

/** Reads a snapshot at any offset; verifies each block that it hands out. */
export class SnapshotFileReader implements SnapshotReader {
	readonly snapshot: SnapshotMeta;
	readonly size: number;
	readonly #name: string;
	readonly #file: DiskFile;
	readonly #headerBytes: number;
	readonly #headerCrc: number;
	/** The block that was read last: a stream of small reads reads the file once. */
	#cached: {readonly number: number; readonly data: Uint8Array} | undefined;
	#closed = false;

	/**
	 * Checks the frame of the file, its header and size; `read` checks the rest. Throws a `StorageCorruptError`, and
	 * a `DataDirectoryError` for a file of another node.
	 */
	constructor(disk: Disk, identity: Identity, {serial, meta}: StoredSnapshot) {
		this.#name = snapshotName(serial);
		this.#file = openStored(disk, this.#name, meta.lastIncludedIndex);
		try {
			const header = readHeader(this.#file, this.#name);
			if (header === undefined || header.stored.serial !== serial || !isSameMeta(header.stored.meta, meta)) {
				throw this.#corrupt('a snapshot with a bad header', 0, 0);
			}
			if (header.identity !== undefined && !isSameIdentity(header.identity, identity)) {
				throw foreignFile(this.#name, header.identity, identity);
			}
			this.snapshot = meta;
			this.#headerBytes = header.length;
			this.#headerCrc = header.crc;
			this.size = this.#readFooter();
		} catch (error) {
			this.#file.close();
			throw error;
		}
	}

	read(offset: number, length: number): Uint8Array {
		assert(!this.#closed, 'a snapshot is read before it is closed');
		const end = Math.min(offset + length, this.size);
		const bytes = new Uint8Array(Math.max(0, end - offset));
		for (let at = offset; at < end;) {
			const number = Math.floor(at / blockBytes);
			const part = this.#block(number).subarray(at - number * blockBytes, end - number * blockBytes);
			bytes.set(part, at - offset);
			at += part.length;
		}
		return bytes;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#cached = undefined;
		this.#file.close();
	}

	#block(number: number): Uint8Array {
		if (this.#cached?.number === number) return this.#cached.data;
		const offset = this.#headerBytes + number * (blockBytes + crcBytes);
		const length = Math.min(blockBytes, this.size - number * blockBytes);
		const bytes = readOrFail(this.#file, this.#name, offset, length + crcBytes);
		const data = bytes.subarray(0, length);
		if (
			bytes.length !== length + crcBytes ||
			viewOf(bytes).getUint32(length, true) !== blockCrc(data, number, this.#headerCrc)
		) {
			throw this.#corrupt('a snapshot with a bad block', offset, this.snapshot.lastIncludedIndex);
		}
		this.#cached = {number, data};
		return data;
	}

	#readFooter(): number {
		const fileSize = this.#file.size();
		const offset = fileSize - footerBytes;
		const footer = offset < this.#headerBytes ? undefined : readOrFail(this.#file, this.#name, offset, footerBytes);
		if (footer !== undefined && footer.length === footerBytes) {
			const view = viewOf(footer);
			const size = getUint48(view, 0);
			const dataBytes = size + Math.ceil(size / blockBytes) * crcBytes;
			const isGood = view.getUint32(6, true) === crc32(footer.subarray(0, 6), this.#headerCrc);
			if (isGood && this.#headerBytes + dataBytes + footerBytes === fileSize) return size;
		}
		throw this.#corrupt('a snapshot that is cut short', Math.max(0, offset), 0);
	}

	#corrupt(what: string, offset: number, lastGoodIndex: LogIndex): StorageCorruptError {
		return new StorageCorruptError(what, {file: this.#name, offset, lastGoodIndex});
	}
}

/** What a snapshot's file says of itself; `undefined` where its header is not good. Throws where there is no such file. */
export function storedSnapshot(disk: Disk, serial: number): StoredSnapshot | undefined {
	const name = snapshotName(serial);
	const file = disk.open(name, {create: false});
	try {
		return readHeader(file, name)?.stored;
	} finally {
		file.close();
	}
}

const blockCrc = (data: Uint8Array, number: number, headerCrc: number): number =>
	crc32(data, (headerCrc ^ number) >>> 0);

function encodeHeader(identity: Identity, {serial, meta}: StoredSnapshot): Uint8Array {
	const configuration = encodeConfiguration(meta.configuration);
	const at = preambleBytes + identityBytes;
	const bytes = new Uint8Array(at + metaBytes + configuration.length + crcBytes);
	const view = viewOf(bytes);
	encodePreamble(bytes, snapshotMagic);
	encodeIdentity(bytes, preambleBytes, identity);
	view.setUint32(at, serial, true);
	setUint48(view, at + 4, meta.lastIncludedIndex);
	setUint48(view, at + 10, meta.lastIncludedTerm);
	view.setUint16(at + 16, configuration.length, true);
	bytes.set(configuration, at + metaBytes);
	const crcOffset = bytes.length - crcBytes;
	view.setUint32(crcOffset, crc32(bytes.subarray(0, crcOffset)), true);
	return bytes;
}

function encodeFooter(size: number, headerCrc: number): Uint8Array {
	const bytes = new Uint8Array(footerBytes);
	const view = viewOf(bytes);
	setUint48(view, 0, size);
	view.setUint32(6, crc32(bytes.subarray(0, 6), headerCrc), true);
	return bytes;
}

interface Header {
	/** `undefined` in a file of version 1. */
	readonly identity: Identity | undefined;
	readonly stored: StoredSnapshot;
	readonly length: number;
	readonly crc: number;
}

function readHeader(file: DiskFile, name: string): Header | undefined {
	const version = decodePreamble(readOrFail(file, name, 0, preambleBytes), snapshotMagic);
	if (version === undefined) return undefined;
	if (!isKnownVersion(version)) throw unknownVersion(name, version, formatVersion);
	const isOlder = version === olderFormatVersion;
	const at = preambleBytes + (isOlder ? 0 : identityBytes);
	const fixed = readOrFail(file, name, 0, at + metaBytes);
	if (fixed.length < at + metaBytes) return undefined;
	const length = at + metaBytes + viewOf(fixed).getUint16(at + 16, true) + crcBytes;
	const bytes = readOrFail(file, name, 0, length);
	if (bytes.length < length) return undefined;
	const view = viewOf(bytes);
	const crcOffset = length - crcBytes;
	const crc = view.getUint32(crcOffset, true);
	if (crc !== crc32(bytes.subarray(0, crcOffset))) return undefined;
	const configuration = decodeConfiguration(bytes.subarray(at + metaBytes, crcOffset));
	if (configuration === undefined) return undefined;
	const meta = {
		lastIncludedIndex: getUint48(view, at + 4),
		lastIncludedTerm: term(getUint48(view, at + 10)),
		configuration,
	};
	const identity = isOlder ? undefined : decodeIdentity(bytes, preambleBytes);
	return {identity, stored: {serial: view.getUint32(at, true), meta}, length, crc};
}

const isSameMeta = (one: SnapshotMeta, other: SnapshotMeta): boolean =>
	one.lastIncludedIndex === other.lastIncludedIndex &&
	one.lastIncludedTerm === other.lastIncludedTerm &&
	String(encodeConfiguration(one.configuration)) === String(encodeConfiguration(other.configuration));

function openStored(disk: Disk, name: string, lastGoodIndex: LogIndex): DiskFile {
	if (!disk.list().includes(name)) {
		throw new StorageCorruptError('the snapshot that the log names is missing', {file: name, offset: 0, lastGoodIndex});
	}
	try {
		return disk.open(name, {create: false});
	} catch (cause) {
		throw new StorageFailedError('opening', name, {cause});
	}
}

function readOrFail(file: DiskFile, name: string, offset: number, length: number): Uint8Array {
	try {
		return file.read(offset, length);
	} catch (cause) {
		throw new StorageFailedError('a read', name, {cause});
	}
}
