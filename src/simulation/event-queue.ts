/** What is to happen, in the order of virtual time; what is due at the same moment happens in the order of its making. */

/** A binary heap. Times and order numbers lie apart from the payloads, so that sifting compares plain numbers. */
export class EventQueue<Payload> {
	#times = new Float64Array(1024);
	#sequences = new Float64Array(1024);
	#payloads: (Payload | undefined)[] = [];
	#size = 0;
	#lastSequence = 0;

	get size(): number {
		return this.#size;
	}

	/** When the first is due; `Infinity` when there is none. */
	get nextAt(): number {
		return this.#size === 0 ? Infinity : (this.#times[0] ?? Infinity);
	}

	push(at: number, payload: Payload): void {
		if (this.#size === this.#times.length) this.#grow();
		this.#lastSequence += 1;
		this.#siftUp(this.#size, at, this.#lastSequence, payload);
		this.#size += 1;
	}

	/** Takes the first; there must be one. */
	pop(): Payload {
		const first = this.#payloads[0] as Payload;
		this.#size -= 1;
		const last = this.#size;
		const at = this.#times[last] ?? 0;
		const sequence = this.#sequences[last] ?? 0;
		const payload = this.#payloads[last] as Payload;
		this.#payloads[last] = undefined;
		if (last > 0) this.#siftDown(at, sequence, payload);
		return first;
	}

	#siftUp(start: number, at: number, sequence: number, payload: Payload): void {
		let place = start;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!this.#isBefore(at, sequence, parent)) break;
			this.#move(parent, place);
			place = parent;
		}
		this.#put(place, at, sequence, payload);
	}

	#siftDown(at: number, sequence: number, payload: Payload): void {
		let place = 0;
		for (;;) {
			let child = 2 * place + 1;
			if (child >= this.#size) break;
			const right = child + 1;
			if (right < this.#size && this.#isBefore(this.#times[right] ?? 0, this.#sequences[right] ?? 0, child))
				child = right;
			if (this.#isBefore(at, sequence, child)) break;
			this.#move(child, place);
			place = child;
		}
		this.#put(place, at, sequence, payload);
	}

	#isBefore(at: number, sequence: number, place: number): boolean {
		const other = this.#times[place] ?? 0;
		return at < other || (at === other && sequence < (this.#sequences[place] ?? 0));
	}

	#move(from: number, to: number): void {
		this.#put(to, this.#times[from] ?? 0, this.#sequences[from] ?? 0, this.#payloads[from] as Payload);
	}

	#put(place: number, at: number, sequence: number, payload: Payload): void {
		this.#times[place] = at;
		this.#sequences[place] = sequence;
		this.#payloads[place] = payload;
	}

	#grow(): void {
		const times = new Float64Array(this.#times.length * 2);
		const sequences = new Float64Array(this.#times.length * 2);
		times.set(this.#times);
		sequences.set(this.#sequences);
		this.#times = times;
		this.#sequences = sequences;
	}
}
