/** How a key and its value lie in a page of a `Shard`, which has the layout. */
import type {Key, Value, Version} from './types.js';

export const headerBytes = 14;
export const keyLengthAt = 6;
export const valueLengthAt = 10;
const twoTo32 = 2 ** 32;
/** In the length of the value. */
export const deadlineFlag = 2 ** 31;
export const deadlineBytes = 8;

export function writeRecord(page: Uint8Array, offset: number, key: Key, value: Value, version: Version): void {
	putVersion(page, offset, version);
	putUint32(page, offset + keyLengthAt, key.length);
	putUint32(page, offset + valueLengthAt, value.length);
	for (let place = 0; place < key.length; place += 1) page[offset + headerBytes + place] = key.charCodeAt(place);
	page.set(value, offset + headerBytes + key.length);
}

/** Of a record that has a deadline or a lease, and so many bytes. */
export function markUntil(page: Uint8Array, offset: number, length: number, until: number): void {
	putUint32(page, offset + valueLengthAt, uint32At(page, offset + valueLengthAt) + deadlineFlag);
	putUntil(page, offset + length - deadlineBytes, until);
}

/** What a key takes in a store: its record, and its place in the table, which is filled by half and more. */
export function recordBytesOf(key: Key, valueBytes: number, expiresAt: number | undefined): number {
	const slotBytes = 2 * Uint32Array.BYTES_PER_ELEMENT;
	return headerBytes + key.length + valueBytes + (expiresAt === undefined ? 0 : deadlineBytes) + slotBytes;
}

export function recordAt(page: Uint8Array, offset: number): Uint8Array {
	const flaggedLength = uint32At(page, offset + valueLengthAt);
	const held = flaggedLength < deadlineFlag ? flaggedLength : flaggedLength - deadlineFlag + deadlineBytes;
	return page.subarray(offset, offset + headerBytes + uint32At(page, offset + keyLengthAt) + held);
}

export function versionAt(page: Uint8Array, offset: number): Version {
	const high = (page[offset + 4] as number) + (page[offset + 5] as number) * 2 ** 8;
	const low = uint32At(page, offset);
	// Most are small. A product with 2^32 is a double for V8, also where it is 0.
	return high === 0 ? low : low + high * twoTo32;
}

export function putVersion(page: Uint8Array, offset: number, version: Version): void {
	putUint32(page, offset, version % twoTo32);
	const high = Math.floor(version / twoTo32);
	page[offset + 4] = high;
	page[offset + 5] = high >>> 8;
}

/** By bytes: a DataView for each page would be an object more. */
export function uint32At(page: Uint8Array, offset: number): number {
	const low = (page[offset] as number) | ((page[offset + 1] as number) << 8) | ((page[offset + 2] as number) << 16);
	return (low | ((page[offset + 3] as number) << 24)) >>> 0;
}

/** In the upper half of the deadline's place, which then has the id of a lease. */
const leaseFlag = 2 ** 31;

/** As `Shard.set` takes it: above 0 a deadline, below 0 the id of a lease, negated. */
export function untilAt(page: Uint8Array, offset: number): number {
	const high = uint32At(page, offset + 4);
	if (high < leaseFlag) return uint32At(page, offset) + high * twoTo32;
	return -(uint32At(page, offset) + (high - leaseFlag) * twoTo32);
}

export function putUntil(page: Uint8Array, offset: number, until: number): void {
	const value = Math.abs(until);
	putUint32(page, offset, value % twoTo32);
	putUint32(page, offset + 4, Math.floor(value / twoTo32) + (until < 0 ? leaseFlag : 0));
}

function putUint32(page: Uint8Array, offset: number, value: number): void {
	page[offset] = value;
	page[offset + 1] = value >>> 8;
	page[offset + 2] = value >>> 16;
	page[offset + 3] = value >>> 24;
}

/** Arguments of one call. */
const keyPartBytes = 4096;

const shortKeyBytes = 64;

/** Each byte as a character. By eights: a fourth of the time that a view of the bytes and a call with all of them takes. */
function shortTextIn(page: Uint8Array, start: number, length: number): string {
	const end = start + length;
	let text = '';
	let offset = start;
	for (; offset + 8 <= end; offset += 8) {
		const at = (place: number): number => page[offset + place] as number;
		text += String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
	}
	for (; offset < end; offset += 1) text += String.fromCharCode(page[offset] as number);
	return text;
}

/** Of the record there. */
export function keyIn(page: Uint8Array, offset: number): Key {
	const start = offset + headerBytes;
	const length = uint32At(page, offset + keyLengthAt);
	if (length <= shortKeyBytes) return shortTextIn(page, start, length);
	let key = '';
	for (let place = start; place < start + length; place += keyPartBytes) {
		const part = page.subarray(place, Math.min(start + length, place + keyPartBytes));
		key += String.fromCharCode.apply(undefined, part as unknown as number[]);
	}
	return key;
}
