/** Taken places before the head until they are cut off; an empty queue keeps no more. */
const slack = 1024;

/** First in, first out, in constant time: `Array.shift` moves all that is behind. */
export class Queue<T> {
	/** From `#head` to before `#tail`; all other places are cleared. */
	#items: (T | undefined)[] = [];
	#head = 0;
	#tail = 0;

	get length(): number {
		return this.#tail - this.#head;
	}

	get first(): T | undefined {
		return this.#items[this.#head];
	}

	push(item: T): void {
		this.#items[this.#tail] = item;
		this.#tail += 1;
	}

	shift(): T | undefined {
		if (this.length === 0) return undefined;
		const item = this.#items[this.#head];
		this.#items[this.#head] = undefined;
		this.#head += 1;
		if (this.#head > slack && this.#head > this.length) this.#begin(this.#items.slice(this.#head, this.#tail));
		// The same array again: a queue that is empty between any two items would need a new one for each.
		else if (this.length === 0) {
			this.#head = 0;
			this.#tail = 0;
		}
		return item;
	}

	/** `offset`: from 0, of the first. */
	at(offset: number): T | undefined {
		return this.#items[this.#head + offset];
	}

	/** Empties the queue. */
	takeAll(): readonly T[] {
		const items = this.#items.slice(this.#head, this.#tail) as T[];
		this.#begin([]);
		return items;
	}

	#begin(items: (T | undefined)[]): void {
		this.#items = items;
		this.#head = 0;
		this.#tail = items.length;
	}
}
