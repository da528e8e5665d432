/** How many taken places may lie before the head until they are cut off; and how many an empty queue keeps. */
const slack = 1024;

/** A first-in first-out queue. An array alone moves every element on `shift`, which shows at tens of thousands. */
export class Fifo<T> {
	/** Live elements are from `#head` to before `#tail`; all other places are cleared. */
	#items: (T | undefined)[] = [];
	#head = 0;
	#tail = 0;

	get size(): number {
		return this.#tail - this.#head;
	}

	push(item: T): void {
		this.#items[this.#tail++] = item;
	}

	peek(): T | undefined {
		return this.#items[this.#head];
	}

	shift(): T | undefined {
		if (this.size === 0) return undefined;
		const item = this.#items[this.#head];
		this.#items[this.#head++] = undefined;
		if (this.#head > slack && this.#head > this.size) this.#restart(this.#items.slice(this.#head, this.#tail));
		// Mostly one comes and one goes: an array that is new each time would be most of the garbage.
		else if (this.size === 0) this.#head = this.#tail = 0;
		return item;
	}

	#restart(items: (T | undefined)[]): void {
		this.#items = items;
		this.#head = 0;
		this.#tail = items.length;
	}
}
