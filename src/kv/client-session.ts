/** A client's side of a session: which sequence numbers are out, and up to where the answers are in. */
export class ClientSession {
	readonly id: number;
	#lastSequence = 0;
	#acknowledged = 0;
	/** Given out, and above `acknowledged` already answered, out of order. */
	readonly #answered = new Set<number>();

	constructor(id: number) {
		this.id = id;
	}

	/** All sequences up to here need no answer any more. */
	get acknowledged(): number {
		return this.#acknowledged;
	}

	/** Sequences whose answers the servers must keep. */
	get span(): number {
		return this.#lastSequence - this.#acknowledged;
	}

	nextSequence(): number {
		this.#lastSequence += 1;
		return this.#lastSequence;
	}

	/** The answer is in, or given up for good: this sequence is not sent again. */
	settle(sequence: number): void {
		// Mostly they come in order.
		if (sequence === this.#acknowledged + 1) this.#acknowledged = sequence;
		else this.#answered.add(sequence);
		while (this.#answered.size > 0 && this.#answered.delete(this.#acknowledged + 1)) this.#acknowledged += 1;
	}
}
