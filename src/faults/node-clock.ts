/**
 * A node's monotonic clock, as the node sees it: it begins anywhere, runs fast or slow, leaps forward, or stands still
 * for a while; it never goes back.
 */
/** Of real or of virtual time. */
type Milliseconds = number;

export class NodeClock {
	/** What it showed at `#since`, and how fast it has gone from there. */
	#reading: Milliseconds;
	#since: Milliseconds;
	#rate = 1;

	constructor(reading: Milliseconds, since: Milliseconds) {
		this.#reading = reading;
		this.#since = since;
	}

	/** What the node reads at this moment of virtual time. */
	read(now: Milliseconds): Milliseconds {
		// Before `#since` it stands still: see `stop`.
		return this.#reading + Math.max(0, now - this.#since) * this.#rate;
	}

	/** The moment of virtual time at which it will show this. */
	moment(reading: Milliseconds): Milliseconds {
		return this.#since + (reading - this.#reading) / this.#rate;
	}

	/** It goes, and as fast as time does. */
	isTrue(now: Milliseconds): boolean {
		return this.#rate === 1 && this.#since <= now;
	}

	drift(now: Milliseconds, rate: number): void {
		this.#rebase(now);
		this.#rate = rate;
	}

	leap(now: Milliseconds, byMs: Milliseconds): void {
		this.#rebase(now);
		this.#reading += byMs;
	}

	/** Stands still until then: the machine is suspended, or somebody has set the time back on one that must not go back. */
	stop(now: Milliseconds, until: Milliseconds): void {
		this.#rebase(now);
		this.#since = Math.max(this.#since, until);
	}

	/** If it stands still, it goes on from here. */
	resume(now: Milliseconds): void {
		this.#since = Math.min(this.#since, now);
	}

	#rebase(now: Milliseconds): void {
		this.#reading = this.read(now);
		this.#since = Math.max(this.#since, now);
	}
}
