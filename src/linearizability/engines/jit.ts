/**
 * Just-in-time linearization (Lowe 2017): breadth first over time. It walks the events and keeps every configuration that
 * is possible so far, (state, which open operations have already taken effect). Only a return forces choices: each
 * configuration is continued by open operations until the returning one is among them.
 *
 * It holds one moment's configurations instead of the whole past, so its memory stays small where the depth-first memo
 * grows; and it shares no search code with `wgl`, which makes it the other witness.
 */
import {ConfigurationSet} from './configuration-set.js';
import {illegal, type Problem} from './problem.js';
import type {Search, SearchOptions, SearchOutcome} from './search.js';

export class JitSearch implements Search {
	readonly name = 'jit';
	readonly #problem: Problem;
	readonly #greedyReads: boolean;
	readonly #pendingRules: boolean;
	readonly #symmetry: boolean;
	/** The smallest rank of what is called at each event or later. */
	readonly #ranksToCome: Float64Array | undefined;
	#memoryBytesMax = Infinity;
	/** The bit of each operation while it is open. */
	readonly #slots: Int32Array;
	readonly #freeSlots: number[] = [];
	readonly #open: number[] = [];
	/** Possible before the event at `#at`. Rows: state, then a bit for each slot. */
	#current: ConfigurationSet;
	/** While a return is worked on: configurations on the way to it, and those that have reached it. */
	#seen: ConfigurationSet;
	#reached: ConfigurationSet;
	/** The next of `#seen` to continue; -1: the event at `#at` has not been begun. */
	#expanding = -1;
	#at = 0;
	#steps = 0;
	#outcome: SearchOutcome | undefined;
	readonly #row: Int32Array;
	readonly #successor: Int32Array;

	constructor(problem: Problem, options: SearchOptions) {
		this.#problem = problem;
		this.#greedyReads = options.greedyReads ?? true;
		this.#pendingRules = options.pendingRules ?? true;
		this.#symmetry = options.symmetry ?? true;
		this.#ranksToCome = (options.ranks ?? true) ? ranksToCome(problem) : undefined;
		this.#slots = new Int32Array(problem.count);
		const slotCount = widestMoment(problem);
		for (let slot = slotCount; slot > 0; slot--) this.#freeSlots.push(slot - 1);
		const width = 1 + ((slotCount + 31) >>> 5);
		this.#row = new Int32Array(width);
		this.#successor = new Int32Array(width);
		this.#current = new ConfigurationSet(width);
		this.#seen = new ConfigurationSet(width);
		this.#reached = new ConfigurationSet(width);
		this.#row[0] = problem.initialState;
		this.#current.add(this.#row);
	}

	get steps(): number {
		return this.#steps;
	}

	get memoryBytes(): number {
		return this.#current.bytes + this.#seen.bytes + this.#reached.bytes;
	}

