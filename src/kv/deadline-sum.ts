/** How many deadlines there are, and their mean: exact, whatever comes and goes. */
import type {Deadline} from './types.js';

/** Of a deadline, which is less than 2^53. */
const lowBits = 2 ** 26;

export class DeadlineSum {
	#count = 0;
	/** Their sum, in two parts: a double holds each of them without rounding. */
	#high = 0;
	#low = 0;

	get count(): number {
		return this.#count;
	}

	/** Unix ms; 0: there are none. */
	get mean(): Deadline {
		return this.#count === 0 ? 0 : (this.#high / this.#count) * lowBits + this.#low / this.#count;
	}

	/** Infinity is none. */
	add(deadline: number): void {
		if (deadline < Infinity) this.#change(deadline, 1);
	}

	/** One that was added. */
	remove(deadline: number): void {
		if (deadline < Infinity) this.#change(deadline, -1);
	}

	addAll(other: DeadlineSum): void {
		this.#count += other.#count;
		this.#high += other.#high;
		this.#low += other.#low;
	}

	#change(deadline: Deadline, by: 1 | -1): void {
		this.#count += by;
		this.#high += by * Math.floor(deadline / lowBits);
		this.#low += by * (deadline % lowBits);
	}
}
