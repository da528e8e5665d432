/** All databases: keys and values, which replicas hold. */
import {Database, type Expiring, type FrozenDatabase} from './database.js';
import {databaseCount, databaseOf, keyInDatabase, nameOfKey} from './database-name.js';
import type {Changes} from './changes/changes.js';
import {type FrozenLease, Leases} from './leases.js';
import type {Stored} from './shard.js';
import type {DatabaseCount, DatabaseNumber, Key, Value, Version} from './types.js';
import type {Watched, WatchedKeys} from './watched-keys.js';

/** The store as it was when it was frozen. Can be walked through once. */
export class FrozenStore implements Iterable<readonly [Key, Stored]> {
	readonly size: number;
	/** See `WatchedKeys`. */
	readonly watched: readonly (readonly [Key, Watched])[];
	readonly leases: readonly FrozenLease[];
	readonly #databases: readonly FrozenDatabase[];

	constructor(store: Store, databases: readonly FrozenDatabase[]) {
		this.#databases = databases;
		this.size = store.heldCount;
		this.watched = [...store.watched()];
		this.leases = store.leases.freeze();
	}

	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (const database of this.#databases) yield* database;
	}
}

/** Of each database, from 0 on. */
export function countsOf(store: Store): readonly DatabaseCount[] {
	return Array.from({length: databaseCount}, (_, number) => {
		const database = store.database(number);
		const {count: expiringCount = 0, meanMs: expireAfterMs = 0} = database?.expiring ?? {};
		return {count: database?.size ?? 0, expiringCount, expireAfterMs};
	});
}

/** Keys whose deadline is over are deleted so many at a time. */
const expiredMax = 2000;
/** So often, by the log's time, which under load is told with every proposal. */
const deletionIntervalMs = 10;

