/** Cleared places that are kept before the rest is moved together. */
const slack = 64;

/**
 * A Map from numbers, for what comes and goes all the time: requests in flight, answers that are kept. Best when numbers
 * come in increasing order, as they mostly do; one that does not moves all that are above it.
 *
 * V8's Map must not be used for that. It makes itself a new table after as many additions as it is large, and each old
 * table keeps pointing to the next and at what was in it. Once one of them has reached the old generation, all later ones
 * and all that was ever in them survive every collection of the young generation, and are copied by it.
 */
export class NumberMap<T extends object> {
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
		const place = this.#placeOf(number);
		return this.#isAt(place, number) ? this.#values[place] : undefined;
	}

	set(number: number, value: T): void {
		if (this.#tail > 2 * this.#size + slack) this.#moveTogether();
		const place = this.#placeOf(number);
		if (this.#isAt(place, number)) {
			if (this.#values[place] === undefined) this.#size += 1;
			this.#values[place] = value;
			return;
		}
		if (place === this.#tail) {
			this.#numbers[place] = number;
			this.#values[place] = value;
		} else {
			this.#numbers.splice(place, 0, number);
			this.#values.splice(place, 0, value);
		}
		this.#tail += 1;
		this.#size += 1;
	}

	delete(number: number): void {
		const place = this.#placeOf(number);
		if (!this.#isAt(place, number) || this.#values[place] === undefined) return;
		this.#values[place] = undefined;
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
		for (let place = this.#head; place < this.#tail; place += 1) {
			const value = this.#values[place];
			if (value !== undefined) yield [this.#numbers[place] as number, value];
		}
	}

	#isAt(place: number, number: number): boolean {
		return place < this.#tail && this.#numbers[place] === number;
	}

	/** Of the first number that is not smaller; `#tail` if all are. */
	#placeOf(number: number): number {
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
		let place = 0;
		for (const [number, value] of this) {
			this.#numbers[place] = number;
			this.#values[place] = value;
			place += 1;
		}
		this.#values.fill(undefined, place, this.#tail);
		this.#head = 0;
		this.#tail = place;
	}
}
