/**
 * Keys and values, in many small maps instead of one big one, for two reasons:
 *
 * - a `Map` that grows past two million entries rehashes them all at once, which was measured to take 0.4 s;
 * - a snapshot shares the maps with the living state, and a write copies only the one small map that it changes, if the
 *   snapshot still needs it (copy on write). So a snapshot starts in constant time, and there is nothing to merge after.
 */
import {assert} from '../raft/errors.js';
import type {ByteString, Key, Version} from './types.js';

export interface Stored {
	/** A million arrays of 100 bytes take twice the memory of such strings, and cost three times as much to make and collect. */
	readonly value: ByteString;
	readonly version: Version;
}

type Shard = Map<Key, Stored>;

/** A million keys make 244 a shard: copying one takes about ten microseconds. */
const shardCount = 4096;

/** FNV-1a, 32 bits, folded. Only spreads the keys over the shards: nothing depends on its value. */
function shardOf(key: Key): number {
	let hash = 0x811c9dc5;
	for (let offset = 0; offset < key.length; offset += 1) hash = Math.imul(hash ^ key.charCodeAt(offset), 0x01000193);
	return (hash ^ (hash >>> 16)) & (shardCount - 1);
}

/** The store as it was when it was frozen. Can be walked through once. */
export class FrozenStore implements Iterable<readonly [Key, Stored]> {
	readonly size: number;
	/** The shards that are still to be walked through; the others are `undefined` and free to change again. */
	readonly #shards: (Shard | undefined)[];

	constructor(shards: readonly (Shard | undefined)[], size: number) {
		this.#shards = shards.slice();
		this.size = size;
	}

	/** Must this shard keep its content for us? */
	needs(place: number, shard: Shard): boolean {
		return this.#shards[place] === shard;
	}

	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (let place = 0; place < shardCount; place += 1) {
			const shard = this.#shards[place];
			if (shard === undefined) continue;
			yield* shard;
			this.#shards[place] = undefined;
		}
	}
}

export class Store {
	#shards: (Shard | undefined)[] = new Array<Shard | undefined>(shardCount).fill(undefined);
	#size = 0;
	#frozen: FrozenStore | undefined;
	#copiedEntries = 0;

	/** Keys. */
	get size(): number {
		return this.#size;
	}

	/** Entries that were copied for the sake of snapshots, ever: the part of a write's cost that its size does not tell. */
	get copiedEntries(): number {
		return this.#copiedEntries;
	}

	get(key: Key): Stored | undefined {
		return this.#shards[shardOf(key)]?.get(key);
	}

	set(key: Key, value: ByteString, version: Version): void {
		const shard = this.#writable(shardOf(key));
		const sizeBefore = shard.size;
		shard.set(key, {value, version});
		this.#size += shard.size - sizeBefore;
	}

	/** Whether there was something to delete. */
	delete(key: Key): boolean {
		const place = shardOf(key);
		if (this.#shards[place]?.has(key) !== true) return false;
		this.#writable(place).delete(key);
		this.#size -= 1;
		return true;
	}

	/** How many keys there were. Takes the same time for any number. */
	clear(): number {
		const size = this.#size;
		this.#shards = new Array<Shard | undefined>(shardCount).fill(undefined);
		this.#size = 0;
		return size;
	}

	/** In no particular order. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (let place = 0; place < shardCount; place += 1) {
			const shard = this.#shards[place];
			if (shard !== undefined) yield* shard;
		}
	}

	/** Takes the state as it is now, in constant time. One at a time: `thaw` before the next. */
	freeze(): FrozenStore {
		assert(this.#frozen === undefined, 'a store is frozen once at a time');
		this.#frozen = new FrozenStore(this.#shards, this.#size);
		return this.#frozen;
	}

	/** The frozen state is not needed any more. */
	thaw(): void {
		this.#frozen = undefined;
	}

	#writable(place: number): Shard {
		const shard = this.#shards[place];
		if (shard !== undefined && this.#frozen?.needs(place, shard) !== true) return shard;
		const copy: Shard = new Map(shard);
		this.#copiedEntries += copy.size;
		this.#shards[place] = copy;
		return copy;
	}
}