export class Store {
	readonly leases = new Leases((keys, deadline) => this.#changes?.expired.foundAll(keys, deadline));
	#changes: Changes | undefined;
	/** Most stores have no other: what concerns it goes no way round. */
	readonly #first = new Database(0, this.leases);
	/** In the order of their numbers; the others are made when something is written to them. */
	#held: readonly Database[] = [this.#first];
	/** By their numbers. */
	readonly #databases = new Map<DatabaseNumber, Database>([[0, this.#first]]);
	#now = 0;
	#deletedExpiredAt = -Infinity;
	/** The database in which keys whose deadline is over are looked for first. */
	#nextExpiring = 0;

	/** Is told of keys whose deadline is over, from here on. */
	rememberIn(changes: Changes): void {
		this.#changes = changes;
		for (const database of this.#held) database.rememberIn(changes);
	}

	/** Keys that are held: also those whose deadline is over, until they are deleted. */
	get heldCount(): number {
		return this.#sum(database => database.heldCount);
	}

	/** Keys, of all databases. See `Database.size`. */
	get size(): number {
		return this.#sum(database => database.size);
	}

	/** See `Database.expiring`: of all databases. */
	get expiring(): Expiring {
		const each = this.#held.map(database => database.expiring);
		const count = each.reduce((sum, expiring) => sum + expiring.count, 0);
		const totalMs = each.reduce((sum, expiring) => sum + expiring.count * expiring.meanMs, 0);
		return {count, meanMs: count === 0 ? 0 : Math.round(totalMs / count)};
	}

	/** No deadline of a key or a lease is earlier; Infinity: none has one. */
	get earliest(): number {
		return Math.min(this.#earliestOfKeys, this.leases.earliest);
	}

	/** Unix ms, as the log says: a key whose deadline is not after it is not there. */
	get now(): number {
		return this.#now;
	}

	/** Of all keys, and what leases take. */
	get bytes(): number {
		return this.#sum(database => database.bytes) + this.leases.bytes;
	}

	/** See `Database.copiedBytes`. */
	get copiedBytes(): number {
		return this.#sum(database => database.copiedBytes);
	}

	get(key: Key): Stored | undefined {
		const number = databaseOf(key);
		return number === 0 ? this.#first.get(key) : this.#databases.get(number)?.get(nameOfKey(key));
	}

	/**
	 * Takes a copy of the value. `until`: 0 for ever, above 0 a deadline, below 0 the id of a lease that is there, negated, for a key of
	 * database 0. Whether the key was absent.
	 */
	set(key: Key, value: Value, version: Version, until = 0): boolean {
		const number = databaseOf(key);
		if (number === 0) return this.#first.set(key, value, version, until);
		return this.#made(number).set(nameOfKey(key), value, version, until);
	}

	/** Whether there was something to delete. */
	delete(key: Key): boolean {
		const number = databaseOf(key);
		return number === 0 ? this.#first.delete(key) : (this.#databases.get(number)?.delete(nameOfKey(key)) ?? false);
	}

	/** `undefined`: nothing was ever written to it. */
	database(number: DatabaseNumber): Database | undefined {
		return this.#databases.get(number);
	}

	/** Bytes of the keys of one database, and of what leases take where they are. */
	bytesOf(number: DatabaseNumber): number {
		return (this.#databases.get(number)?.bytes ?? 0) + (number === 0 ? this.leases.bytes : 0);
	}

	/**
	 * The time is this now, and never earlier again. What is over by then is not there any more, and is deleted in parts.
	 * `revision`: of the entry that says so.
	 */
	advance(now: number, revision: Version = 0): void {
		this.#now = Math.max(this.#now, now);
		for (const database of this.#held) database.advance(this.#now);
		if (this.earliest <= this.#now) this.#changes?.expired.begin(revision, this.#now);
		this.leases.advance(this.#now);
		if (this.earliest <= this.#now && this.#now - this.#deletedExpiredAt >= deletionIntervalMs) {
			this.#deletedExpiredAt = this.#now;
			this.#deleteExpired();
		}
		this.#changes?.expired.settle(this.#earliestOfKeys);
	}

	/** Of one database, or of all. How many keys there were. */
	clear(which: DatabaseNumber | 'all' = 0): number {
		if (which === 'all') return this.#held.reduce((sum, {number}) => sum + this.clear(number), 0);
		const count = this.#databases.get(which)?.clear() ?? 0;
		if (which === 0) this.leases.clear();
		this.#changes?.expired.forgetPending();
		return count;
	}

	/** All keys of the one are now in the other. `false`: some belong to leases. */
	exchange(one: DatabaseNumber, other: DatabaseNumber, version: Version): boolean {
		if (one === 0 || other === 0) {
			if (this.leases.haveKeys) return false;
			this.#first.deleteOver(Infinity);
		}
		this.#made(one).exchange(this.#made(other), version);
		// What is found later would be told of another database.
		this.#changes?.expired.forgetPending();
		return true;
	}

	watch(key: Key, version: Version): boolean {
		this.#watchedKeysOf(key).watch(nameOfKey(key), version);
		return true;
	}

	isAbsentSince(key: Key, version: Version): boolean {
		return this.#databases.get(databaseOf(key))?.isAbsentSince(nameOfKey(key), version) ?? false;
	}

	/** Keys that are watched, of each database the one that was watched longest ago first. */
	*watched(): Generator<readonly [Key, Watched], void, undefined> {
		for (const {number, watchedKeys} of this.#held)
			for (const [name, watched] of watchedKeys.entries()) yield [keyInDatabase(number, name), watched];
	}

	/** As a snapshot had it. */
	restoreWatched(key: Key, watched: Watched): void {
		this.#watchedKeysOf(key).put(nameOfKey(key), watched);
	}

	/** In no particular order. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (const database of this.#held) yield* database;
	}

	/** Takes the state as it is now, in constant time. One at a time: `thaw` before the next. */
	freeze(): FrozenStore {
		return new FrozenStore(
			this,
			this.#held.map(database => database.freeze()),
		);
	}

	/** The frozen state is not needed any more. */
	thaw(): void {
		for (const database of this.#held) database.thaw();
	}

	get #earliestOfKeys(): number {
		let {earliest} = this.#first;
		for (const database of this.#held) earliest = Math.min(earliest, database.earliest);
		return earliest;
	}

	#deleteExpired(): void {
		let left = expiredMax - this.#first.deleteOver(expiredMax);
		const first = this.#nextExpiring;
		for (let place = 0; place < databaseCount && left > 0; place += 1) {
			const number = (first + place) % databaseCount;
			const database = this.#databases.get(number);
			if (database === undefined || database.earliest > this.#now) continue;
			left -= database.deleteExpired(left);
			// The one that is not done with comes first.
			this.#nextExpiring = number;
		}
	}

	#watchedKeysOf(key: Key): WatchedKeys {
		return this.#made(databaseOf(key)).watchedKeys;
	}

	#made(number: DatabaseNumber): Database {
		const there = this.#databases.get(number);
		if (there !== undefined) return there;
		const made = new Database(number, this.leases);
		made.rememberIn(this.#changes);
		made.advance(this.#now);
		this.#databases.set(number, made);
		this.#held = [...this.#databases.values()].sort((one, another) => one.number - another.number);
		return made;
	}

	#sum(amountOf: (database: Database) => number): number {
		let sum = 0;
		for (const database of this.#held) sum += amountOf(database);
		return sum;
	}
}
