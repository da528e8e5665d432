/** Leases by their deadlines, the earliest first: a binary heap. */
import type {Deadline, LeaseId} from './types.js';

interface Entry {
	readonly id: LeaseId;
	readonly at: Deadline;
}

export class DeadlineHeap {
	readonly #entries: Entry[] = [];

	get size(): number {
		return this.#entries.length;
	}

	/** Infinity: it is empty. */
	get earliest(): Deadline {
		return this.#entries[0]?.at ?? Infinity;
	}

	add(id: LeaseId, at: Deadline): void {
		const entries = this.#entries;
		const entry = {id, at};
		let place = entries.push(entry) - 1;
		while (place > 0) {
			const parent = (place - 1) >> 1;
			const above = entries[parent] as Entry;
			if (above.at <= at) break;
			entries[place] = above;
			place = parent;
		}
		entries[place] = entry;
	}

	/** Takes out the earliest, which there must be. */
	take(): LeaseId {
		const entries = this.#entries;
		const [first] = entries as [Entry];
		const last = entries.pop() as Entry;
		if (entries.length > 0) this.#sink(last);
		return first.id;
	}

	/** From the top, which is free, to its place. */
	#sink(entry: Entry): void {
		const entries = this.#entries;
		let place = 0;
		for (let child = 1; child < entries.length; child = 2 * place + 1) {
			const right = entries[child + 1];
			if (right !== undefined && right.at < (entries[child] as Entry).at) child += 1;
			const below = entries[child] as Entry;
			if (below.at >= entry.at) break;
			entries[place] = below;
			place = child;
		}
		entries[place] = entry;
	}
}
