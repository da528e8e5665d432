/** The longest common subsequence of two values, as Redis finds it: where several are as long, the same one. */
import type {Value} from '../../src/kv/types.js';

/** A piece of it that stands together in both values: offsets of its first and its last byte in each. */
export interface CommonPiece {
	readonly first: readonly [from: number, to: number];
	readonly second: readonly [from: number, to: number];
	readonly length: number;
}

/** The table has a row for each byte of the first value, and one more, and so many columns for the second. */
const cellsOf = (first: Value, second: Value): number => (first.length + 1) * (second.length + 1);

/** Some milliseconds of work, in which the port serves nobody else. */
export const commonCellsMax = 2 ** 20;

export class LongestCommon {
	readonly #first: Value;
	readonly #second: Value;
	/** For each pair of beginnings, the length of what they have in common; it fits, as the shorter value has less than 1024 bytes. */
	readonly #lengths: Uint16Array;
	readonly #columns: number;

	private constructor(first: Value, second: Value) {
		this.#first = first;
		this.#second = second;
		this.#columns = second.length + 1;
		this.#lengths = new Uint16Array(cellsOf(first, second));
		this.#fill();
	}

	/** `undefined`: it would take too long. */
	static of(first: Value, second: Value): LongestCommon | undefined {
		return cellsOf(first, second) > commonCellsMax ? undefined : new LongestCommon(first, second);
	}

	get length(): number {
		return this.#lengths.at(-1) ?? 0;
	}

	/** From the end to the beginning. */
	pieces(): readonly CommonPiece[] {
		const pieces: CommonPiece[] = [];
		let row = this.#first.length;
		let column = this.#second.length;
		while (row > 0 && column > 0) {
			const length = this.#commonBefore(row, column);
			if (length > 0) {
				pieces.push({
					first: [row - length, row - 1],
					second: [column - length, column - 1],
					length,
				});
			}
			row -= length;
			column -= length;
			if (row === 0 || column === 0) break;
			if (this.#lengthAt(row - 1, column) > this.#lengthAt(row, column - 1)) row -= 1;
			else column -= 1;
		}
		return pieces;
	}

	value(): Value {
		const pieces = this.pieces().toReversed();
		return Buffer.concat(pieces.map(({first: [from, to]}) => this.#first.subarray(from, to + 1)));
	}

	/** Bytes that are the same in both, right before these places. */
	#commonBefore(row: number, column: number): number {
		let length = 0;
		while (length < row && length < column && this.#first[row - length - 1] === this.#second[column - length - 1])
			length += 1;
		return length;
	}

	#lengthAt(row: number, column: number): number {
		return this.#lengths[row * this.#columns + column] as number;
	}

	#fill(): void {
		const lengths = this.#lengths;
		const columns = this.#columns;
		const second = this.#second;
		let at = columns;
		for (const byte of this.#first) {
			// The first column stays 0.
			at += 1;
			for (let column = 1; column < columns; column += 1, at += 1) {
				const above = lengths[at - columns] as number;
				const before = lengths[at - 1] as number;
				if (second[column - 1] === byte) lengths[at] = (lengths[at - columns - 1] as number) + 1;
				else lengths[at] = above > before ? above : before;
			}
		}
	}
}
