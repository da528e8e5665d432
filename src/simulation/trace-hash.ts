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
		for (let offset = 0; offset < text.length; offset++) this.#word(text.charCodeAt(offset));
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
