/**
 * The latest changes that writes made, in the order of the log. It is bounded: the oldest make room for new ones. No part of the
 * state: it is in no snapshot, and replicas that are equal may remember differently far back.
 *
 * Values are copied into pages of the ring's own, one behind the other: a view of a command would keep the whole request in
 * memory, and an array for each value would be an object more for each write.
 */
import type {Key, Value, Version} from '../types.js';

export interface RingLimits {
	/** Changes. */
	readonly changesMax: number;
	/** Bytes of their keys and values. */
	readonly bytesMax: number;
}

const firstPageBytes = 1024;
const pageBytesMax = 64 * 1024;
const noBytes = new Uint8Array(0);

/** The latest changes, each with a place; those of one revision stand together. */
export interface ChangeMemory {
	/** All changes after this revision are held. */
	readonly since: Version;
	/** Places of the first that is held, and behind the last. */
	readonly first: number;
	readonly end: number;
	/** The latest change. */
	push(revision: Version, code: number, key: Key, value?: Value): void;
	/** Remembers nothing of what came up to this revision. */
	forget(revision: Version): void;
	/** The place of the first change after this revision. */
	placeAfter(revision: Version): number;
	revisionAt(place: number): Version;
	keyAt(place: number): Key;
	codeAt(place: number): number;
	/** A view, valid until the change is dropped. */
	valueAt(place: number): Value;
}

export class ChangeRing implements ChangeMemory {
	readonly #limits: RingLimits;
	/** By place modulo `changesMax`; those of one place belong together. */
	readonly #revisions: Version[] = [];
	readonly #keys: Key[] = [];
	readonly #codes: number[] = [];
	readonly #pages: Uint8Array[] = [];
	readonly #offsets: number[] = [];
	readonly #lengths: number[] = [];
	/** Places of the first that is held, and behind the last. They only grow. */
	#first = 0;
	#end = 0;
	#bytes = 0;
	#page: Uint8Array = noBytes;
	#pageEnd = 0;
	#since: Version;

	/** `since`: there is nothing to remember of what came up to this revision. */
	constructor(limits: RingLimits, since: Version) {
		this.#limits = limits;
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

	/** Takes a copy of the value. */
	push(revision: Version, code: number, key: Key, value: Value = noBytes): void {
		const {changesMax, bytesMax} = this.#limits;
		const bytes = key.length + value.length;
		while (this.#end > this.#first && (this.#end - this.#first >= changesMax || this.#bytes + bytes > bytesMax))
			this.#dropFirst();
		if (bytes > bytesMax) return this.forget(revision);
		const slot = this.#end % changesMax;
		this.#revisions[slot] = revision;
		this.#keys[slot] = key;
		this.#codes[slot] = code;
		this.#offsets[slot] = this.#copy(value);
		this.#pages[slot] = this.#page;
		this.#lengths[slot] = value.length;
		this.#end += 1;
		this.#bytes += bytes;
	}

	forget(revision: Version): void {
		while (this.#end > this.#first && this.revisionAt(this.#first) <= revision) this.#dropFirst();
		this.#since = Math.max(this.#since, revision);
	}

	placeAfter(revision: Version): number {
		let low = this.#first;
		let high = this.#end;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.revisionAt(middle) <= revision) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	revisionAt(place: number): Version {
		return this.#revisions[place % this.#limits.changesMax] as Version;
	}

	keyAt(place: number): Key {
		return this.#keys[place % this.#limits.changesMax] as Key;
	}

	codeAt(place: number): number {
		return this.#codes[place % this.#limits.changesMax] as number;
	}

	valueAt(place: number): Value {
		const slot = place % this.#limits.changesMax;
		const offset = this.#offsets[slot] as number;
		return (this.#pages[slot] as Uint8Array).subarray(offset, offset + (this.#lengths[slot] as number));
	}

	/** Where in the page it begins. */
	#copy(value: Value): number {
		if (this.#pageEnd + value.length > this.#page.length) {
			const grown = Math.min(pageBytesMax, Math.max(firstPageBytes, this.#page.length * 2));
			this.#page = new Uint8Array(Math.max(grown, value.length));
			this.#pageEnd = 0;
		}
		const offset = this.#pageEnd;
		this.#page.set(value, offset);
		this.#pageEnd += value.length;
		return offset;
	}

	/** The other changes of its revision are not told any more, either: a revision is told as a whole. */
	#dropFirst(): void {
		const slot = this.#first % this.#limits.changesMax;
		this.#since = this.#revisions[slot] as Version;
		this.#bytes -= (this.#keys[slot] as Key).length + (this.#lengths[slot] as number);
		this.#keys[slot] = '';
		this.#pages[slot] = noBytes;
		this.#first += 1;
	}
}
