/** Reads of this node's service that its leader has been asked about. */
import {NumberMap} from '../base/number-map.js';
import type {Milliseconds} from './types.js';

interface RemoteRead {
	readonly readId: number;
	readonly deadline: Milliseconds;
}

const none: readonly number[] = [];

export class RemoteReads {
	readonly #reads = new NumberMap<RemoteRead>();
	#nextId: number;

	/** Ids begin at a random number: a late answer to this node's previous life must not answer a read of this one. */
	constructor(random: () => number) {
		this.#nextId = Math.floor(random() * 2 ** 30) * 2 ** 20;
	}

	nextDeadline(): Milliseconds {
		// All wait equally long: the first is the earliest.
		return this.#reads.first?.deadline ?? Infinity;
	}

	/** Gives the id for the wire. */
	add(readId: number, deadline: Milliseconds): number {
		this.#reads.set(++this.#nextId, {readId, deadline});
		return this.#nextId;
	}

	take(wireId: number): number | undefined {
		const read = this.#reads.get(wireId);
		this.#reads.delete(wireId);
		return read?.readId;
	}

	expire(now: Milliseconds): readonly number[] {
		if (this.#reads.size === 0) return none;
		const expired = [...this.#reads].filter(([, {deadline}]) => deadline <= now);
		for (const [wireId] of expired) this.#reads.delete(wireId);
		return expired.map(([, {readId}]) => readId);
	}

	takeAll(): readonly number[] {
		return this.expire(Infinity);
	}
}
