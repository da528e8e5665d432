/**
 * The last few changes, for whoever begins to watch with a write, or a read, that was just answered. A change costs next to nothing:
 * its value is kept as it was given, and not copied.
 */
import type {Key, Value, Version} from '../types.js';
import type {ChangeMemory} from './change-ring.js';

/** A power of two. */
export const recentMax = 64;
/** Larger values are not remembered: what is kept here is not counted as memory. */
const recentValueBytesMax = 1024;

const noBytes = new Uint8Array(0);

export class RecentChanges implements ChangeMemory {
	/** By place modulo `recentMax`. */
	readonly #revisions: Version[] = new Array<Version>(recentMax).fill(0);
	readonly #codes: number[] = new Array<number>(recentMax).fill(0);
	readonly #keys: Key[] = new Array<Key>(recentMax).fill('');
	readonly #values: Value[] = Array.from({length: recentMax}, () => noBytes);
	#first = 0;
	#end = 0;
	#since: Version;

	/** `since`: there is nothing to remember of what came up to this revision. */
	constructor(since: Version) {
		this.#since = since;
	}

	get since(): Version {
		return this.#since;
	}

	get first(): number {
		return this.#first;
	}

	get end(): number {
		return this.#end;
	}

	/** The value must not change any more. */
	push(revision: Version, code: number, key: Key, value: Value = noBytes): void {
		if (value.length > recentValueBytesMax) return this.forget(revision);
		const slot = this.#end & (recentMax - 1);
		if (this.#end - this.#first === recentMax) {
			// The other changes of its revision are not told any more, either.
			this.#since = this.#revisions[slot] as Version;
			this.#first += 1;
		}
		this.#revisions[slot] = revision;
		this.#codes[slot] = code;
		this.#keys[slot] = key;
		this.#values[slot] = value;
		this.#end += 1;
	}

	forget(revision: Version): void {
		this.#first = this.placeAfter(revision);
		this.#since = Math.max(this.#since, revision);
	}

	placeAfter(revision: Version): number {
		let place = this.#end;
		while (place > this.#first && this.revisionAt(place - 1) > revision) place -= 1;
		return place;
	}

	revisionAt(place: number): Version {
		return this.#revisions[place & (recentMax - 1)] as Version;
	}

	keyAt(place: number): Key {
		return this.#keys[place & (recentMax - 1)] as Key;
	}

	codeAt(place: number): number {
		return this.#codes[place & (recentMax - 1)] as number;
	}

	valueAt(place: number): Value {
		return this.#values[place & (recentMax - 1)] as Value;
	}
}
