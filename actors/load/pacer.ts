/** Lets operations begin no faster than a rate, evenly. It does not make up for lost time: no burst follows a stall. */
export class Pacer {
	readonly #intervalNs: number;
	readonly #now: () => number;
	#nextAt: number;

	/** `now`: in ns, never goes back. */
	constructor(perSecond: number, now: () => number) {
		this.#intervalNs = 1e9 / perSecond;
		this.#now = now;
		this.#nextAt = now();
	}

	/** How long the next operation waits, ms. */
	nextDelayMs(): number {
		const now = this.#now();
		const at = Math.max(now, this.#nextAt);
		this.#nextAt = at + this.#intervalNs;
		return (at - now) / 1e6;
	}
}
