/** The first operation, in some fixed order, that is not placed: moves on as they are placed, and back as they are taken out. */
export class FirstUnplaced {
	readonly #order: Int32Array;
	/** Where each operation stands in the order; -1: not at all. */
	readonly #placeOf: Int32Array;
	readonly #isPlaced: (operation: number) => boolean;
	#place = 0;

	/** `count`: of all operations, also those that are not in the order. */
	constructor(order: Int32Array, count: number, isPlaced: (operation: number) => boolean) {
		this.#order = order;
		this.#placeOf = new Int32Array(count).fill(-1);
		for (const [place, operation] of order.entries()) this.#placeOf[operation] = place;
		this.#isPlaced = isPlaced;
	}

	/** -1: all are placed. */
	get operation(): number {
		return this.#place < this.#order.length ? (this.#order[this.#place] as number) : -1;
	}

	advance(): void {
		while (this.#place < this.#order.length && this.#isPlaced(this.#order[this.#place] as number)) this.#place++;
	}

	retreat(operation: number): void {
		const place = this.#placeOf[operation] as number;
		if (place >= 0 && place < this.#place) this.#place = place;
	}
}
