import {constants} from 'node:buffer';

const firstBytes = 64 * 1024;
/** A larger buffer than this is not kept for the next value. */
const keptBytesMax = 2 ** 20;
/** An array in an array, and so on; a value that refers to itself must not be followed for ever. */
const depthMax = 16;

/**
 * Writes arrays of numbers, byte strings, strings of characters up to U+07FF, booleans and `null` as CBOR, in the very bytes that cbor-x makes
 * of them: all that passes between clerks and servers by the hundred thousand. cbor-x compares each byte string with
 * a row of classes before it finds it to be one, which takes several times as long as to write it.
 */
export class PlainWriter {
	#bytes = new Uint8Array(firstBytes);
	#view = new DataView(this.#bytes.buffer);
	#end = 0;

	/** Bytes of their own; `undefined` for a value that holds anything else. */
	write(value: unknown): Uint8Array | undefined {
		this.#end = 0;
		const written = this.#value(value, 0) ? this.#bytes.slice(0, this.#end) : undefined;
		if (this.#bytes.length > keptBytesMax) this.#begin(new Uint8Array(firstBytes));
		return written;
	}

	/** False: not a value for this writer. */
	#value(value: unknown, depth: number): boolean {
		switch (typeof value) {
			case 'number':
				this.#number(value);
				return true;
			case 'string':
				return this.#string(value);
			case 'object':
				if (Array.isArray(value)) return this.#array(value, depth);
				if (value === null) this.#byte(0xf6);
				else if (value instanceof Uint8Array) this.#byteString(value);
				else return false;
				return true;
			case 'boolean':
				this.#byte(value ? 0xf5 : 0xf4);
				return true;
			default:
				return false;
		}
	}

	#array(values: readonly unknown[], depth: number): boolean {
		if (depth === depthMax) return false;
		this.#head(0x80, values.length);
		for (const value of values) if (!this.#value(value, depth + 1)) return false;
		return true;
	}

	#byteString(bytes: Uint8Array): void {
		this.#head(0x40, bytes.length);
		this.#reserve(bytes.length);
		this.#bytes.set(bytes, this.#end);
		this.#end += bytes.length;
	}

	#string(text: string): boolean {
		let length = text.length;
		for (let place = 0; place < text.length; place += 1) {
			const code = text.charCodeAt(place);
			if (code > 0x7ff) return false;
			if (code > 0x7f) length += 1;
		}
		this.#head(0x60, length);
		this.#reserve(length);
		const bytes = this.#bytes;
		let end = this.#end;
		for (let place = 0; place < text.length; place += 1) {
			const code = text.charCodeAt(place);
			if (code <= 0x7f) bytes[end++] = code;
			else {
				bytes[end++] = 0xc0 | (code >> 6);
				bytes[end++] = 0x80 | (code & 0x3f);
			}
		}
		this.#end = end;
		return true;
	}

	/** Whole numbers of 32 bits and a sign as such, others as doubles: what cbor-x does. */
	#number(value: number): void {
		if (value >>> 0 === value) return this.#head(0x00, value);
		// All bits turned round: -1 is 0, and -2^32 the largest number of 32 bits.
		const turned = -1 - value;
		if (turned >>> 0 === turned && value < 0) return this.#head(0x20, turned);
		this.#reserve(9);
		this.#bytes[this.#end] = 0xfb;
		this.#view.setFloat64(this.#end + 1, value);
		this.#end += 9;
	}

	/** The first byte of an item, and its number in as few bytes as it needs. */
	#head(major: number, number: number): void {
		this.#reserve(5);
		const bytes = this.#bytes;
		if (number < 24) bytes[this.#end++] = major | number;
		else if (number < 2 ** 8) {
			bytes[this.#end++] = major | 24;
			bytes[this.#end++] = number;
		} else if (number < 2 ** 16) {
			bytes[this.#end++] = major | 25;
			bytes[this.#end++] = number >> 8;
			bytes[this.#end++] = number & 0xff;
		} else {
			bytes[this.#end] = major | 26;
			this.#view.setUint32(this.#end + 1, number);
			this.#end += 5;
		}
	}

	#byte(byte: number): void {
		this.#reserve(1);
		this.#bytes[this.#end++] = byte;
	}

	#reserve(length: number): void {
		const needed = this.#end + length;
		if (needed <= this.#bytes.length) return;
		const larger = new Uint8Array(Math.min(constants.MAX_LENGTH, Math.max(needed, 2 * this.#bytes.length)));
		larger.set(this.#bytes.subarray(0, this.#end));
		this.#begin(larger);
	}

	#begin(bytes: Uint8Array<ArrayBuffer>): void {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer);
	}
}
