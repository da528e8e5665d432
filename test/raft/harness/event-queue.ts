interface Event {
	readonly at: number;
	readonly order: number;
	readonly action: () => void;
}

/** Virtual time: a heap of what happens when; equal times in the order of scheduling. */
export class EventQueue {
	now = 0;
	readonly #heap: Event[] = [];
	#order = 0;

	schedule(delayMs: number, action: () => void): void {
		this.scheduleAt(this.now + delayMs, action);
	}

	scheduleAt(time: number, action: () => void): void {
		const event = {at: Math.max(this.now, time), order: this.#order++, action};
		const heap = this.#heap;
		let child = heap.push(event) - 1;
		while (child > 0) {
			const parent = (child - 1) >> 1;
			if (!isBefore(event, heap[parent]!)) break;
			heap[child] = heap[parent]!;
			child = parent;
		}
		heap[child] = event;
	}

	/** When the next event is due. */
	get nextAt(): number {
		return this.#heap[0]?.at ?? Infinity;
	}

	runNext(): void {
		const first = this.#heap[0];
		const last = this.#heap.pop();
		if (first === undefined || last === undefined) throw new Error('nothing is scheduled');
		if (this.#heap.length > 0) this.#sink(last);
		this.now = Math.max(this.now, first.at);
		first.action();
	}

	#sink(event: Event): void {
		const heap = this.#heap;
		let parent = 0;
		for (;;) {
			let child = 2 * parent + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
			if (!isBefore(heap[child]!, event)) break;
			heap[parent] = heap[child]!;
			parent = child;
		}
		heap[parent] = event;
	}
}

const isBefore = (one: Event, other: Event): boolean =>
	one.at < other.at || (one.at === other.at && one.order < other.order);
