/** The newest so many of what was put in; older ones go, and are counted. */
export class Ring<T> {
	readonly #max: number;
	#items: T[] = [];
	/** Where the oldest is, once the ring is full. */
	#start = 0;
	#dropped = 0;

	constructor(max: number) {
		this.#max = max;
	}

	/** So many have gone. */
	get dropped(): number {
		return this.#dropped;
	}

	get length(): number {
		return this.#items.length;
	}

	/** The newest. */
	get last(): T | undefined {
		return this.#items.length < this.#max ? this.#items.at(-1) : this.#items.at(this.#start - 1);
	}

	push(item: T): void {
		if (this.#items.length < this.#max) {
			this.#items.push(item);
			return;
		}
		this.#items[this.#start] = item;
		this.#start = (this.#start + 1) % this.#max;
		this.#dropped++;
	}

	/** Puts this in the place of the newest. */
	replaceLast(item: T): void {
		const offset = this.#items.length < this.#max ? this.#items.length - 1 : (this.#start || this.#max) - 1;
		this.#items[offset] = item;
	}

	/** From the oldest to the newest. */
	*[Symbol.iterator](): Iterator<T> {
		for (let offset = 0; offset < this.#items.length; offset++) {
			yield this.#items[(this.#start + offset) % this.#items.length] as T;
		}
	}
}
