/** Values as numbers: a cell stands for one value, or for many that nothing in the history can tell apart. */
export interface ValueSpace {
	/** `undefined`: absent. */
	cell(value: string | undefined): number;
	append(cell: number, token: string): number;
	/** For people. */
	describe(cell: number): string | undefined;
}

/** The cell of the absent key, in every space. */
export const absentCell = -1;
/** The cell of all values that no observation can ever confirm. */
export const deadCell = -2;

/** Every value has a cell of its own. */
export class PlainSpace implements ValueSpace {
	readonly #values: string[] = [];
	readonly #cells = new Map<string, number>();

	cell(value: string | undefined): number {
		if (value === undefined) return absentCell;
		const known = this.#cells.get(value);
		if (known !== undefined) return known;
		this.#cells.set(value, this.#values.length);
		return this.#values.push(value) - 1;
	}

	append(cell: number, token: string): number {
		return this.cell((this.describe(cell) ?? '') + token);
	}

	describe(cell: number): string | undefined {
		return cell === absentCell ? undefined : this.#values[cell];
	}
}

const lengthSpan = 2 ** 32;

/**
 * Keeps apart only what was observed: a value that is no prefix of any observed value can, whatever is appended to it,
 * never be seen; all such are one dead cell. A live value is (first observed value it is a prefix of, its length), so
 * that appending compares one token instead of building a string.
 */
export class ObservedSpace implements ValueSpace {
	readonly #observed: readonly string[];
	/** What `cell` has answered: comparing long values again for every step would cost more than the search. */
	readonly #cells = new Map<string, number>();

	constructor(observed: Iterable<string>) {
		this.#observed = [...new Set(observed)].sort(compareCodeUnits);
	}

	cell(value: string | undefined): number {
		if (value === undefined) return absentCell;
		let cell = this.#cells.get(value);
		if (cell === undefined) {
			cell = this.#find(value);
			this.#cells.set(value, cell);
		}
		return cell;
	}

	append(cell: number, token: string): number {
		if (cell === deadCell) return deadCell;
		if (cell === absentCell) return this.cell(token);
		const offset = Math.floor(cell / lengthSpan);
		const length = cell % lengthSpan;
		const value = this.#observed[offset] ?? '';
		return value.startsWith(token, length) ? cell + token.length : this.#find(value.slice(0, length) + token);
	}

	describe(cell: number): string | undefined {
		if (cell === absentCell || cell === deadCell) return undefined;
		return this.#observed[Math.floor(cell / lengthSpan)]?.slice(0, cell % lengthSpan);
	}

	#find(value: string): number {
		const offset = this.#lowerBound(value);
		return this.#observed[offset]?.startsWith(value) === true ? offset * lengthSpan + value.length : deadCell;
	}

	/** The first observed value that is not below `value`: if any has it as a prefix, this one does. */
	#lowerBound(value: string): number {
		let low = 0;
		let high = this.#observed.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if ((this.#observed[middle] ?? '') < value) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}

function compareCodeUnits(a: string, b: string): number {
	if (a === b) return 0;
	return a < b ? -1 : 1;
}
