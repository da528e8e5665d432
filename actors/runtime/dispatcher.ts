import {Queue} from '../../src/base/queue.js';
import type {Clock} from './clock.js';

/** Something that has turns to take: an actor with messages. */
export interface Runnable {
	/** Handles one message. */
	turn(): void;
	readonly isReady: boolean;
	/** The dispatcher's mark: it will get a turn, or has it now. False at first. */
	isQueued: boolean;
}

/** An actor hands over to the next after so many messages, so that one with a long queue does not hold up the others. */
const turnsInARow = 32;
/** Ends a slice even when the clock stands still, as a manual one does. */
const turnsPerSlice = 4096;
/** Slices without a pass of the event loop between them; two actors that answer each other end there. */
const roundsPerRun = 16;

/**
 * Takes turns for all actors of one thread. Node returns to its timers and sockets only when a callback returns, and it
 * handles all immediates and port messages that it finds before that; a long queue worked off at one go would hold up every
 * timer of the thread. So the work is done in slices of a few ms, with a pass of the event loop between them.
 *
 * What actors send to other threads in a slice leaves at its end, in one message a destination.
 */
export class Dispatcher {
	readonly #clock: Clock;
	readonly #defer: (callback: () => void) => void;
	readonly #sliceMs: number;
	readonly #ready = new Queue<Runnable>();
	#current: Runnable | undefined;
	#turnsLeft = 0;
	#flushes: (() => void)[] = [];
	#isArmed = false;

	constructor(clock: Clock, defer: (callback: () => void) => void, sliceMs: number) {
		this.#clock = clock;
		this.#defer = defer;
		this.#sliceMs = sliceMs;
	}

	schedule(runnable: Runnable): void {
		if (runnable.isQueued) return;
		runnable.isQueued = true;
		this.#ready.push(runnable);
		this.#arm();
	}

	/** Calls back at the end of the current or the next slice; the same function once. */
	flushLater(flush: () => void): void {
		if (!this.#flushes.includes(flush)) this.#flushes.push(flush);
		this.#arm();
	}

	#arm(): void {
		if (this.#isArmed) return;
		this.#isArmed = true;
		this.#defer(this.#run);
	}

	readonly #run = (): void => {
		const endMs = this.#clock.now() + this.#sliceMs;
		// What the end of a slice sets going on this thread is taken up at once, while there is time: a pass of the event
		// loop between an actor and its neighbour would be the larger part of a message's way.
		for (let rounds = 0; rounds < roundsPerRun; rounds++) {
			this.#slice();
			this.#putBack();
			this.#flush();
			if (this.#ready.length === 0 || this.#clock.now() >= endMs) break;
		}
		this.#isArmed = false;
		if (this.#ready.length > 0 || this.#flushes.length > 0) this.#arm();
	};

	#slice(): void {
		const endMs = this.#clock.now() + this.#sliceMs;
		for (let turns = 0; turns < turnsPerSlice; turns++) {
			if (!this.#turn() || this.#clock.now() >= endMs) return;
		}
	}

	/** False when there is nothing to do. */
	#turn(): boolean {
		if (this.#turnsLeft === 0 || this.#current?.isReady !== true) {
			this.#putBack();
			this.#current = this.#ready.shift();
			this.#turnsLeft = turnsInARow;
		}
		this.#turnsLeft--;
		this.#current?.turn();
		return this.#current !== undefined;
	}

	/** What is asked for by one of these callbacks comes at the end of the next slice. */
	#flush(): void {
		const flushes = this.#flushes;
		this.#flushes = [];
		for (const flush of flushes) flush();
	}

	#putBack(): void {
		const runnable = this.#current;
		this.#current = undefined;
		if (runnable === undefined) return;
		if (runnable.isReady) this.#ready.push(runnable);
		else runnable.isQueued = false;
	}
}
