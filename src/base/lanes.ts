/** A digest to compare states by. Not cryptographic. */
/** Two independent 32-bit lanes (multiplicative, as in FNV-1a, with different primes). */
export class Lanes {
	#first: number;
	#second: number;

	constructor(seed: number) {
		this.#first = 0x811c9dc5 ^ seed;
		this.#second = 0x9747b28c ^ seed;
	}

	get first(): number {
		return this.#first >>> 0;
	}

	get second(): number {
		return this.#second >>> 0;
	}

	byte(byte: number): void {
		this.#first = Math.imul(this.#first ^ byte, 0x01000193);
		this.#second = Math.imul(this.#second ^ byte, 0x85ebca6b);
		this.#second ^= this.#second >>> 13;
	}

	/** A whole number from 0 on: its seven lowest bytes, the lowest first. */
	number(value: number): void {
		this.#bytesOf(value, 4);
		this.#bytesOf(Math.floor(value / 2 ** 32), 3);
	}

	bytes(bytes: Uint8Array): void {
		this.number(bytes.length);
		// As `byte` does, but on variables: this is where nearly all of the time goes.
		let first = this.#first;
		let second = this.#second;
		for (let offset = 0; offset < bytes.length; offset += 1) {
			const byte = bytes[offset] ?? 0;
			first = Math.imul(first ^ byte, 0x01000193);
			second = Math.imul(second ^ byte, 0x85ebca6b);
			second ^= second >>> 13;
		}
		this.#first = first;
		this.#second = second;
	}

	text(text: string): void {
		this.number(text.length);
		let first = this.#first;
		let second = this.#second;
		for (let offset = 0; offset < text.length; offset += 1) {
			const code = text.charCodeAt(offset);
			first = Math.imul(first ^ code, 0x01000193);
			second = Math.imul(second ^ code, 0x85ebca6b);
			second ^= second >>> 13;
		}
		this.#first = first;
		this.#second = second;
	}

	/** Of the lowest 32 bits. */
	#bytesOf(value: number, count: number): void {
		let first = this.#first;
		let second = this.#second;
		for (let place = 0; place < count; place += 1) {
			const byte = (value >>> (place * 8)) & 0xff;
			first = Math.imul(first ^ byte, 0x01000193);
			second = Math.imul(second ^ byte, 0x85ebca6b);
			second ^= second >>> 13;
		}
		this.#first = first;
		this.#second = second;
	}
}

export const hexOf = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
