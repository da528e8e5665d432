/**
 * Keys and values of one database, by their names in it, in shards instead of one piece, for two reasons:
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
import {keyInDatabase} from './database-name.js';
import type {Leases} from './leases.js';
import type {ByteString, DatabaseNumber, Key, Value, Version} from './types.js';
import {WatchedKeys} from './watched-keys.js';

/** No key's version is told to be less than `floor`: an exchange has changed all of them at once. */
const atLeast = (floor: Version, stored: Stored): Stored =>
	stored.version < floor ? {...stored, version: floor} : stored;

/** A database as it was when it was frozen. Can be walked through once. */
export class FrozenDatabase implements Iterable<readonly [Key, Stored]> {
	readonly #database: DatabaseNumber;
	readonly #exchangedAt: Version;
	/** The shards that are still to be walked through; the others are `undefined` and free to change again. */
	readonly #shards: (Shard | undefined)[];

	constructor(database: DatabaseNumber, shards: readonly (Shard | undefined)[], exchangedAt: Version) {
		this.#database = database;
		this.#shards = shards.slice();
		this.#exchangedAt = exchangedAt;
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
			for (let place = shard.nextPlace(0); place >= 0; place = shard.nextPlace(place + 1)) {
				const [name, stored] = shard.at(place);
				yield [keyInDatabase(this.#database, name), atLeast(this.#exchangedAt, stored)];
			}
			this.#shards[offset] = undefined;
		}
	}
}

/** What a database tells of deadlines. */
export interface Expiring {
	/** Keys that have a deadline or a lease. */
	readonly count: number;
	/** How long keys that have a deadline of their own are still there, on average; those that are over and held count, too. */
	readonly meanMs: number;
}

/** Keys whose deadline is over are found among about so many at a time. */
const lookedAtMax = 16_384;
/** What deleting one of them takes, and looking at a key, in bytes copied: see `copiedBytes`. */
const deletedBytes = 8192;
const lookedAtBytes = 128;

/** Of names in the database where nothing else is said. */
export class Database {
	readonly number: DatabaseNumber;
	/** Those of all databases. Only keys of database 0 belong to some. */
	readonly #leases: Leases;
	#changes: Changes | undefined;
	#shards: (Shard | undefined)[] = new Array<Shard | undefined>(shardCount).fill(undefined);
	#size = 0;
	#frozen: FrozenDatabase | undefined;
	#copiedBytes = 0;
	#bytes = 0;
	#now = 0;
	#earliest = Infinity;
	/** The shard from which keys whose deadline is over are looked for next. */
	#nextShard = 0;
	/** The revision that last exchanged all keys of this database for those of another one. */
	#exchangedAt: Version = 0;
	/** Not counted as memory of the keys: it has a bound of its own. */
	readonly watchedKeys = new WatchedKeys();

	constructor(number: DatabaseNumber, leases: Leases) {
		this.number = number;
		this.#leases = leases;
	}

	/** Is told of keys whose deadline is over, from here on. */
	rememberIn(changes: Changes | undefined): void {
		this.#changes = changes;
	}

	/** Keys that are held: also those whose deadline is over, until they are deleted. */
	get heldCount(): number {
		return this.#size;
	}

	/** See `atLeast`. */
	get exchangedAt(): Version {
		return this.#exchangedAt;
	}

	/** Keys. Looks at those of the shards in which a deadline may be over. */
	get size(): number {
		return this.#size - this.#overKeyCount - this.#expiredCount();
	}

