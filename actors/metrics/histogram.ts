/** Durations, counted by how long they were. */

/** How long something took, since the thread that counts it has started. Times in ms. */
export interface DurationHistogram {
	/** The upper bounds of the buckets, rising; a duration belongs to the first bucket whose bound it does not exceed. */
	readonly boundsMs: readonly number[];
	/** How many durations each bucket holds; one more than there are bounds, for what is longer than all of them. */
	readonly counts: readonly number[];
	readonly count: number;
	readonly sumMs: number;
}

/** From what memory takes to what a client waits for. */
export const operationBoundsMs: readonly number[] = [
	0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];
/** Of work that is done in slices. */
export const snapshotBoundsMs: readonly number[] = [1, 5, 20, 50, 100, 500, 1000, 5000, 20_000, 60_000, 300_000];

export class Durations {
	readonly #boundsMs: readonly number[];
	readonly #counts: number[];
	#count = 0;
	#sumMs = 0;

	constructor(boundsMs: readonly number[]) {
		this.#boundsMs = boundsMs;
		this.#counts = Array.from({length: boundsMs.length + 1}, () => 0);
	}

	add(durationMs: number): void {
		let bucket = 0;
		while (durationMs > (this.#boundsMs[bucket] ?? Infinity)) bucket += 1;
		this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
		this.#count += 1;
		this.#sumMs += durationMs;
	}

	get histogram(): DurationHistogram {
		return {boundsMs: this.#boundsMs, counts: [...this.#counts], count: this.#count, sumMs: this.#sumMs};
	}
}
