/**
 * The configurations that a search has been through: (state, set of placed operations), compared exactly, so that a hash
 * collision can cost time but never a verdict.
 *
 * What lies before the first unplaced completed operation is placed, and what is called after its return is not; only the
 * words in between are kept (a window as wide as the history is concurrent), and one bit for each unknown outcome.
 */
const growthLoad = 0.6;
/** How many configurations that differ only in their unknown outcomes are looked through for a subset. */
const rivalsMax = 8;

export interface Configuration {
	/** Of the state and the completed operations. */
	readonly hash: number;
	/** Of the unknown outcomes that are placed. */
	readonly pendingHash: number;
	readonly state: number;
	/** The first unplaced completed operation. */
	readonly first: number;
	/** All placed operations. */
	readonly bits: Int32Array;
	/** The words of the window, `to` exclusive. */
	readonly from: number;
	readonly to: number;
	/** Where the words of the unknown outcomes begin. */
	readonly tail: number;
}

export class WglMemo {
	readonly #isSubsetEnough: boolean;
	/** Open addressing, a power of two: where in the arena an entry starts, plus 1; 0 is free. */
	#table = new Int32Array(64);
	/** Entries one after another: hash, state, first unplaced, window words, words of unknown outcomes. */
	#arena = new Int32Array(256);
	#used = 0;
	#entryCount = 0;

	/** `isSubsetEnough`: what failed with fewer unknown outcomes used up need not be tried with more. */
	constructor(isSubsetEnough: boolean) {
		this.#isSubsetEnough = isSubsetEnough;
	}

	get bytes(): number {
		return (this.#table.length + this.#arena.length) * 4;
	}

	/** True if there is something new to find from here. */
	add(configuration: Configuration): boolean {
		const {hash, pendingHash} = configuration;
		if (!this.#isSubsetEnough) return this.#addUnder(hash ^ pendingHash, configuration, Infinity) === 'added';
		const outcome = this.#addUnder(hash, configuration, rivalsMax);
		if (outcome !== 'crowded') return outcome === 'added';
		// With many rivals only an equal one is sought, where a hash can find it.
		return this.#addUnder(hash ^ Math.imul(pendingHash, 0x9e3779b1), configuration, Infinity) === 'added';
	}

	/** Whether one more entry of `words` words, with the growth that it may cause, stays within the budget. */
	hasRoom(words: number, bytesMax: number): boolean {
		let bytes = this.bytes;
		if (this.#entryCount + 1 > this.#table.length * growthLoad) bytes += this.#table.length * 4;
		if (this.#used + words + 3 > this.#arena.length) bytes += Math.max(this.#arena.length, words + 3) * 4;
		return bytes <= bytesMax;
	}

	#addUnder(hash: number, configuration: Configuration, most: number): 'added' | 'known' | 'crowded' {
		const table = this.#table;
		const mask = table.length - 1;
		let slot = (hash ^ (hash >>> 15)) & mask;
		let rivals = 0;
		for (;;) {
			const entry = table[slot] as number;
			if (entry === 0) break;
			if (this.#hasSameCompleted(entry - 1, hash, configuration)) {
				if (this.#covers(entry - 1, configuration)) return 'known';
				rivals++;
				if (rivals >= most) return 'crowded';
			}
			slot = (slot + 1) & mask;
		}
		table[slot] = this.#store(hash, configuration) + 1;
		this.#entryCount++;
		if (this.#entryCount > table.length * growthLoad) this.#growTable();
		return 'added';
	}

	#hasSameCompleted(at: number, hash: number, {state, first, bits, from, to}: Configuration): boolean {
		const arena = this.#arena;
		if (arena[at] !== hash || arena[at + 1] !== state || arena[at + 2] !== first) return false;
		for (let word = from; word < to; word++) {
			if (arena[at + 3 + word - from] !== bits[word]) return false;
		}
		return true;
	}

	/** Whether the entry's unknown outcomes are a subset of these (or equal, without that rule). */
	#covers(at: number, {bits, from, to, tail}: Configuration): boolean {
		const start = at + 3 + to - from - tail;
		for (let word = tail; word < bits.length; word++) {
			const stored = this.#arena[start + word] as number;
			const given = bits[word] as number;
			if (this.#isSubsetEnough ? (stored & ~given) !== 0 : stored !== given) return false;
		}
		return true;
	}

	#store(hash: number, {state, first, bits, from, to, tail}: Configuration): number {
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

/** A well-mixed 32-bit number for each whole number: the finalizer of MurmurHash3 (Appleby, public domain). */
export function mix(number: number): number {
	let hash = (number + 0x9e3779b9) | 0;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return hash ^ (hash >>> 16);
}
