/** Numbers in the log's files: little endian; `u48` is enough for any index or term that JavaScript can count. */

const twoTo32 = 2 ** 32;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function setUint48(view: DataView, offset: number, value: number): void {
	view.setUint32(offset, value % twoTo32, true);
	view.setUint16(offset + 4, Math.floor(value / twoTo32), true);
}

export function getUint48(view: DataView, offset: number): number {
	const high = view.getUint16(offset + 4, true);
	const low = view.getUint32(offset, true);
	// Most are small. A product with 2^32 is a double for V8, also where it is 0, and so is all that is made of it.
	return high === 0 ? low : high * twoTo32 + low;
}

export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
	for (let offset = start; offset < end; offset++) if (bytes[offset] !== 0) return false;
	return true;
}

/** Bytes that a disk writes all or nothing of. Frames and the search for torn ones rest on it. */
export const sectorBytes = 512;
