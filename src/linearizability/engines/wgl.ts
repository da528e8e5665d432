/**
 * Depth-first search for a linearization: Wing & Gong (1993) with the memo of Lowe (2017), "Testing for linearizability".
 *
 * The events not yet placed form a linked list in time order. From its head on, up to the first return, every call is a
 * candidate: its operation may come next. Placing one unlinks it; a return at which nothing more can be tried means that
 * its operation should have been placed before, so the latest choice is undone.
 *
 * Two reductions keep verdicts and shrink the search (proofs in README.md; tests compare with the plain search):
 * legal read-only operations are placed at once and never reconsidered; and unknown outcomes obey the pending rules.
 * Whatever the options, the search ends when all *completed* operations are placed: the unknown ones need not happen.
 */
import {illegal, type Problem} from './problem.js';
import type {Search, SearchOptions, SearchOutcome} from './search.js';
import {mix, WglMemo} from './wgl-memo.js';

export class WglSearch implements Search {
	readonly name = 'wgl';
	readonly #problem: Problem;
	readonly #greedyReads: boolean;
	readonly #pendingRules: boolean;
	readonly #memo = new WglMemo();
	#memoryBytesMax = Infinity;
	/** The list of unplaced events; the node `#head` stands before the first. -1 ends it. */
	readonly #next: Int32Array;
	readonly #previous: Int32Array;
	readonly #head: number;
	/** Placed operations, a bit each; unknown outcomes begin at a word of their own. */
	readonly #bits: Int32Array;
	readonly #tail: number;
	/** For each completed operation: the word after the last one called before its return. */
	readonly #windowEnd: Int32Array;
	/** The placed operations in order, with the state before each. */
	readonly #stack: Int32Array;
	readonly #statesBefore: Int32Array;
	/** 1: placed greedily, so not a choice to come back to. */
	readonly #forced: Uint8Array;
	#depth = 0;
	#state: number;
	#unplaced: number;
	#firstUnplaced = 0;
	#hash = 0;
	#cursor: number;
	#steps = 0;
	#outcome: SearchOutcome | undefined;
	#longest = new Int32Array(0);

	constructor(problem: Problem, options: SearchOptions) {
		this.#problem = problem;
		this.#greedyReads = options.greedyReads ?? true;
		this.#pendingRules = options.pendingRules ?? true;
		const {count, completedCount} = problem;
		this.#head = 2 * count;
		this.#next = new Int32Array(2 * count + 1);
		this.#previous = new Int32Array(2 * count + 1);
		this.#linkEvents();
		this.#tail = (completedCount + 31) >>> 5;
		this.#bits = new Int32Array(this.#tail + ((count - completedCount + 31) >>> 5));
		this.#windowEnd = windowEnds(problem);
		this.#stack = new Int32Array(count);
		this.#statesBefore = new Int32Array(count);
		this.#forced = new Uint8Array(count);
		this.#state = problem.initialState;
		this.#unplaced = completedCount;
		this.#placeReads();
		this.#cursor = this.#next[this.#head] as number;
	}

	get steps(): number {
		return this.#steps;
	}

	get memoryBytes(): number {
		return this.#memo.bytes;
	}

	/** The most operations that could be placed in a row, in their order; places in the history. */
	longestLinearization(): number[] {
		const {offsets} = this.#problem;
		const longest = this.#longest.length > this.#depth ? this.#longest : this.#stack.subarray(0, this.#depth);
		return Array.from(longest, operation => offsets[operation] as number);
	}

