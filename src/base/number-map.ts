/** Cleared places that are kept before the rest is moved together. */
const slack = 64;

/**
 * A Map from numbers, for what comes and goes all the time: requests in flight, answers that are kept. Best when numbers
 * come in increasing order, as they mostly do; one that does not moves all that are above it. A value is never `undefined`.
 *
 * V8's Map must not be used for that. It makes itself a new table after as many additions as it is large, and each old
 * table keeps pointing to the next and at what was in it. Once one of them has reached the old generation, all later ones
 * and all that was ever in them survive every collection of the young generation, and are copied by it.
 */
export class NumberMap<T> {
	/** Increasing from `#head` to before `#tail`. */
	readonly #numbers: number[] = [];
	/** `undefined` at a number that was deleted, which the one at `#head` never is, and outside of these places. */
	readonly #values: (T | undefined)[] = [];
	#head = 0;
	#tail = 0;
	#size = 0;

	get size(): number {
		return this.#size;
	}

	/** The one with the smallest number. */
	get first(): T | undefined {
		return this.#size === 0 ? undefined : this.#values[this.#head];
	}

	get(number: number): T | undefined {
		const offset = this.#offsetOf(number);
		return this.#isAt(offset, number) ? this.#values[offset] : undefined;
	}

	set(number: number, value: T): void {
		if (this.#tail > 2 * this.#size + slack) this.#moveTogether();
		const offset = this.#offsetOf(number);
		if (this.#isAt(offset, number)) {
			if (this.#values[offset] === undefined) this.#size += 1;
			this.#values[offset] = value;
			return;
		}
		if (offset === this.#tail) {
			this.#numbers[offset] = number;
			this.#values[offset] = value;
		} else {
			this.#numbers.splice(offset, 0, number);
			this.#values.splice(offset, 0, value);
		}
		this.#tail += 1;
		this.#size += 1;
	}

	delete(number: number): void {
		const offset = this.#offsetOf(number);
		if (!this.#isAt(offset, number) || this.#values[offset] === undefined) return;
		this.#values[offset] = undefined;
		this.#size -= 1;
		if (this.#size === 0) {
			this.#head = 0;
			this.#tail = 0;
		} else while (this.#values[this.#head] === undefined) this.#head += 1;
	}

	/** Deletes all numbers up to this one; `deleted` is told the value of each. */
	deleteThrough(number: number, deleted: (value: T) => void): void {
		for (; this.#head < this.#tail && (this.#numbers[this.#head] as number) <= number; this.#head += 1) {
			const value = this.#values[this.#head];
			if (value === undefined) continue;
			this.#values[this.#head] = undefined;
			this.#size -= 1;
			deleted(value);
		}
		if (this.#size === 0) {
			this.#head = 0;
			this.#tail = 0;
		} else while (this.#values[this.#head] === undefined) this.#head += 1;
	}

	clear(): void {
		this.#values.fill(undefined, this.#head, this.#tail);
		this.#head = 0;
		this.#tail = 0;
		this.#size = 0;
	}

	copy(): NumberMap<T> {
		const copy = new NumberMap<T>();
		for (const [number, value] of this) copy.set(number, value);
		return copy;
	}

	/** In the order of the numbers. Entries may be deleted meanwhile, but none added. */
	*[Symbol.iterator](): IterableIterator<readonly [number, T]> {
		for (let offset = this.#head; offset < this.#tail; offset += 1) {
			const value = this.#values[offset];
			if (value !== undefined) yield [this.#numbers[offset] as number, value];
		}
	}

	#isAt(offset: number, number: number): boolean {
		return offset < this.#tail && this.#numbers[offset] === number;
	}

	/** Of the first number that is not smaller; `#tail` if all are. */
	#offsetOf(number: number): number {
		let from = this.#head;
		let to = this.#tail;
		// Who comes is the last, who goes is mostly the first.
		if (from === to || (this.#numbers[to - 1] as number) < number) return to;
		if ((this.#numbers[from] as number) >= number) return from;
		while (from < to) {
			const middle = (from + to) >>> 1;
			if ((this.#numbers[middle] as number) < number) from = middle + 1;
			else to = middle;
		}
		return from;
	}

	#moveTogether(): void {
		let offset = 0;
		for (const [number, value] of this) {
			this.#numbers[offset] = number;
			this.#values[offset] = value;
			offset += 1;
		}
		this.#values.fill(undefined, offset, this.#tail);
		this.#head = 0;
		this.#tail = offset;
	}
}
