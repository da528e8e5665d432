/**
 * Virtual time for rows. A row waits by promises, and everything below it happens by events:
 *
 *      row ── awaits ──▶ promise ◀── settled by ── event ◀── heap of events
 *
 * After an event that has settled something, the row goes on until it waits again, and only then comes the next event. So
 * the order of all that happens follows from the events alone, and a run with the same seed is the same run.
 */
import {setImmediate} from 'node:timers/promises';
import {EventQueue} from '../../../src/simulation/event-queue.js';

/** So many events at one moment mean that time has stopped. */
const eventsAtOnceMax = 100_000;

export class VirtualTime {
	readonly #queue = new EventQueue<() => void>();
	#now = 0;
	#eventsAtOnce = 0;
	/** Something that the row may wait for was settled since it was last let go on. */
	#isRowDue = true;
	/** Events that have happened. */
	events = 0;

	/** Milliseconds from the start. */
	readonly now = (): number => this.#now;

	/** `action` happens in so many ms, after all that was due then already. */
	after(ms: number, action: () => void): void {
		this.#queue.push(this.#now + ms, action);
	}

	/** Lets the row go on before the next event: to be called with everything that settles a promise of a row's. */
	wakeRow(): void {
		this.#isRowDue = true;
	}

	async sleep(ms: number): Promise<void> {
		await new Promise<void>(resolve => {
			this.after(ms, () => {
				this.wakeRow();
				resolve();
			});
		});
	}

	/** Lets time pass until the work has ended, and gives what came of it. Throws when it still waits at `limitMs`. */
	async run<T>(work: () => Promise<T>, {limitMs}: {readonly limitMs: number}): Promise<T> {
		let isOver = false;
		const outcome = work().finally(() => {
			isOver = true;
		});
		outcome.catch(() => undefined);
		for (;;) {
			if (this.#isRowDue) {
				this.#isRowDue = false;
				// All microtasks run before it: the row has come to its next wait, or to its end.
				await setImmediate();
				if (isOver) return outcome;
			}
			if (this.#queue.nextAt > limitMs) throw new Error(`still running after ${limitMs / 1000} s of virtual time`);
			this.#advance();
		}
	}

	#advance(): void {
		const at = this.#queue.nextAt;
		this.#eventsAtOnce = at === this.#now ? this.#eventsAtOnce + 1 : 0;
		if (this.#eventsAtOnce > eventsAtOnceMax) throw new Error(`virtual time stands still at ${at} ms`);
		this.#now = at;
		this.events += 1;
		this.#queue.pop()();
	}
}
