/**
 * The bytes of a log file.
 *
 *     segment := header | frame | frame | ... | zeros                                   (little endian)
 *     header  := magic, 8 | version, u32 | crc of these, u32 | cluster id, 16 | node, u32 |
 *                sequence, u32 | previous, u32 | preallocated bytes, u32 | segment bytes, u32 | zeros |
 *                crc of all before, u32                                                  64 bytes
 *     frame   := position, u32 | payload length, u32 | previous, u32 | zero sectors, u32 |
 *                crc of payload, u32 | crc of all before, u32 | payload | end mark, u8 | zeros up to 32
 *
 * One frame is one flush: the next frame is written only after the sync of this one. So a bad frame with a good one
 * behind it was durable once, and is damage; a bad frame at the very end may be a flush that a crash cut short.
 *
 * `previous` is the header crc of the frame before (of the segment's header for its first frame, and a segment's header
 * names the last frame of the segment before): frames of another life, or a file of another log, do not fit.
 * A frame starts at a multiple of 32 bytes, so its header lies in one sector and is there or is not. `position` is
 * the frame's own place: what was written elsewhere is not taken for a frame here.
 *
 * Version 1 had a header of 32 bytes that named neither cluster nor node; its frames were the same:
 *
 *     header  := preamble, 16 | sequence, u32 | previous, u32 | zero, u32 | crc of all before, u32
 */
import {crc32} from 'node:zlib';
import {isZero, sectorBytes, viewOf} from './bytes.js';
import {decodeIdentity, encodeIdentity, type Identity} from './identity.js';

export const formatVersion = 2;
/** The one before: its files are still read, and never written. */
export const olderFormatVersion = 1;
export const segmentHeaderBytes = 64;
const olderSegmentHeaderBytes = 32;
export const frameHeaderBytes = 24;
const frameAlignment = 32;
const endMark = 0xa5;

/** The first 16 bytes of each file, the same for all versions to come. */
export const preambleBytes = 16;
export const segmentMagic = 'raft-log';
export const snapshotMagic = 'raft-snp';
export const nodeMagic = 'raft-nod';

export const isKnownVersion = (version: number): boolean => version === formatVersion || version === olderFormatVersion;

/** How a segment's file grows: from it follows how long the file is after each frame. */
export interface Growth {
	/** By this much at a time, filled with zeros; 0: never by more than is written. */
	readonly preallocateBytes: number;
	/** And not beyond this size, unless a frame is that long. */
	readonly segmentBytes: number;
}

export interface SegmentHeader {
	/** `undefined` in a file of version 1. */
	readonly identity: Identity | undefined;
	readonly sequence: number;
	readonly previous: number;
	readonly growth: Growth;
	/** What the first frame names as `previous`. */
	readonly crc: number;
	/** Where the first frame starts. */
	readonly length: number;
}

export interface Frame {
	readonly payload: Uint8Array;
	/** What the next frame names as `previous`. */
	readonly crc: number;
	/** Where the next frame starts. */
	readonly end: number;
}

/** Bytes of the frame around a payload, with the zeros up to the next one. */
export const frameBytes = (payloadLength: number): number =>
	Math.ceil((frameHeaderBytes + payloadLength + 1) / frameAlignment) * frameAlignment;

/** How long the file is after a frame that ends at `end`, where that does not fit into the zeros ahead. */
export function grownSize(end: number, {preallocateBytes, segmentBytes}: Growth): number {
	if (preallocateBytes === 0) return end;
	return Math.max(end, Math.min(segmentBytes, Math.ceil(end / preallocateBytes) * preallocateBytes));
}

export function encodePreamble(target: Uint8Array, magic: string, version = formatVersion): void {
	const view = viewOf(target);
	for (let offset = 0; offset < 8; offset++) target[offset] = magic.charCodeAt(offset);
	view.setUint32(8, version, true);
	view.setUint32(12, crc32(target.subarray(0, 12)), true);
}

/** The format's version; `undefined` where the bytes are no file of this kind. */
export function decodePreamble(bytes: Uint8Array, magic: string): number | undefined {
	if (bytes.length < preambleBytes) return undefined;
	const view = viewOf(bytes);
	for (let offset = 0; offset < 8; offset++) if (bytes[offset] !== magic.charCodeAt(offset)) return undefined;
	if (view.getUint32(12, true) !== crc32(bytes.subarray(0, 12))) return undefined;
	return view.getUint32(8, true);
}

/** Writes the header to the start of `target`; its crc. */
export function encodeSegmentHeader(
	target: Uint8Array,
	header: Pick<SegmentHeader, 'sequence' | 'previous' | 'growth'> & {readonly identity: Identity},
): number {
	encodePreamble(target, segmentMagic);
	encodeIdentity(target, preambleBytes, header.identity);
	const view = viewOf(target);
	view.setUint32(36, header.sequence, true);
	view.setUint32(40, header.previous, true);
	view.setUint32(44, header.growth.preallocateBytes, true);
	view.setUint32(48, header.growth.segmentBytes, true);
	const crc = crc32(target.subarray(0, 60));
	view.setUint32(60, crc, true);
	return crc;
}

