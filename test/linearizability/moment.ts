import type {KeyValues} from '../../src/kv/execution.js';
import type {Stored} from '../../src/kv/shard.js';
import type {Value} from '../../src/kv/types.js';

/** The keys and values of one moment. */
export class Moment implements KeyValues {
	readonly #entries: Map<string, Stored>;

	constructor(entries: Iterable<readonly [string, Stored]> = []) {
		this.#entries = new Map(entries);
	}

	get(key: string): Stored | undefined {
		return this.#entries.get(key);
	}

	set(key: string, value: Value, version: number): boolean {
		const isNew = !this.#entries.has(key);
		this.#entries.set(key, {value, version});
		return isNew;
	}

	delete(key: string): boolean {
		return this.#entries.delete(key);
	}

	clear(): number {
		const {size} = this.#entries;
		this.#entries.clear();
		return size;
	}

	/** The checker's histories have none of it. */
	watch(): boolean {
		return false;
	}

	isAbsentSince(): boolean {
		return false;
	}

	copy(): Moment {
		return new Moment(this.#entries);
	}
}
