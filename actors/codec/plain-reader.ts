/** The longest array that we write is one frame of a snapshot. */
export const arrayLengthMax = 2 ** 20;
/** Deeper arrays are not for this reader, nor longer strings that are not ASCII. */
const depthMax = 16;
const stringBytesMax = 1024;
const shortArray = 16;

/** Stands for a value that this reader does not read: another kind, or damage. */
const other = Symbol('other');
const nothing = new Uint8Array();

/**
 * Reads what `PlainWriter` writes, to the same values as cbor-x, in less than half of the time. It never judges: what it does
 * not know, damaged bytes among it, is for cbor-x to read or to refuse.
 */
export class PlainReader {
	/** Whether byte strings are copied, instead of being views of what is read. */
	readonly #copies: boolean;
	#bytes: Uint8Array = nothing;
	/** The same, once it is needed: it makes strings faster than anything else. */
	#text: Buffer | undefined;
	#at = 0;
	/** Of the head that was read last; -1: it is no plain one. */
	#number = 0;

	constructor(options: {readonly copies: boolean}) {
		this.#copies = options.copies;
	}

	/** `undefined` for bytes that hold anything else than one such value. */
	read(bytes: Uint8Array): unknown {
		// A slice of a Buffer is a Buffer, and one that shares its bytes.
		this.#bytes = Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
		this.#at = 0;
		const value = this.#value(0);
		const isWhole = this.#at === bytes.length;
		// Not kept alive by the one who has read them last.
		this.#bytes = nothing;
		this.#text = undefined;
		return value === other || !isWhole ? undefined : value;
	}

	#value(depth: number): unknown {
		const bytes = this.#bytes;
		if (this.#at >= bytes.length) return other;
		const first = bytes[this.#at++] as number;
		const major = first >> 5;
		if (major === 7) return this.#simple(first);
		this.#readNumber(first & 0x1f);
		const number = this.#number;
		if (number < 0) return other;
		switch (major) {
			case 0:
				return number;
			case 1:
				return -1 - number;
			case 2:
				return this.#byteString(number);
			case 3:
				return this.#string(number);
			case 4:
				return this.#array(number, depth);
			default:
				return other;
		}
	}

	#array(length: number, depth: number): unknown {
		// Each element takes a byte at least: an announced length allocates nothing by itself.
		if (depth === depthMax || length > Math.min(arrayLengthMax, this.#bytes.length - this.#at)) return other;
		// An array that grows begins with room for 17.
		const values = length <= shortArray ? new Array<unknown>(length) : [];
		for (let offset = 0; offset < length; offset += 1) {
			const value = this.#value(depth + 1);
			if (value === other) return other;
			values[offset] = value;
		}
		return values;
	}

	#byteString(length: number): unknown {
		const start = this.#at;
		const end = start + length;
		if (end > this.#bytes.length) return other;
		this.#at = end;
		// A slice takes half of the time of a copy of a view, and most of what reading many short values takes at all.
		return this.#copies ? this.#bytes.slice(start, end) : this.#bytes.subarray(start, end);
	}

	#string(length: number): unknown {
		const bytes = this.#bytes;
		const start = this.#at;
		const end = start + length;
		if (end > bytes.length) return other;
		let bits = 0;
		for (let at = start; at < end; at += 1) bits |= bytes[at] as number;
		this.#at = end;
		if (bits > 0x7f) return length > stringBytesMax ? other : this.#wideString(start, end);
		this.#text ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
		return this.#text.toString('latin1', start, end);
	}

	/** U+0080 to U+07FF are two bytes in UTF-8: 110xxxxx 10xxxxxx. */
	#wideString(start: number, end: number): unknown {
		const codes: number[] = [];
		for (let at = start; at < end; at += 1) {
			const byte = this.#bytes[at] as number;
			if (byte <= 0x7f) {
				codes.push(byte);
				continue;
			}
			at += 1;
			const next = this.#bytes[at] as number;
			if (byte < 0xc2 || byte > 0xdf || at >= end || next >> 6 !== 2) return other;
			codes.push(((byte & 31) << 6) | (next & 0x3f));
		}
		return String.fromCharCode.apply(undefined, codes);
	}

	#simple(first: number): unknown {
		switch (first) {
			case 0xf4:
				return false;
			case 0xf5:
				return true;
			case 0xf6:
				return null;
			case 0xfb: {
				const bytes = this.#bytes;
				if (this.#at + 8 > bytes.length) return other;
				const value = new DataView(bytes.buffer, bytes.byteOffset + this.#at, 8).getFloat64(0);
				this.#at += 8;
				return value;
			}
			default:
				return other;
		}
	}

	/** The number in a head, by the low bits of its first byte. */
	#readNumber(low: number): void {
		const bytes = this.#bytes;
		if (low < 24) {
			this.#number = low;
			return;
		}
		const length = low === 24 ? 1 : low === 25 ? 2 : low === 26 ? 4 : 0;
		if (length === 0 || this.#at + length > bytes.length) {
			this.#number = -1;
			return;
		}
		let number = 0;
		for (let count = 0; count < length; count += 1) number = number * 256 + (bytes[this.#at++] as number);
		this.#number = number;
	}
}