	/** Looks at those of the shards in which a deadline may be over. */
	get expiring(): Expiring {
		const deadlines = new DeadlineSum();
		for (const shard of this.#shards) if (shard !== undefined) deadlines.addAll(shard.deadlines);
		const attached = this.number === 0 ? this.#leases.keyCount - this.#leases.overKeyCount : 0;
		const meanMs = Math.max(0, Math.round(deadlines.mean - this.#now));
		return {count: deadlines.count - this.#expiredCount() + attached, meanMs};
	}

	/** No deadline of a key is earlier, but for those of leases; Infinity: none has one. */
	get earliest(): number {
		return this.#earliest;
	}

	/** Unix ms, as the log says: a key whose deadline is not after it is not there. */
	get now(): number {
		return this.#now;
	}

	/** See `Shard.bytes`: of all shards. */
	get bytes(): number {
		return this.#bytes;
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
		if (stored?.expiresAt !== undefined && stored.expiresAt <= this.#now) return undefined;
		return stored === undefined || this.#exchangedAt === 0 ? stored : atLeast(this.#exchangedAt, stored);
	}

	/**
	 * Takes a copy of the value. `until`: 0 for ever, above 0 a deadline, below 0 the id of a lease that is there, negated. Whether
	 * the key was absent.
	 */
	set(key: Key, value: Value, version: Version, until = 0): boolean {
		const hash = hashOf(key);
		const mayBeOver = this.#earliest <= this.#now || this.#overKeyCount > 0;
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

	/** What is over by then is not there any more, and is deleted in parts. */
	advance(now: number): void {
		this.#now = now;
	}

	/** How many keys there were. Takes the same time for any number of them, as `size` does. */
	clear(): number {
		const {size} = this;
		this.#shards = new Array<Shard | undefined>(shardCount).fill(undefined);
		this.#size = 0;
		this.#bytes = 0;
		this.#earliest = Infinity;
		return size;
	}

	/** All keys of the one are now in the other: in constant time, but for those that are watched. None of them belongs to a lease. */
	exchange(other: Database, version: Version): void {
		this.#noteExchange(other, version);
		other.#noteExchange(this, version);
		[this.#shards, other.#shards] = [other.#shards, this.#shards];
		[this.#size, other.#size] = [other.#size, this.#size];
		[this.#bytes, other.#bytes] = [other.#bytes, this.#bytes];
		[this.#earliest, other.#earliest] = [other.#earliest, this.#earliest];
		[this.#nextShard, other.#nextShard] = [other.#nextShard, this.#nextShard];
		// A snapshot needs the shards wherever they are.
		[this.#frozen, other.#frozen] = [other.#frozen, this.#frozen];
		this.#exchangedAt = version;
		other.#exchangedAt = version;
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

	/** All keys, not names, in no particular order. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (const shard of this.#shards) {
			if (shard === undefined) continue;
			for (let place = shard.nextPlace(0); place >= 0; place = shard.nextPlace(place + 1)) {
				const [name, stored] = shard.at(place);
				const {expiresAt} = stored;
				if (expiresAt === undefined || expiresAt > this.#now)
					yield [keyInDatabase(this.number, name), atLeast(this.#exchangedAt, stored)];
			}
		}
	}

	/** Takes the state as it is now, in constant time. One at a time: `thaw` before the next. */
	freeze(): FrozenDatabase {
		assert(this.#frozen === undefined, 'a database is frozen once at a time');
		this.#frozen = new FrozenDatabase(this.number, this.#shards, this.#exchangedAt);
		return this.#frozen;
	}

	/** The frozen state is not needed any more. */
	thaw(): void {
		this.#frozen = undefined;
	}

	/** Deletes keys whose deadline is over, at most so many; how many. */
	deleteExpired(countMax: number): number {
		let left = countMax;
		let lookedAt = 0;
		const first = this.#nextShard;
		const found = (name: ByteString, deadline: number): void => this.#found(name, deadline);
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
		this.#copiedBytes += (countMax - left) * deletedBytes + lookedAt * lookedAtBytes;
		this.#earliest = this.#shards.reduce(
			(earliest, shard) => Math.min(earliest, shard?.earliest ?? Infinity),
			Infinity,
		);
		return countMax - left;
	}

	/** Of leases that are over, at most so many keys; how many. */
	deleteOver(countMax: number): number {
		let count = 0;
		for (let name = this.#leases.nextOver(); name !== undefined && count < countMax; name = this.#leases.nextOver()) {
			this.delete(name);
			count += 1;
		}
		this.#copiedBytes += count * deletedBytes;
		return count;
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

	get #overKeyCount(): number {
		return this.number === 0 ? this.#leases.overKeyCount : 0;
	}

	#found(name: ByteString, deadline: number): void {
		this.#changes?.expired.found(keyInDatabase(this.number, name), deadline);
	}

	/** A watched key that is in one of them is changed, as in Redis also where both have the same. */
	#noteExchange(other: Database, version: Version): void {
		for (const [name] of this.watchedKeys.entries())
			if (this.get(name) !== undefined || other.get(name) !== undefined) this.watchedKeys.noteChange(name, version);
	}

	/** Whether it is held, and not there any more. */
	#isOver(key: Key, stored: Stored | undefined): boolean {
		if (stored?.expiresAt === undefined || stored.expiresAt > this.#now) return false;
		// Those of a lease were told together when it was over.
		if (stored.leaseId === undefined) this.#found(key, stored.expiresAt);
		return true;
	}

	#noteShrunk(offset: number, shard: Shard, bytesBefore: number): void {
		if (shard.size === 0) this.#shards[offset] = undefined;
		this.#bytes += (shard.size === 0 ? 0 : shard.bytes) - bytesBefore;
	}

	#writable(offset: number): Shard {
		const shard = this.#shards[offset];
		if (shard !== undefined && this.#frozen?.needs(offset, shard) !== true) return shard;
		const copy = shard?.copy() ?? new Shard(this.#leases);
		if (shard === undefined) this.#bytes += copy.bytes;
		else this.#copiedBytes += shard.tableBytes;
		this.#shards[offset] = copy;
		return copy;
	}
}