	advance(steps: number, memoryBytesMax: number): SearchOutcome | undefined {
		this.#memoryBytesMax = memoryBytesMax;
		const until = this.#steps + steps;
		while (this.#outcome === undefined && this.#steps < until) this.#outcome = this.#visit();
		return this.#outcome;
	}

	/** Looks at the event under the cursor. */
	#visit(): SearchOutcome | undefined {
		if (this.#unplaced === 0) return 'ok';
		const operation = this.#cursor;
		if (operation < 0 || operation >= this.#problem.count) return this.#backtrack();
		const next = this.#tryStep(operation);
		if (next === illegal) {
			this.#cursor = this.#next[operation] as number;
			return undefined;
		}
		return this.#choose(operation, next);
	}

	#choose(operation: number, next: number): SearchOutcome | undefined {
		this.#place(operation, next, 0);
		this.#placeReads();
		if (this.#unplaced === 0) return 'ok';
		const first = this.#firstUnplaced;
		const from = first >>> 5;
		const to = this.#windowEnd[first] as number;
		if (!this.#memo.hasRoom(to - from + this.#bits.length - this.#tail, this.#memoryBytesMax)) return 'outOfMemory';
		const hash = this.#hash ^ mix(~this.#state);
		if (!this.#memo.add(hash, this.#state, first, this.#bits, from, to, this.#tail)) return this.#backtrack();
		this.#cursor = this.#next[this.#head] as number;
		return undefined;
	}

	/** The state after placing the operation now; `illegal` also for what the rules say need not be tried. */
	#tryStep(operation: number): number {
		const {completedCount, twin} = this.#problem;
		this.#steps++;
		if (operation < completedCount || !this.#pendingRules) return this.#problem.step(this.#state, operation);
		const twinOfIt = twin[operation] as number;
		if (twinOfIt >= 0 && !this.#isPlaced(twinOfIt)) return illegal;
		const next = this.#problem.step(this.#state, operation);
		return next === this.#state ? illegal : next;
	}

	/** One pass is enough: reads leave the state alone, and placing one only makes more events reachable further on. */
	#placeReads(): void {
		if (!this.#greedyReads) return;
		const {count, readOnly} = this.#problem;
		let event = this.#next[this.#head] as number;
		while (event >= 0 && event < count) {
			let following = this.#next[event] as number;
			if (readOnly[event] === 1) {
				this.#steps++;
				if (this.#problem.step(this.#state, event) === this.#state) {
					this.#place(event, this.#state, 1);
					// Its return may have been the very next event; it is unlinked with it.
					if (following === count + event) following = this.#next[following] as number;
				}
			}
			event = following;
		}
	}

	#place(operation: number, next: number, forced: 0 | 1): void {
		this.#stack[this.#depth] = operation;
		this.#statesBefore[this.#depth] = this.#state;
		this.#forced[this.#depth] = forced;
		this.#depth++;
		this.#state = next;
		this.#hash ^= mix(operation);
		this.#setPlaced(operation);
		this.#unlink(operation);
		const {count, completedCount} = this.#problem;
		if (operation >= completedCount) return;
		this.#unlink(count + operation);
		this.#unplaced--;
		while (this.#firstUnplaced < completedCount && this.#isPlaced(this.#firstUnplaced)) this.#firstUnplaced++;
	}

	/** Undoes the latest choice, and what was forced by it, and moves on to the next candidate. */
	#backtrack(): SearchOutcome | undefined {
		if (this.#depth > this.#longest.length) this.#longest = this.#stack.slice(0, this.#depth);
		while (this.#depth > 0) {
			const operation = this.#unplace();
			if (this.#forced[this.#depth] === 1) continue;
			this.#cursor = this.#next[operation] as number;
			return undefined;
		}
		return 'violation';
	}

	#unplace(): number {
		this.#depth--;
		const operation = this.#stack[this.#depth] as number;
		this.#state = this.#statesBefore[this.#depth] as number;
		this.#hash ^= mix(operation);
		const {count, completedCount} = this.#problem;
		if (operation < completedCount) {
			this.#relink(count + operation);
			this.#unplaced++;
			if (operation < this.#firstUnplaced) this.#firstUnplaced = operation;
		}
		this.#relink(operation);
		this.#clearPlaced(operation);
		return operation;
	}

	#linkEvents(): void {
		let last = this.#head;
		for (const event of this.#problem.events) {
			this.#next[last] = event;
			this.#previous[event] = last;
			last = event;
		}
		this.#next[last] = -1;
	}

	#unlink(event: number): void {
		const previous = this.#previous[event] as number;
		const next = this.#next[event] as number;
		this.#next[previous] = next;
		if (next >= 0) this.#previous[next] = previous;
	}

	/** Puts back what was unlinked last: its own links still say where it stood. */
	#relink(event: number): void {
		this.#next[this.#previous[event] as number] = event;
		const next = this.#next[event] as number;
		if (next >= 0) this.#previous[next] = event;
	}

	#bitOf(operation: number): number {
		const {completedCount} = this.#problem;
		return operation < completedCount ? operation : this.#tail * 32 + operation - completedCount;
	}

	#isPlaced(operation: number): boolean {
		const bit = this.#bitOf(operation);
		return (((this.#bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
	}

	#setPlaced(operation: number): void {
		const bit = this.#bitOf(operation);
		this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31));
	}

	#clearPlaced(operation: number): void {
		const bit = this.#bitOf(operation);
		this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) & ~(1 << (bit & 31));
	}
}

/** Nothing called after the first unplaced operation's return can have been placed: the window ends there. */
function windowEnds({count, completedCount, events}: Problem): Int32Array {
	const ends = new Int32Array(completedCount);
	let called = 0;
	for (const event of events) {
		if (event < completedCount) called++;
		else if (event >= count) ends[event - count] = (called + 31) >>> 5;
	}
	return ends;
}
