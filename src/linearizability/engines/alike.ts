import type {Problem} from './problem.js';

/** Completed operations that behave alike, in the order of their returns. */
export class Alike {
	readonly #problem: Problem;
	/** By kind, then by return. */
	readonly #order: Int32Array;
	readonly #placeOf: Int32Array;

	constructor(problem: Problem) {
		this.#problem = problem;
		const {completedCount, kinds, returnAt} = problem;
		this.#order = Int32Array.from({length: completedCount}, (_, operation) => operation).sort(
			(a, b) => (kinds[a] as number) - (kinds[b] as number) || (returnAt[a] as number) - (returnAt[b] as number),
		);
		this.#placeOf = new Int32Array(completedCount);
		for (const [place, operation] of this.#order.entries()) this.#placeOf[operation] = place;
	}

	/**
	 * Whether one that behaves alike and returns earlier is unplaced, and callable before `bound`: then the two can change
	 * places, and only the other one need be tried.
	 */
	hasPrecedence(operation: number, bound: number, isPlaced: (operation: number) => boolean): boolean {
		const {kinds, callAt, returnAt} = this.#problem;
		for (let place = (this.#placeOf[operation] as number) - 1; place >= 0; place--) {
			const other = this.#order[place] as number;
			// What had returned before this one was called is placed.
			if (kinds[other] !== kinds[operation] || (returnAt[other] as number) < (callAt[operation] as number))
				return false;
			if ((callAt[other] as number) < bound && !isPlaced(other)) return true;
		}
		return false;
	}
}
