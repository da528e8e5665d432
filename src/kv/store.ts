/**
 * Keys and values, in shards instead of one piece, for two reasons:
 *
 * - what has to be laid out anew when it grows is small: a table of two million entries was measured to take 0.4 s for that;
 * - a snapshot shares the shards with the living state, and a write copies only the one shard that it changes, if the
 *   snapshot still needs it (copy on write). So a snapshot starts in constant time, and there is nothing to merge after.
 */
import {assert} from '../base/errors.js';
import {hashOf, Shard, type Stored} from './shard.js';
import type {Key, Value, Version} from './types.js';

/** A million keys make 3906 a shard, whose table is copied in ten microseconds. */
const shardCount = 256;

const shardNumberOf = (hash: number): number => (hash ^ (hash >>> 16)) & (shardCount - 1);

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
	needs(offset: number, shard: Shard): boolean {
		return this.#shards[offset] === shard;
	}

	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (let offset = 0; offset < shardCount; offset += 1) {
			const shard = this.#shards[offset];
			if (shard === undefined) continue;
			// Not by an iterator of the shard: each key would pass through two.
			for (let place = shard.nextPlace(0); place >= 0; place = shard.nextPlace(place + 1)) yield shard.at(place);
			this.#shards[offset] = undefined;
		}
	}
}

export class Store {
	#shards: (Shard | undefined)[] = new Array<Shard | undefined>(shardCount).fill(undefined);
	#size = 0;
	#frozen: FrozenStore | undefined;
	#copiedBytes = 0;
	#bytes = 0;

	/** Keys. */
	get size(): number {
		return this.#size;
	}

	/** See `Shard.bytes`: of all shards. */
	get bytes(): number {
		return this.#bytes;
	}

	/** What was copied for the sake of snapshots, ever: the part of a write's cost that its size does not tell. */
	get copiedBytes(): number {
		return this.#copiedBytes;
	}

	get(key: Key): Stored | undefined {
		const hash = hashOf(key);
		return this.#shards[shardNumberOf(hash)]?.get(hash, key);
	}

	/** Takes a copy of the value. */
	set(key: Key, value: Value, version: Version): void {
		const hash = hashOf(key);
		const shard = this.#writable(shardNumberOf(hash));
		const sizeBefore = shard.size;
		this.#bytes += shard.set(hash, key, value, version);
		this.#size += shard.size - sizeBefore;
	}

	/** Whether there was something to delete. */
	delete(key: Key): boolean {
		const hash = hashOf(key);
		const offset = shardNumberOf(hash);
		if (this.#shards[offset]?.get(hash, key) === undefined) return false;
		const shard = this.#writable(offset);
		const before = shard.bytes;
		shard.delete(hash, key);
		this.#size -= 1;
		if (shard.size === 0) this.#shards[offset] = undefined;
		this.#bytes += (shard.size === 0 ? 0 : shard.bytes) - before;
		return true;
	}

	/** How many keys there were. Takes the same time for any number. */
	clear(): number {
		const size = this.#size;
		this.#shards = new Array<Shard | undefined>(shardCount).fill(undefined);
		this.#size = 0;
		this.#bytes = 0;
		return size;
	}

	/** In no particular order. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (let offset = 0; offset < shardCount; offset += 1) {
			const shard = this.#shards[offset];
			if (shard === undefined) continue;
			for (let place = shard.nextPlace(0); place >= 0; place = shard.nextPlace(place + 1)) yield shard.at(place);
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

	#writable(offset: number): Shard {
		const shard = this.#shards[offset];
		if (shard !== undefined && this.#frozen?.needs(offset, shard) !== true) return shard;
		const copy = shard?.copy() ?? new Shard();
		if (shard === undefined) this.#bytes += copy.bytes;
		else this.#copiedBytes += shard.tableBytes;
		this.#shards[offset] = copy;
		return copy;
	}
}
