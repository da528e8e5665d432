const firstCapacity = 64 * 1024;

/**
 * A part of a request that arrives in several chunks. It grows with what has arrived, so that naming a large length
 * costs a peer as much as it costs us; and by doubling, so that each byte is copied a bounded number of times.
 */
export class PartialBulk {
	readonly #length: number;
	#buffer: Buffer;
	#filled = 0;

	constructor(length: number) {
		this.#length = length;
		// Not from Node's shared pool: a long-lived small part would keep a whole block of it.
		this.#buffer = Buffer.allocUnsafeSlow(Math.min(length, firstCapacity));
	}

	get complete(): boolean {
		return this.#filled === this.#length;
	}

	/** What is there so far. */
	get bytes(): Buffer {
		return this.#buffer.subarray(0, this.#filled);
	}

	/** Takes what it lacks from the source, starting at `offset`; returns how many bytes it took. */
	fill(source: Buffer, offset: number): number {
		const taken = Math.min(this.#length - this.#filled, source.length - offset);
		this.#reserve(this.#filled + taken);
		source.copy(this.#buffer, this.#filled, offset, offset + taken);
		this.#filled += taken;
		return taken;
	}

	#reserve(needed: number): void {
		if (needed <= this.#buffer.length) return;
		const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(needed, this.#buffer.length * 2)));
		this.#buffer.copy(grown, 0, 0, this.#filled);
		this.#buffer = grown;
	}
}
