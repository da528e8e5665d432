/** What a script has changed so far, over the store: applied as a whole, or dropped. */
import type {KeyValues} from '../execution.js';
import type {Stored} from '../shard.js';
import {databaseCount, databaseOf} from '../database-name.js';
import {ExchangedDatabases} from '../exchanged-databases.js';
import type {DatabaseNumber, Key, Value, Version} from '../types.js';

/** What a key takes in the store besides itself and its value. */
const recordBytes = 32;

interface Change {
	readonly value: Value;
	readonly version: Version;
	readonly expiresAt: number;
}

export class Overlay implements KeyValues {
	readonly #store: KeyValues;
	/** `undefined`: deleted. In the order in which the keys were first changed. By the keys that there are before the exchanges. */
	readonly #changes = new Map<Key, Change | undefined>();
	readonly #cleared = new Set<DatabaseNumber>();
	readonly #databases = new ExchangedDatabases();
	/** They are carried out last. */
	readonly #exchanges: (readonly [DatabaseNumber, DatabaseNumber, Version])[] = [];

	constructor(store: KeyValues) {
		this.#store = store;
	}

	get(asked: Key): Stored | undefined {
		const key = this.#databases.keyBefore(asked);
		if (!this.#changes.has(key)) return this.#before(key);
		const change = this.#changes.get(key);
		if (change === undefined) return undefined;
		const {value, version, expiresAt} = change;
		if (expiresAt < 0)
			return {value, version, expiresAt: this.#store.leases?.deadlineOf(-expiresAt) ?? 0, leaseId: -expiresAt};
		return expiresAt === 0 ? {value, version} : {value, version, expiresAt};
	}

	set(key: Key, value: Value, version: Version, expiresAt: number): boolean {
		const isNew = this.get(key) === undefined;
		this.#changes.set(this.#databases.keyBefore(key), {value: new Uint8Array(value), version, expiresAt});
		return isNew;
	}

	delete(key: Key): boolean {
		const existed = this.get(key) !== undefined;
		this.#changes.set(this.#databases.keyBefore(key), undefined);
		return existed;
	}

	/** How many keys that were is not asked for by a script. */
	clear(which: DatabaseNumber | 'all' = 0): 0 {
		for (let each = 0; each < databaseCount; each += 1)
			if (which === 'all' || which === each) this.#cleared.add(this.#databases.before(each));
		for (const key of this.#changes.keys()) if (this.#cleared.has(databaseOf(key))) this.#changes.delete(key);
		return 0;
	}

	exchange(one: DatabaseNumber, other: DatabaseNumber, version: Version): boolean {
		// A script attaches no key to a lease, but for what it copies from one that is.
		if ((one === 0 || other === 0) && this.#store.leases?.haveKeys === true) return false;
		this.#databases.exchange(one, other);
		this.#exchanges.push([one, other, version]);
		return true;
	}

	/** No script watches a key. */
	watch(): boolean {
		return false;
	}

	isAbsentSince(key: Key, version: Version): boolean {
		const isAsBefore = !this.#changes.has(key) && this.#cleared.size === 0 && this.#exchanges.length === 0;
		return isAsBefore && this.#store.isAbsentSince(key, version);
	}

	/** Bytes by which the changes make the state grow, at most. */
	get growth(): number {
		let growth = 0;
		for (const [key, change] of this.#changes) {
			if (change === undefined) continue;
			const before = this.#before(key);
			const size = recordBytes + key.length + change.value.length;
			growth += before === undefined ? size : Math.max(0, size - key.length - before.value.length);
		}
		return growth;
	}

	apply(): void {
		for (const database of this.#cleared) this.#store.clear(database);
		for (const [key, change] of this.#changes) {
			if (change === undefined) this.#store.delete(key);
			else this.#store.set(key, change.value, change.version, change.expiresAt);
		}
		for (const exchange of this.#exchanges) this.#store.exchange?.(...exchange);
	}

	/** What there is without the changes. */
	#before(key: Key): Stored | undefined {
		return this.#cleared.has(databaseOf(key)) ? undefined : this.#store.get(key);
	}
}
