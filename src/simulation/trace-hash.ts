/** A rolling hash over everything that happens: two runs with the same hash were the same run. Not cryptographic. */

const scratch = new DataView(new ArrayBuffer(8));

export class TraceHash {
	#first = 0x811c9dc5;
	#second = 0x9747b28c;

	/** Any number, every bit of it. */
	number(value: number): void {
		if ((value | 0) === value) {
			this.#word(value);
			return;
		}
		scratch.setFloat64(0, value);
		this.#word(scratch.getInt32(0));
		this.#word(scratch.getInt32(4));
	}

	text(text: string): void {
		this.#word(text.length);
		// As `#word` does, but on variables.
		let first = this.#first;
		let second = this.#second;
		for (let offset = 0; offset < text.length; offset++) {
			const word = text.charCodeAt(offset);
			first = Math.imul(first ^ word, 0x01000193);
			first ^= first >>> 15;
			second = Math.imul(second ^ word, 0x85ebca6b);
			second ^= second >>> 13;
		}
		this.#first = first;
		this.#second = second;
	}

	/** Any plain data: all its fields, bytes and numbers, in their order. What can be called counts for nothing. */
	payload(value: unknown): void {
		switch (typeof value) {
			case 'number':
				return this.number(value);
			case 'string':
				return this.text(value);
			case 'boolean':
				return this.#word(value ? 1 : 2);
			case 'bigint':
				return this.text(String(value));
			case 'object':
				if (value instanceof Uint8Array) this.bytes(value);
				else if (value === null) this.#word(3);
				else for (const name in value) this.payload((value as Record<string, unknown>)[name]);
				return;
			default:
				return this.#word(4);
		}
	}

	/** Four at a time: the payloads are most of what a run consists of. */
	bytes(bytes: Uint8Array): void {
		const {length} = bytes;
		this.#word(length);
		let first = this.#first;
		let second = this.#second;
		let offset = 0;
		for (; offset + 4 <= length; offset += 4) {
			const low = (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8);
			const word = low | ((bytes[offset + 2] as number) << 16) | ((bytes[offset + 3] as number) << 24);
			first = Math.imul(first ^ word, 0x01000193);
			first ^= first >>> 15;
			second = Math.imul(second ^ word, 0x85ebca6b);
			second ^= second >>> 13;
		}
		this.#first = first;
		this.#second = second;
		if (offset < length) {
			this.#word((bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8) | ((bytes[offset + 2] ?? 0) << 16));
		}
	}

	get value(): string {
		return hex(this.#first) + hex(this.#second);
	}

	#word(word: number): void {
		this.#first = Math.imul(this.#first ^ word, 0x01000193);
		this.#first ^= this.#first >>> 15;
		this.#second = Math.imul(this.#second ^ word, 0x85ebca6b);
		this.#second ^= this.#second >>> 13;
	}
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
