/** First in, first out, in constant time: `Array.shift` moves all that is behind. */
export class Queue<T> {
	#items: (T | undefined)[] = [];
	#head = 0;

	get length(): number {
		return this.#items.length - this.#head;
	}

	get first(): T | undefined {
		return this.#items[this.#head];
	}

	push(item: T): void {
		this.#items.push(item);
	}

	shift(): T | undefined {
		const item = this.#items[this.#head];
		if (this.length === 0) return undefined;
		this.#items[this.#head] = undefined;
		this.#head += 1;
		// Gives the room back once half of it is unused: each item is moved at most once on average.
		if (this.#head * 2 >= this.#items.length) {
			this.#items = this.#items.slice(this.#head);
			this.#head = 0;
		}
		return item;
	}

	/** Empties the queue. */
	takeAll(): readonly T[] {
		const items = this.#items.slice(this.#head) as T[];
		this.#items = [];
		this.#head = 0;
		return items;
	}
}