/** `undefined`: no good header of a version that is known. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | undefined {
	const version = decodePreamble(bytes, segmentMagic);
	if (version === undefined || !isKnownVersion(version)) return undefined;
	const isOlder = version === olderFormatVersion;
	const length = isOlder ? olderSegmentHeaderBytes : segmentHeaderBytes;
	if (bytes.length < length) return undefined;
	const view = viewOf(bytes);
	const crc = view.getUint32(length - 4, true);
	if (crc !== crc32(bytes.subarray(0, length - 4))) return undefined;
	const at = isOlder ? preambleBytes : 36;
	return {
		identity: isOlder ? undefined : decodeIdentity(bytes, preambleBytes),
		sequence: view.getUint32(at, true),
		previous: view.getUint32(at + 4, true),
		growth: isOlder
			? {preallocateBytes: 0, segmentBytes: 0}
			: {preallocateBytes: view.getUint32(44, true), segmentBytes: view.getUint32(48, true)},
		crc,
		length,
	};
}

/**
 * Makes a frame of a payload that already lies at `start + frameHeaderBytes` of `target`; the crc of its header.
 * `position` is where `target[start]` comes to lie in the file.
 */
export function sealFrame(
	target: Uint8Array,
	start: number,
	frame: {readonly sequence: number; readonly position: number; readonly previous: number; readonly length: number},
): number {
	const {sequence, position, previous, length} = frame;
	const payloadStart = start + frameHeaderBytes;
	const payloadEnd = payloadStart + length;
	const view = viewOf(target);
	target[payloadEnd] = endMark;
	target.fill(0, payloadEnd + 1, start + frameBytes(length));
	view.setUint32(start, position, true);
	view.setUint32(start + 4, length, true);
	view.setUint32(start + 8, previous, true);
	view.setUint32(start + 12, zeroSectorsWithin(target, start, position, length), true);
	view.setUint32(start + 16, crc32(target.subarray(payloadStart, payloadEnd)), true);
	const crc = crc32(target.subarray(start, start + 20), sequence);
	view.setUint32(start + 20, crc, true);
	return crc;
}

/**
 * Whole sectors of the file that lie inside of the frame and hold only zeros. Recorded, so that a sector that a crash
 * left out can be told from one that was meant to be empty. The parts of a sector at both ends need no count: the
 * header and the end mark stand in them.
 */
function zeroSectorsWithin(bytes: Uint8Array, start: number, position: number, length: number): number {
	const firstBorder = start + sectorBytes - (position % sectorBytes);
	const end = start + frameHeaderBytes + length;
	let count = 0;
	for (let from = firstBorder; from + sectorBytes <= end; from += sectorBytes) {
		if (isZero(bytes, from, from + sectorBytes)) count++;
	}
	return count;
}

interface FrameHeader {
	readonly length: number;
	readonly previous: number;
	readonly zeroSectors: number;
	readonly payloadCrc: number;
	readonly crc: number;
}

function decodeFrameHeader(bytes: Uint8Array, offset: number, sequence: number): FrameHeader | undefined {
	if (offset + frameHeaderBytes > bytes.length) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeaderBytes);
	if (view.getUint32(0, true) !== offset) return undefined;
	const crc = view.getUint32(20, true);
	if (crc !== crc32(bytes.subarray(offset, offset + 20), sequence)) return undefined;
	return {
		length: view.getUint32(4, true),
		previous: view.getUint32(8, true),
		zeroSectors: view.getUint32(12, true),
		payloadCrc: view.getUint32(16, true),
		crc,
	};
}

/** The frame at `offset` that follows on `previous`; `undefined` when there is none, or it is not whole. */
export function decodeFrame(bytes: Uint8Array, offset: number, sequence: number, previous: number): Frame | undefined {
	const header = decodeFrameHeader(bytes, offset, sequence);
	if (header === undefined || header.previous !== previous) return undefined;
	const payloadEnd = offset + frameHeaderBytes + header.length;
	if (bytes[payloadEnd] !== endMark) return undefined;
	const payload = bytes.subarray(offset + frameHeaderBytes, payloadEnd);
	if (crc32(payload) !== header.payloadCrc) return undefined;
	return {payload, crc: header.crc, end: offset + frameBytes(header.length)};
}

/** Where the first frame header behind the place `offset` is that is good in itself; `undefined` when there is none. */
export function findFrameAfter(bytes: Uint8Array, offset: number, sequence: number): number | undefined {
	for (let at = offset + frameAlignment; at < bytes.length; at += frameAlignment) {
		if (decodeFrameHeader(bytes, at, sequence) !== undefined) return at;
	}
	return undefined;
}

/**
 * Whether a crash in the middle of a flush explains that no good frame lies at `offset`, the last one of the log.
 * Of such a frame each sector is there or is not, and what is not there is zero, or past the end of the file: a file
 * only grows, and what lies behind its last frame is zero. Anything else was changed after it was written.
 */
export function isTornFrame(bytes: Uint8Array, offset: number, sequence: number, previous: number): boolean {
	const header = decodeFrameHeader(bytes, offset, sequence);
	if (header === undefined) return isTornHeader(bytes, offset, frameHeaderBytes);
	if (header.previous !== previous) return false;
	const payloadEnd = offset + frameHeaderBytes + header.length;
	if (payloadEnd >= bytes.length || bytes[payloadEnd] === 0) return true;
	return zeroSectorsWithin(bytes, offset, offset, header.length) > header.zeroSectors;
}

/** The same for a header, that lies within one sector together with the first bytes of what it heads. */
export function isTornHeader(bytes: Uint8Array, offset: number, headerBytes: number): boolean {
	const sectorEnd = Math.min(bytes.length, offset - (offset % sectorBytes) + sectorBytes);
	return (
		bytes.length < offset + headerBytes ||
		isZero(bytes, offset, sectorEnd) ||
		isZero(bytes, offset + headerBytes, bytes.length)
	);
}
