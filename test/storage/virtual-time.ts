/** The scheduler of the simulated disks: what is due next runs next, one thing at a time. */
import type {DiskTimer} from '../../src/storage/simulated-disk.js';

interface Due {
	readonly at: number;
	readonly order: number;
	readonly callback: () => void;
}

export class VirtualTime {
	#now = 0;
	#count = 0;
	#due: Due[] = [];

	readonly schedule: DiskTimer = (delayMs = 0, callback) => {
		this.#due.push({at: this.#now + delayMs, order: this.#count++, callback});
		this.#due.sort((one, other) => one.at - other.at || one.order - other.order);
	};

	/** Runs what is due next; `false` when nothing is. */
	step(): boolean {
		const next = this.#due.shift();
		if (next === undefined) return false;
		this.#now = next.at;
		next.callback();
		return true;
	}

	runAll(): void {
		while (this.step());
	}
}

/** Numbers in [0, 1) from a seed: mulberry32. */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
