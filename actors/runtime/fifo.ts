/** How many taken places may lie before the head until they are cut off. */
const slack = 1024;

/** A first-in first-out queue. An array alone moves every element on `shift`, which shows at tens of thousands. */
export class Fifo<T> {
	/** Live elements are at `#head` and after; the places before it are taken and cleared. */
	#items: (T | undefined)[] = [];
	#head = 0;

	get size(): number {
		return this.#items.length - this.#head;
	}

	push(item: T): void {
		this.#items.push(item);
	}

	peek(): T | undefined {
		return this.#items[this.#head];
	}

	shift(): T | undefined {
		if (this.size === 0) return undefined;
		const item = this.#items[this.#head];
		this.#items[this.#head++] = undefined;
		if (this.size === 0) this.#restart([]);
		else if (this.#head > slack && this.#head > this.size) this.#restart(this.#items.slice(this.#head));
		return item;
	}

	#restart(items: (T | undefined)[]): void {
		this.#items = items;
		this.#head = 0;
	}
}
