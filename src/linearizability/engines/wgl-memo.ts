/**
 * The configurations that a search has been through: (state, set of placed operations), compared exactly, so that a hash
 * collision can cost time but never a verdict.
 *
 * What lies before the first unplaced completed operation is placed, and what is called after its return is not; only the
 * words in between are kept (a window as wide as the history is concurrent), and one bit for each unknown outcome.
 */
const growthLoad = 0.6;

export class WglMemo {
	/** Open addressing, a power of two: where in the arena an entry starts, plus 1; 0 is free. */
	#table = new Int32Array(64);
	/** Entries one after another: hash, state, first unplaced, window words, unknown-outcome words. */
	#arena = new Int32Array(256);
	#used = 0;
	#entryCount = 0;

	get bytes(): number {
		return (this.#table.length + this.#arena.length) * 4;
	}

	/**
	 * True if the configuration is new. `bits` are all placed operations, `from` and `to` (exclusive) the words of the
	 * window, `tail` where the words for unknown outcomes begin.
	 */
	add(hash: number, state: number, first: number, bits: Int32Array, from: number, to: number, tail: number): boolean {
		const table = this.#table;
		const arena = this.#arena;
		const mask = table.length - 1;
		let slot = (hash ^ (hash >>> 15)) & mask;
		for (;;) {
			const entry = table[slot] as number;
			if (entry === 0) break;
			const at = entry - 1;
			if (
				arena[at] === hash &&
				arena[at + 1] === state &&
				arena[at + 2] === first &&
				hasWords(arena, at + 3, bits, from, to) &&
				hasWords(arena, at + 3 + to - from, bits, tail, bits.length)
			) {
				return false;
			}
			slot = (slot + 1) & mask;
		}
		table[slot] = this.#store(hash, state, first, bits, from, to, tail) + 1;
		this.#entryCount++;
		if (this.#entryCount > table.length * growthLoad) this.#growTable();
		return true;
	}

	/** Whether one more entry of `words` words, with the growth that it may cause, stays within the budget. */
	hasRoom(words: number, bytesMax: number): boolean {
		let bytes = this.bytes;
		if (this.#entryCount + 1 > this.#table.length * growthLoad) bytes += this.#table.length * 4;
		if (this.#used + words + 3 > this.#arena.length) bytes += Math.max(this.#arena.length, words + 3) * 4;
		return bytes <= bytesMax;
	}

	#store(hash: number, state: number, first: number, bits: Int32Array, from: number, to: number, tail: number): number {
		const words = 3 + (to - from) + (bits.length - tail);
		if (this.#used + words > this.#arena.length) this.#growArena(words);
		const arena = this.#arena;
		const start = this.#used;
		let at = start;
		arena[at++] = hash;
		arena[at++] = state;
		arena[at++] = first;
		for (let word = from; word < to; word++) arena[at++] = bits[word] as number;
		for (let word = tail; word < bits.length; word++) arena[at++] = bits[word] as number;
		this.#used = at;
		return start;
	}

	#growArena(words: number): void {
		const arena = new Int32Array(this.#arena.length + Math.max(this.#arena.length, words));
		arena.set(this.#arena);
		this.#arena = arena;
	}

	#growTable(): void {
		const old = this.#table;
		const table = new Int32Array(old.length * 2);
		const mask = table.length - 1;
		for (const entry of old) {
			if (entry === 0) continue;
			const hash = this.#arena[entry - 1] as number;
			let slot = (hash ^ (hash >>> 15)) & mask;
			while (table[slot] !== 0) slot = (slot + 1) & mask;
			table[slot] = entry;
		}
		this.#table = table;
	}
}

function hasWords(arena: Int32Array, at: number, bits: Int32Array, from: number, to: number): boolean {
	for (let word = from; word < to; word++) {
		if (arena[at + word - from] !== bits[word]) return false;
	}
	return true;
}

/** A well-mixed 32-bit number for each whole number: the finalizer of MurmurHash3 (Appleby, public domain). */
export function mix(number: number): number {
	let hash = (number + 0x9e3779b9) | 0;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return hash ^ (hash >>> 16);
}
