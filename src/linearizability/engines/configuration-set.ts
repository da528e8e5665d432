import {mix} from './wgl-memo.js';

/** A growing set of equally long rows of integers, in order of insertion, compared exactly. */
export class ConfigurationSet {
	readonly #width: number;
	#rows: Int32Array;
	#table: Int32Array;
	#count = 0;

	constructor(width: number) {
		this.#width = width;
		this.#rows = new Int32Array(8 * width);
		this.#table = new Int32Array(16);
	}

	get count(): number {
		return this.#count;
	}

	get bytes(): number {
		return (this.#rows.length + this.#table.length) * 4;
	}

	clear(): void {
		this.#table.fill(0);
		this.#count = 0;
	}

	/** Copies a row out. */
	read(offset: number, into: Int32Array): void {
		const start = offset * this.#width;
		for (let word = 0; word < this.#width; word++) into[word] = this.#rows[start + word] as number;
	}

	/** Copies a row in, unless an equal one is there. */
	add(row: Int32Array): void {
		const mask = this.#table.length - 1;
		let slot = this.#hash(row, 0) & mask;
		for (;;) {
			const entry = this.#table[slot] as number;
			if (entry === 0) break;
			if (this.#equals(entry - 1, row)) return;
			slot = (slot + 1) & mask;
		}
		if ((this.#count + 1) * this.#width > this.#rows.length) this.#growRows();
		this.#rows.set(row, this.#count * this.#width);
		this.#count++;
		this.#table[slot] = this.#count;
		if (this.#count * 2 > this.#table.length) this.#growTable();
	}

	#equals(offset: number, row: Int32Array): boolean {
		const start = offset * this.#width;
		for (let word = 0; word < this.#width; word++) {
			if (this.#rows[start + word] !== row[word]) return false;
		}
		return true;
	}

	#hash(words: Int32Array, start: number): number {
		let hash = 0;
		for (let word = 0; word < this.#width; word++) hash = mix(hash ^ (words[start + word] as number));
		return hash;
	}

	#growRows(): void {
		const rows = new Int32Array(this.#rows.length * 2);
		rows.set(this.#rows);
		this.#rows = rows;
	}

	#growTable(): void {
		this.#table = new Int32Array(this.#table.length * 2);
		const mask = this.#table.length - 1;
		for (let offset = 0; offset < this.#count; offset++) {
			let slot = this.#hash(this.#rows, offset * this.#width) & mask;
			while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
			this.#table[slot] = offset + 1;
		}
	}
}
