/**
 * Keys and values, in shards instead of one piece, for two reasons:
 *
 * - what has to be laid out anew when it grows is small: a table of two million entries was measured to take 0.4 s for that;
 * - a snapshot shares the shards with the living state, and a write copies only the one shard that it changes, if the
 *   snapshot still needs it (copy on write). So a snapshot starts in constant time, and there is nothing to merge after.
 */
import {assert} from '../base/errors.js';
import {DeadlineSum} from './deadline-sum.js';
import {shardCount, shardNumberOf} from './scan-position.js';
import {hashOf, Shard, type Stored} from './shard.js';
import type {Changes} from './changes/changes.js';
import {type FrozenLease, Leases} from './leases.js';
import type {Key, Value, Version} from './types.js';
import {type Watched, WatchedKeys} from './watched-keys.js';

/** The store as it was when it was frozen. Can be walked through once. */
export class FrozenStore implements Iterable<readonly [Key, Stored]> {
	readonly size: number;
	/** See `WatchedKeys`. */
	readonly watched: readonly (readonly [Key, Watched])[];
	readonly leases: readonly FrozenLease[];
	/** The shards that are still to be walked through; the others are `undefined` and free to change again. */
	readonly #shards: (Shard | undefined)[];

	constructor(
		shards: readonly (Shard | undefined)[],
		size: number,
		watched: readonly (readonly [Key, Watched])[],
		leases: readonly FrozenLease[],
	) {
		this.#shards = shards.slice();
		this.size = size;
		this.watched = watched;
		this.leases = leases;
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

/** What a store tells of deadlines. */
export interface Expiring {
	/** Keys that have a deadline or a lease. */
	readonly count: number;
	/** How long keys that have a deadline of their own are still there, on average; those that are over and held count, too. */
	readonly meanMs: number;
}

/** Keys whose deadline is over are deleted so many at a time, and found among about so many. */
const expiredMax = 2000;
const lookedAtMax = 16_384;
/** So often, by the log's time, which under load is told with every proposal. */
const deletionIntervalMs = 10;
/** What deleting one of them takes, and looking at a key, in bytes copied: see `copiedBytes`. */
const deletedBytes = 8192;
const lookedAtBytes = 128;

export class Store {
	readonly leases = new Leases((keys, deadline) => this.#changes?.expired.foundAll(keys, deadline));
	#changes: Changes | undefined;
	#shards: (Shard | undefined)[] = new Array<Shard | undefined>(shardCount).fill(undefined);
	#size = 0;
	#frozen: FrozenStore | undefined;
	#copiedBytes = 0;
	#bytes = 0;
	#now = 0;
	#deletedExpiredAt = -Infinity;
	#earliest = Infinity;
	/** The shard from which keys whose deadline is over are looked for next. */
	#nextShard = 0;
	/** Not counted as memory of the keys: it has a bound of its own. */
	readonly watchedKeys = new WatchedKeys();

	/** Is told of keys whose deadline is over, from here on. */
	rememberIn(changes: Changes): void {
		this.#changes = changes;
	}

	/** Keys that are held: also those whose deadline is over, until they are deleted. */
	get heldCount(): number {
		return this.#size;
	}

	/** Keys. Looks at those of the shards in which a deadline may be over. */
	get size(): number {
		return this.#size - this.leases.overKeyCount - this.#expiredCount();
	}

	/** Looks at those of the shards in which a deadline may be over. */
	get expiring(): Expiring {
		const deadlines = new DeadlineSum();
		for (const shard of this.#shards) if (shard !== undefined) deadlines.addAll(shard.deadlines);
		const {keyCount, overKeyCount} = this.leases;
		return {
			count: deadlines.count - this.#expiredCount() + keyCount - overKeyCount,
			meanMs: Math.max(0, Math.round(deadlines.mean - this.#now)),
		};
	}

	/** No deadline of a key or a lease is earlier; Infinity: none has one. */
	get earliest(): number {
		return Math.min(this.#earliest, this.leases.earliest);
	}

	/** Unix ms, as the log says: a key whose deadline is not after it is not there. */
	get now(): number {
		return this.#now;
	}

	/** See `Shard.bytes`: of all shards, and what leases take. */
	get bytes(): number {
		return this.#bytes + this.leases.bytes;
	}

	/**
	 * What was copied for the sake of snapshots, ever, and so much for each key that `deleteExpired` looked at and deleted: the
	 * part of an entry's cost that its size does not tell.
	 */
	get copiedBytes(): number {
		return this.#copiedBytes;
	}

	get(key: Key): Stored | undefined {
		const hash = hashOf(key);
		const stored = this.#shards[shardNumberOf(hash)]?.get(hash, key);
		return stored?.expiresAt !== undefined && stored.expiresAt <= this.#now ? undefined : stored;
	}

	/**
	 * Takes a copy of the value. `until`: 0 for ever, above 0 a deadline, below 0 the id of a lease that is there, negated. Whether
	 * the key was absent.
	 */
	set(key: Key, value: Value, version: Version, until = 0): boolean {
		const hash = hashOf(key);
		const mayBeOver = this.#earliest <= this.#now || this.leases.overKeyCount > 0;
		const wasOver = mayBeOver && this.#isOver(key, this.#shards[shardNumberOf(hash)]?.get(hash, key));
		const shard = this.#writable(shardNumberOf(hash));
		const sizeBefore = shard.size;
		this.#bytes += shard.set(hash, key, value, version, until);
		this.#size += shard.size - sizeBefore;
		if (until > 0 && until < this.#earliest) this.#earliest = until;
		if (this.watchedKeys.size > 0) this.watchedKeys.noteChange(key, version);
		return wasOver || shard.size > sizeBefore;
	}

	/** Whether there was something to delete. */
	delete(key: Key): boolean {
		const hash = hashOf(key);
		const offset = shardNumberOf(hash);
		const stored = this.#shards[offset]?.get(hash, key);
		if (stored === undefined) return false;
		const isThere = !this.#isOver(key, stored);
		const shard = this.#writable(offset);
		const before = shard.bytes;
		shard.delete(hash, key);
		this.#size -= 1;
		this.#noteShrunk(offset, shard, before);
		return isThere;
	}

	/**
	 * The time is this now, and never earlier again. What is over by then is not there any more, and is deleted in parts.
	 * `revision`: of the entry that says so.
	 */
	advance(now: number, revision: Version = 0): void {
		this.#now = Math.max(this.#now, now);
		if (this.earliest <= this.#now) this.#changes?.expired.begin(revision, this.#now);
		this.leases.advance(this.#now);
		if (this.earliest <= this.#now && this.#now - this.#deletedExpiredAt >= deletionIntervalMs) {
			this.#deletedExpiredAt = this.#now;
			this.#deleteExpired();
		}
		this.#changes?.expired.settle(this.#earliest);
	}

	/** How many keys there were. Takes the same time for any number of them, as `size` does. */
	clear(): number {
		const {size} = this;
		this.#shards = new Array<Shard | undefined>(shardCount).fill(undefined);
		this.#size = 0;
		this.#bytes = 0;
		this.#earliest = Infinity;
		this.leases.clear();
		this.#changes?.expired.forgetPending();
		return size;
	}

	/** `undefined`: it has no keys. */
	shard(number: number): Shard | undefined {
		return this.#shards[number];
	}

	watch(key: Key, version: Version): boolean {
		this.watchedKeys.watch(key, version);
		return true;
	}

	isAbsentSince(key: Key, version: Version): boolean {
		return this.get(key) === undefined && this.watchedKeys.isUnchangedSince(key, version);
	}

	/** In no particular order. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (const shard of this.#shards) {
			if (shard === undefined) continue;
			for (let place = shard.nextPlace(0); place >= 0; place = shard.nextPlace(place + 1)) {
				const each = shard.at(place);
				const {expiresAt} = each[1];
				if (expiresAt === undefined || expiresAt > this.#now) yield each;
			}
		}
	}

	/** Takes the state as it is now, in constant time. One at a time: `thaw` before the next. */
	freeze(): FrozenStore {
		assert(this.#frozen === undefined, 'a store is frozen once at a time');
		this.#frozen = new FrozenStore(this.#shards, this.#size, this.watchedKeys.entries(), this.leases.freeze());
		return this.#frozen;
	}

	/** The frozen state is not needed any more. */
	thaw(): void {
		this.#frozen = undefined;
	}

	/** Keys with a deadline of their own that is over. */
	#expiredCount(): number {
		if (this.#earliest > this.#now) return 0;
		let count = 0;
		for (const shard of this.#shards) {
			if (shard !== undefined && shard.earliest <= this.#now) count += shard.countExpired(this.#now);
		}
		return count;
	}

	#deleteExpired(): void {
		let left = expiredMax - this.#deleteOver(expiredMax);
		let lookedAt = 0;
		const first = this.#nextShard;
		const found = (key: Key, deadline: number): void => this.#changes?.expired.found(key, deadline);
		for (let place = 0; place < shardCount && left > 0 && lookedAt < lookedAtMax; place += 1) {
			const offset = (first + place) % shardCount;
			const shard = this.#shards[offset];
			if (shard === undefined || shard.earliest > this.#now) continue;
			const writable = this.#writable(offset);
			const before = writable.bytes;
			lookedAt += writable.tableBytes / Uint32Array.BYTES_PER_ELEMENT;
			const deleted = writable.deleteExpired(this.#now, left, found);
			left -= deleted;
			this.#size -= deleted;
			this.#noteShrunk(offset, writable, before);
			// The one that is not done with comes first.
			this.#nextShard = offset;
		}
		this.#copiedBytes += (expiredMax - left) * deletedBytes + lookedAt * lookedAtBytes;
		this.#earliest = this.#shards.reduce(
			(earliest, shard) => Math.min(earliest, shard?.earliest ?? Infinity),
			Infinity,
		);
	}

	/** Whether it is held, and not there any more. */
	#isOver(key: Key, stored: Stored | undefined): boolean {
		if (stored?.expiresAt === undefined || stored.expiresAt > this.#now) return false;
		// Those of a lease were told together when it was over.
		if (stored.leaseId === undefined) this.#changes?.expired.found(key, stored.expiresAt);
		return true;
	}

	/** Of leases that are over, at most so many keys; how many. */
	#deleteOver(countMax: number): number {
		let count = 0;
		for (let key = this.leases.nextOver(); key !== undefined && count < countMax; key = this.leases.nextOver()) {
			this.delete(key);
			count += 1;
		}
		return count;
	}

	#noteShrunk(offset: number, shard: Shard, bytesBefore: number): void {
		if (shard.size === 0) this.#shards[offset] = undefined;
		this.#bytes += (shard.size === 0 ? 0 : shard.bytes) - bytesBefore;
	}

	#writable(offset: number): Shard {
		const shard = this.#shards[offset];
		if (shard !== undefined && this.#frozen?.needs(offset, shard) !== true) return shard;
		const copy = shard?.copy() ?? new Shard(this.leases);
		if (shard === undefined) this.#bytes += copy.bytes;
		else this.#copiedBytes += shard.tableBytes;
		this.#shards[offset] = copy;
		return copy;
	}
}
