/** What costs something is measured only while somebody collects it: each collection asks for it for a while longer. */

/** Longer than any usual pause between two collections. */
const leaseMs = 120_000;

export class Lease {
	#timer: NodeJS.Timeout | undefined;
	#isHeld = false;
	readonly #ended: () => void;

	/** `ended`: called when nobody has collected for two minutes. */
	constructor(ended: () => void) {
		this.#ended = ended;
	}

	get isHeld(): boolean {
		return this.#isHeld;
	}

	renew(): void {
		this.#isHeld = true;
		if (this.#timer === undefined) {
			this.#timer = setTimeout(() => this.end(), leaseMs);
			// It must not keep a thread from ending.
			this.#timer.unref();
		} else this.#timer.refresh();
	}

	end(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (!this.#isHeld) return;
		this.#isHeld = false;
		this.#ended();
	}
}
