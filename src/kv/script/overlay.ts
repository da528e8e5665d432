/** What a script has changed so far, over the store: applied as a whole, or dropped. */
import type {KeyValues} from '../execution.js';
import type {Stored} from '../shard.js';
import type {Key, Value, Version} from '../types.js';

/** What a key takes in the store besides itself and its value. */
const recordBytes = 32;

interface Change {
	readonly value: Value;
	readonly version: Version;
	readonly expiresAt: number;
}

export class Overlay implements KeyValues {
	readonly #store: KeyValues;
	/** `undefined`: deleted. In the order in which the keys were first changed. */
	#changes = new Map<Key, Change | undefined>();
	#isCleared = false;

	constructor(store: KeyValues) {
		this.#store = store;
	}

	get(key: Key): Stored | undefined {
		if (!this.#changes.has(key)) return this.#isCleared ? undefined : this.#store.get(key);
		const change = this.#changes.get(key);
		if (change === undefined) return undefined;
		const {value, version, expiresAt} = change;
		if (expiresAt < 0)
			return {value, version, expiresAt: this.#store.leases?.deadlineOf(-expiresAt) ?? 0, leaseId: -expiresAt};
		return expiresAt === 0 ? {value, version} : {value, version, expiresAt};
	}

	set(key: Key, value: Value, version: Version, expiresAt: number): boolean {
		const isNew = this.get(key) === undefined;
		this.#changes.set(key, {value: new Uint8Array(value), version, expiresAt});
		return isNew;
	}

	delete(key: Key): boolean {
		const existed = this.get(key) !== undefined;
		this.#changes.set(key, undefined);
		return existed;
	}

	/** How many keys that were is not asked for by a script. */
	clear(): number {
		this.#isCleared = true;
		this.#changes = new Map();
		return 0;
	}

	/** No script watches a key. */
	watch(): boolean {
		return false;
	}

	isAbsentSince(key: Key, version: Version): boolean {
		return !this.#changes.has(key) && !this.#isCleared && this.#store.isAbsentSince(key, version);
	}

	/** Bytes by which the changes make the state grow, at most. */
	get growth(): number {
		let growth = 0;
		for (const [key, change] of this.#changes) {
			if (change === undefined) continue;
			const before = this.#isCleared ? undefined : this.#store.get(key);
			const size = recordBytes + key.length + change.value.length;
			growth += before === undefined ? size : Math.max(0, size - key.length - before.value.length);
		}
		return growth;
	}

	apply(): void {
		if (this.#isCleared) this.#store.clear();
		for (const [key, change] of this.#changes) {
			if (change === undefined) this.#store.delete(key);
			else this.#store.set(key, change.value, change.version, change.expiresAt);
		}
	}
}