	advance(steps: number, memoryBytesMax: number): SearchOutcome | undefined {
		this.#memoryBytesMax = memoryBytesMax;
		const until = this.#steps + steps;
		while (this.#outcome === undefined && this.#steps < until) this.#outcome = this.#visit();
		return this.#outcome;
	}

	#visit(): SearchOutcome | undefined {
		const {events, count} = this.#problem;
		if (this.#at === events.length) return 'ok';
		const event = events[this.#at] as number;
		if (event >= count) return this.#workOnReturn(event - count);
		this.#slots[event] = this.#freeSlots.pop() as number;
		this.#open.push(event);
		this.#at++;
		return undefined;
	}

	#workOnReturn(operation: number): SearchOutcome | undefined {
		if (this.#expanding < 0) this.#begin();
		if (this.memoryBytes > this.#memoryBytesMax) return 'outOfMemory';
		if (this.#expanding < this.#seen.count) {
			this.#seen.read(this.#expanding++, this.#row);
			this.#steps++;
			if (this.#hasSlot(operation)) this.#reach(operation);
			else this.#expand();
			return undefined;
		}
		return this.#finish(operation);
	}

	#begin(): void {
		[this.#seen, this.#current] = [this.#current, this.#seen];
		this.#expanding = 0;
		this.#reached.clear();
	}

	#finish(operation: number): SearchOutcome | undefined {
		if (this.#reached.count === 0) return 'violation';
		[this.#current, this.#reached] = [this.#reached, this.#current];
		this.#open.splice(this.#open.indexOf(operation), 1);
		this.#freeSlots.push(this.#slots[operation] as number);
		this.#expanding = -1;
		this.#at++;
		return undefined;
	}

	/** The returning operation has taken effect: from here on its slot may serve another. */
	#reach(operation: number): void {
		this.#flipSlot(this.#row, operation);
		this.#reached.add(this.#row);
	}

	#expand(): void {
		if (this.#greedyReads && this.#expandRead()) return;
		const rank = this.#smallestRank();
		for (const operation of this.#open) {
			// What has no rank, NaN, compares with nothing.
			if (this.#hasSlot(operation) || (this.#problem.ranks[operation] as number) > rank) continue;
			if (this.#symmetry && this.#hasPrecedence(operation)) continue;
			const next = this.#tryStep(operation);
			if (next !== illegal) this.#follow(operation, next);
		}
	}

	/** Of all that has not yet taken effect, called or not. */
	#smallestRank(): number {
		if (this.#ranksToCome === undefined) return Infinity;
		let smallest = this.#ranksToCome[this.#at] as number;
		for (const operation of this.#open) {
			const rank = this.#problem.ranks[operation] as number;
			if (rank < smallest && !this.#hasSlot(operation)) smallest = rank;
		}
		return smallest;
	}

	/** Another open one behaves alike and returns earlier: the two could change places. */
	#hasPrecedence(operation: number): boolean {
		const {kinds, returnAt, completedCount} = this.#problem;
		if (operation >= completedCount) return false;
		return this.#open.some(
			other =>
				kinds[other] === kinds[operation] &&
				(returnAt[other] as number) < (returnAt[operation] as number) &&
				!this.#hasSlot(other),
		);
	}

	/** A legal read may as well come now: then no other continuation is needed. */
	#expandRead(): boolean {
		const state = this.#row[0] as number;
		for (const operation of this.#open) {
			if (this.#problem.readOnly[operation] !== 1 || this.#hasSlot(operation)) continue;
			this.#steps++;
			if (this.#problem.step(state, operation) !== state) continue;
			this.#follow(operation, state);
			return true;
		}
		return false;
	}

	#tryStep(operation: number): number {
		const state = this.#row[0] as number;
		this.#steps++;
		const next = this.#problem.step(state, operation);
		if (operation < this.#problem.completedCount || !this.#pendingRules) return next;
		const twin = this.#problem.twin[operation] as number;
		return next === state || (twin >= 0 && !this.#hasSlot(twin)) ? illegal : next;
	}

	#follow(operation: number, next: number): void {
		this.#successor.set(this.#row);
		this.#successor[0] = next;
		this.#flipSlot(this.#successor, operation);
		this.#seen.add(this.#successor);
	}

	#hasSlot(operation: number): boolean {
		const slot = this.#slots[operation] as number;
		return (((this.#row[1 + (slot >>> 5)] as number) >>> (slot & 31)) & 1) === 1;
	}

	#flipSlot(row: Int32Array, operation: number): void {
		const slot = this.#slots[operation] as number;
		row[1 + (slot >>> 5)] = (row[1 + (slot >>> 5)] as number) ^ (1 << (slot & 31));
	}
}

function ranksToCome({events, count, ranks}: Problem): Float64Array {
	const smallest = new Float64Array(events.length + 1).fill(Infinity);
	for (let at = events.length - 1; at >= 0; at--) {
		const event = events[at] as number;
		const rank = event < count ? (ranks[event] as number) : NaN;
		const later = smallest[at + 1] as number;
		smallest[at] = rank < later ? rank : later;
	}
	return smallest;
}

/** The most operations that are open at once; those of unknown outcome stay open for ever. */
function widestMoment({events, count}: Problem): number {
	let open = 0;
	let widest = 0;
	for (const event of events) {
		open += event < count ? 1 : -1;
		widest = Math.max(widest, open);
	}
	return widest;
}
