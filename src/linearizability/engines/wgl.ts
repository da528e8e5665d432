/**
 * Depth-first search for a linearization: Wing & Gong (1993) with the memo of Lowe (2017), "Testing for linearizability".
 *
 * The operations not yet placed form linked lists in the order of their calls. Those called before the first return of an
 * unplaced one are candidates: any of them may come next. When none is left to try, that first return means that its
 * operation should have been placed before, so the latest choice is undone.
 *
 * Reductions keep verdicts and shrink the search (README.md argues why; tests compare with the plain search): legal
 * read-only operations are placed at once and never reconsidered, unknown outcomes obey the pending rules and are tried
 * last, of operations that behave alike the first to return goes first, and ranks are kept. Whatever the options, the
 * search ends when all *completed* operations are placed: the unknown ones need not happen.
 */
import {Alike} from './alike.js';
import {FirstUnplaced} from './pointer.js';
import {illegal, type Problem} from './problem.js';
import type {Search, SearchOptions, SearchOutcome} from './search.js';
import {mix, WglMemo} from './wgl-memo.js';

export class WglSearch implements Search {
	readonly name = 'wgl';
	readonly #problem: Problem;
	readonly #greedyReads: boolean;
	readonly #pendingRules: boolean;
	readonly #memo: WglMemo;
	#memoryBytesMax = Infinity;
	/** The lists of unplaced operations, completed and unknown, each behind its head; -1 ends them. */
	readonly #next: Int32Array;
	readonly #previous: Int32Array;
	readonly #completedHead: number;
	readonly #pendingHead: number;
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
	readonly #firstCalled: FirstUnplaced;
	readonly #firstReturned: FirstUnplaced;
	readonly #firstRanked: FirstUnplaced;
	readonly #alike: Alike | undefined;
	readonly #isPlaced = (operation: number): boolean => {
		const bit = this.#bitOf(operation);
		return (((this.#bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
	};
	#depth = 0;
	#state: number;
	#unplaced: number;
	#hash = 0;
	#pendingHash = 0;
	#cursor: number;
	#steps = 0;
	#outcome: SearchOutcome | undefined;
	#longest = new Int32Array(0);

	constructor(problem: Problem, options: SearchOptions) {
		this.#problem = problem;
		this.#greedyReads = options.greedyReads ?? true;
		this.#pendingRules = options.pendingRules ?? true;
		this.#memo = new WglMemo(this.#pendingRules);
		const {count, completedCount} = problem;
		this.#completedHead = count;
		this.#pendingHead = count + 1;
		this.#next = new Int32Array(count + 2);
		this.#previous = new Int32Array(count + 2);
		this.#link(this.#completedHead, 0, completedCount);
		this.#link(this.#pendingHead, completedCount, count);
		this.#tail = (completedCount + 31) >>> 5;
		this.#bits = new Int32Array(this.#tail + ((count - completedCount + 31) >>> 5));
		this.#windowEnd = windowEnds(problem);
		this.#stack = new Int32Array(count);
		this.#statesBefore = new Int32Array(count);
		this.#forced = new Uint8Array(count);
		this.#firstCalled = new FirstUnplaced(
			completedInOrder(problem, a => a),
			count,
			this.#isPlaced,
		);
		this.#firstReturned = new FirstUnplaced(
			completedInOrder(problem, a => problem.returnAt[a]),
			count,
			this.#isPlaced,
		);
		const ranked = (options.ranks ?? true) ? completedInOrder(problem, a => problem.ranks[a]) : new Int32Array(0);
		this.#firstRanked = new FirstUnplaced(ranked, count, this.#isPlaced);
		this.#alike = (options.symmetry ?? true) ? new Alike(problem) : undefined;
		this.#state = problem.initialState;
		this.#unplaced = completedCount;
		this.#placeReads();
		this.#cursor = this.#next[this.#completedHead] as number;
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

	/** Looks at the operation under the cursor. */
	#visit(): SearchOutcome | undefined {
		if (this.#unplaced === 0) return 'ok';
		const operation = this.#cursor;
		if (operation === this.#pendingHead) {
			this.#cursor = this.#next[operation] as number;
			return undefined;
		}
		if (operation < 0 || (this.#problem.callAt[operation] as number) > this.#bound()) return this.#backtrack();
		const next = this.#tryStep(operation);
		if (next === illegal) {
			this.#cursor = this.#following(operation);
			return undefined;
		}
		return this.#choose(operation, next);
	}

	/** The next candidate: behind the last completed one come the unknown ones. */
	#following(operation: number): number {
		const next = this.#next[operation] as number;
		if (operation >= this.#problem.completedCount && operation !== this.#completedHead) return next;
		const isCandidate = next >= 0 && (this.#problem.callAt[next] as number) < this.#bound();
		return isCandidate ? next : this.#pendingHead;
	}

	/** Where the first return of an unplaced operation stands: nothing called later can come next. */
	#bound(): number {
		return this.#problem.returnAt[this.#firstReturned.operation] as number;
	}

	#choose(operation: number, next: number): SearchOutcome | undefined {
		this.#place(operation, next, 0);
		this.#placeReads();
		if (this.#unplaced === 0) return 'ok';
		const first = this.#firstCalled.operation;
		const from = first >>> 5;
		const to = this.#windowEnd[first] as number;
		const tail = this.#tail;
		if (!this.#memo.hasRoom(to - from + this.#bits.length - tail, this.#memoryBytesMax)) return 'outOfMemory';
		const hash = this.#hash ^ mix(~this.#state);
		const known = {hash, pendingHash: this.#pendingHash, state: this.#state, first, bits: this.#bits, from, to, tail};
		if (!this.#memo.add(known)) return this.#backtrack();
		this.#cursor = this.#following(this.#completedHead);
		return undefined;
	}

	/** The state after placing the operation now; `illegal` also for what the rules say need not be tried. */
	#tryStep(operation: number): number {
		this.#steps++;
		const {completedCount} = this.#problem;
		if (operation >= completedCount) return this.#tryPending(operation);
		if (this.#isOutOfRank(operation)) return illegal;
		const next = this.#problem.step(this.#state, operation);
		if (next === illegal || this.#alike === undefined) return next;
		return this.#alike.hasPrecedence(operation, this.#bound(), this.#isPlaced) ? illegal : next;
	}

	#tryPending(operation: number): number {
		const {twin} = this.#problem;
		if (!this.#pendingRules) return this.#problem.step(this.#state, operation);
		const twinOfIt = twin[operation] as number;
		if (twinOfIt >= 0 && !this.#isPlaced(twinOfIt)) return illegal;
		const next = this.#problem.step(this.#state, operation);
		return next === this.#state ? illegal : next;
	}

	#isOutOfRank(operation: number): boolean {
		const {ranks} = this.#problem;
		const first = this.#firstRanked.operation;
		// False for what has no rank: NaN compares with nothing.
		return first >= 0 && (ranks[operation] as number) > (ranks[first] as number);
	}

	/** One pass is enough: reads leave the state alone, and placing one only makes more callable further on. */
	#placeReads(): void {
		if (!this.#greedyReads) return;
		const {callAt, readOnly} = this.#problem;
		let operation = this.#next[this.#completedHead] as number;
		while (operation >= 0 && (callAt[operation] as number) < this.#bound()) {
			const following = this.#next[operation] as number;
			if (readOnly[operation] === 1) {
				this.#steps++;
				if (this.#problem.step(this.#state, operation) === this.#state) this.#place(operation, this.#state, 1);
			}
			operation = following;
		}
	}

	#place(operation: number, next: number, forced: 0 | 1): void {
		this.#stack[this.#depth] = operation;
		this.#statesBefore[this.#depth] = this.#state;
		this.#forced[this.#depth] = forced;
		this.#depth++;
		this.#state = next;
		this.#flip(operation);
		this.#unlink(operation);
		if (operation >= this.#problem.completedCount) return;
		this.#unplaced--;
		this.#firstCalled.advance();
		this.#firstReturned.advance();
		this.#firstRanked.advance();
	}

	/** Undoes the latest choice, and what was forced by it, and moves on to the next candidate. */
	#backtrack(): SearchOutcome | undefined {
		if (this.#depth > this.#longest.length) this.#longest = this.#stack.slice(0, this.#depth);
		while (this.#depth > 0) {
			const operation = this.#unplace();
			if (this.#forced[this.#depth] === 1) continue;
			this.#cursor = this.#following(operation);
			return undefined;
		}
		return 'violation';
	}

	#unplace(): number {
		this.#depth--;
		const operation = this.#stack[this.#depth] as number;
		this.#state = this.#statesBefore[this.#depth] as number;
		this.#relink(operation);
		this.#flip(operation);
		if (operation >= this.#problem.completedCount) return operation;
		this.#unplaced++;
		this.#firstCalled.retreat(operation);
		this.#firstReturned.retreat(operation);
		this.#firstRanked.retreat(operation);
		return operation;
	}

	#link(head: number, from: number, to: number): void {
		let last = head;
		for (let operation = from; operation < to; operation++) {
			this.#next[last] = operation;
			this.#previous[operation] = last;
			last = operation;
		}
		this.#next[last] = -1;
	}

	#unlink(operation: number): void {
		const previous = this.#previous[operation] as number;
		const next = this.#next[operation] as number;
		this.#next[previous] = next;
		if (next >= 0) this.#previous[next] = previous;
	}

	/** Puts back what was unlinked last: its own links still say where it stood. */
	#relink(operation: number): void {
		this.#next[this.#previous[operation] as number] = operation;
		const next = this.#next[operation] as number;
		if (next >= 0) this.#previous[next] = operation;
	}

	#bitOf(operation: number): number {
		const {completedCount} = this.#problem;
		return operation < completedCount ? operation : this.#tail * 32 + operation - completedCount;
	}

	/** Marks as placed, or no longer placed. */
	#flip(operation: number): void {
		const bit = this.#bitOf(operation);
		this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) ^ (1 << (bit & 31));
		if (operation < this.#problem.completedCount) this.#hash ^= mix(operation);
		else this.#pendingHash ^= mix(operation);
	}
}

/** Those for which `by` is a number, in its order. */
function completedInOrder({completedCount}: Problem, by: (operation: number) => number | undefined): Int32Array {
	const value = (operation: number): number => by(operation) ?? NaN;
	return Int32Array.from({length: completedCount}, (_, operation) => operation)
		.filter(operation => !Number.isNaN(value(operation)))
		.sort((a, b) => value(a) - value(b));
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
