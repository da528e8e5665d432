/**
 * The clock that a replica's thread goes by. It is the thread's own until a fault says otherwise: then it leaps, stands
 * still or runs at another rate, and the timers that wait are set anew. A true clock costs one comparison a reading.
 */
import {NodeClock} from '../../src/faults/node-clock.js';
import type {Milliseconds} from '../../src/raft/types.js';
import {type Clock, systemClock} from '../runtime/clock.js';

interface PendingTimer {
	readonly callback: () => void;
	/** On this clock. */
	readonly dueAt: Milliseconds;
	cancel: () => void;
}

export class ThreadClock implements Clock {
	readonly #real: Clock;
	readonly #pending = new Set<PendingTimer>();
	/** `undefined` as long as no fault has touched it. */
	#faulty: NodeClock | undefined;
	#rate = 1;
	#timerSkewMs: Milliseconds = 0;

	constructor(real = systemClock) {
		this.#real = real;
	}

	/** Bound, as it is handed on by itself. */
	readonly now = (): Milliseconds =>
		this.#faulty === undefined ? this.#real.now() : this.#faulty.read(this.#real.now());

	setTimer(callback: () => void, delayMs: Milliseconds): () => void {
		const timer: PendingTimer = {callback, dueAt: this.now() + delayMs, cancel: () => undefined};
		this.#arm(timer);
		return () => {
			this.#pending.delete(timer);
			timer.cancel();
		};
	}

	/** It runs `rate` times as fast as time does, and timers go off late by `timerSkewMs`, or early where that is negative. */
	adjust(rate: number, timerSkewMs: Milliseconds): void {
		if (rate === this.#rate && timerSkewMs === this.#timerSkewMs) return;
		this.#timerSkewMs = timerSkewMs;
		if (rate !== this.#rate) this.#change().drift(this.#real.now(), rate);
		this.#rate = rate;
		this.#rearm();
	}

	/** Leaps forward. A clock that never goes back answers a step back by standing still for so long. */
	leap(byMs: Milliseconds): void {
		const now = this.#real.now();
		if (byMs > 0) this.#change().leap(now, byMs);
		else this.#change().stop(now, now - byMs);
		this.#rearm();
	}

	/** If it stands still, it goes on from here. */
	resume(): void {
		this.#faulty?.resume(this.#real.now());
		this.#rearm();
	}

	/** What has gone by since it showed this is taken back: it stood still meanwhile, and goes on from there. */
	forget(reading: Milliseconds): void {
		if (reading >= this.now()) return;
		const now = this.#real.now();
		this.#faulty = new NodeClock(reading, now);
		this.#faulty.drift(now, this.#rate);
		this.#rearm();
	}

	#change(): NodeClock {
		const now = this.#real.now();
		return (this.#faulty ??= new NodeClock(now, now));
	}

	/** What is due now goes off at once, before anything else that this thread has heard. */
	#rearm(): void {
		// Those of now: what goes off may start others.
		for (const timer of Array.from(this.#pending)) {
			timer.cancel();
			if (timer.dueAt > this.now()) this.#arm(timer);
			else this.#fire(timer);
		}
	}

	#arm(timer: PendingTimer): void {
		this.#pending.add(timer);
		const real = this.#real.now();
		const delayMs = this.#faulty === undefined ? timer.dueAt - real : this.#faulty.moment(timer.dueAt) - real;
		timer.cancel = this.#real.setTimer(() => this.#fire(timer), Math.max(0, delayMs + this.#timerSkewMs));
	}

	#fire(timer: PendingTimer): void {
		if (this.#pending.delete(timer)) timer.callback();
	}
}
