/**
 * Keeps the router's event loop turning while an answer is about to come. A thread that sleeps is woken 25 to 50 us after
 * a message was posted to it, and what nodes say to each other and to these clerks comes by here: with few operations in
 * flight most of their time is waking up. With many, there is always work, and polling would only take a core from the nodes.
 */
import {availableParallelism} from 'node:os';

export interface BusyPollOptions {
	/** Monotonic milliseconds. */
	readonly now: () => number;
	/** Cores that there are: with one alone, who polls only keeps the nodes from answering. @default availableParallelism() */
	readonly cores?: number;
}

/** More in flight keep the threads awake by themselves: measured, 4 gain half of their throughput, 16 nothing. */
const operationsMax = 8;
/** Each hop of a write takes 0.05 to 0.2 ms when disk and machine are quick. An answer that takes longer is not worth a core. */
const pollMs = 0.5;
/** After polls in vain in a row, so many sends at most go by without one. */
const restMax = 64;

export class BusyPoll {
	readonly #now: () => number;
	readonly #isUseful: boolean;
	/** Operations of all clerks of this thread that are not settled. */
	#inFlight = 0;
	#until = 0;
	#turn: NodeJS.Immediate | undefined;
	/** Sends that still go by without a poll; how many will after the next poll in vain. */
	#rest = 0;
	#nextRest = 1;

	constructor({now, cores = availableParallelism()}: BusyPollOptions) {
		this.#now = now;
		this.#isUseful = cores > 1;
	}

	/** An answer is being waited for by an event loop that does not sleep. */
	get isPolling(): boolean {
		return this.#turn !== undefined;
	}

	/** An operation waits for its answer from now on. */
	began(): void {
		this.#inFlight += 1;
	}

	ended(): void {
		this.#inFlight -= 1;
		if (this.isPolling) this.#nextRest = 1;
	}

	/** Something is on its way to a node: from here on an answer may come, from it or from the next. */
	sent(): void {
		if (!this.#isWorthwhile()) return;
		// What is handed on has come while it was polled for.
		if (this.isPolling) this.#nextRest = 1;
		if (this.#rest > 0) {
			this.#rest -= 1;
			return;
		}
		this.#until = this.#now() + pollMs;
		this.#turn ??= setImmediate(this.#poll);
	}

	readonly #poll = (): void => {
		this.#turn = undefined;
		if (!this.#isWorthwhile()) return;
		if (this.#now() < this.#until) {
			this.#turn = setImmediate(this.#poll);
			return;
		}
		this.#rest = this.#nextRest;
		this.#nextRest = Math.min(restMax, this.#nextRest * 2);
	};

	#isWorthwhile(): boolean {
		return this.#isUseful && this.#inFlight > 0 && this.#inFlight <= operationsMax;
	}
}
