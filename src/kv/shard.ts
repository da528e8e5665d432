/**
 * Some of the keys, with their values laid end to end in one array: outside the garbage collector's sight, with no object
 * for a key or a value, and copied as a whole in a few microseconds.
 *
 *     bytes   record | record | record that nothing points to | record | free ...
 *     record  version, u48 | length of key, u32 | length of value, u32 | key | value
 *     slots   a hash table with linear probing: 0, or 1 + where a record begins
 *
 * A large value has an array of its own, which is never written to again; its record ends with that array's number.
 */
import {assert} from '../raft/errors.js';
import type {Key, Value, Version} from './types.js';

export interface Stored {
	/** From a store, a view that is valid until the store's next change: who keeps it, copies it. */
	readonly value: Value;
	readonly version: Version;
}

const headerBytes = 14;
const keyLengthAt = 6;
const valueLengthAt = 10;
/** From this length on a value is kept apart: a small neighbour that grows must not move it. */
const largeBytes = 2048;
/** What a record holds instead of a large value. */
const numberBytes = 4;
const twoTo32 = 2 ** 32;

const firstSlots = 4;
const firstBytes = 192;

/** FNV-1a, 32 bits. Only spreads the keys: nothing that replicas agree on depends on its value. */
export function hashOf(key: Key): number {
	let hash = 0x811c9dc5;
	for (let offset = 0; offset < key.length; offset += 1) hash = Math.imul(hash ^ key.charCodeAt(offset), 0x01000193);
	return hash;
}

const heldBytes = (valueLength: number): number => (valueLength < largeBytes ? valueLength : numberBytes);

export class Shard {
	#bytes: Uint8Array = new Uint8Array(firstBytes);
	/** Of `#bytes`; free from here on. */
	#end = 0;
	/** Bytes of records that nothing points to. */
	#garbage = 0;
	#slots = new Uint32Array(firstSlots);
	#size = 0;
	/** By number. */
	#large: (Value | undefined)[] = [];
	#freeNumbers: number[] = [];

	/** Keys. */
	get size(): number {
		return this.#size;
	}

	/** What a copy of it copies, large values not included. */
	get byteLength(): number {
		return this.#end + this.#slots.byteLength;
	}

	/** `hash`: of this key, by `hashOf`; as in all of these. */
	get(hash: number, key: Key): Stored | undefined {
		const record = this.#slots[this.#find(hash, key)] as number;
		return record === 0 ? undefined : {value: this.#valueAt(record - 1), version: this.#versionAt(record - 1)};
	}

	/** Takes a copy of the value. Whether the key is new. */
	set(hash: number, key: Key, value: Value, version: Version): boolean {
		const slot = this.#find(hash, key);
		const record = this.#slots[slot] as number;
		if (record > 0 && value.length < largeBytes && this.#uint32At(record - 1 + valueLengthAt) === value.length) {
			this.#putVersion(record - 1, version);
			this.#bytes.set(value, record - 1 + headerBytes + key.length);
			return false;
		}
		if (record > 0) this.#discard(record - 1);
		const length = headerBytes + key.length + heldBytes(value.length);
		this.#slots[slot] = 0;
		// Moves records, and so changes slots: not this one's, which stays empty.
		if (this.#end + length > this.#bytes.length) this.#makeRoom(length);
		this.#slots[slot] = this.#append(key, value, version) + 1;
		if (record > 0) return false;
		this.#size += 1;
		if (this.#size * 4 > this.#slots.length * 3) this.#growSlots();
		return true;
	}

	/** Whether there was something to delete. */
	delete(hash: number, key: Key): boolean {
		const slot = this.#find(hash, key);
		const record = this.#slots[slot] as number;
		if (record === 0) return false;
		this.#discard(record - 1);
		this.#size -= 1;
		this.#vacate(slot);
		if (this.#garbage * 2 > this.#end) this.#makeRoom(0);
		return true;
	}

	copy(): Shard {
		const copy = new Shard();
		copy.#bytes = this.#bytes.slice(0, this.#end);
		copy.#end = this.#end;
		copy.#garbage = this.#garbage;
		copy.#slots = this.#slots.slice();
		copy.#size = this.#size;
		copy.#large = this.#large.slice();
		copy.#freeNumbers = this.#freeNumbers.slice();
		return copy;
	}

	/** In no particular order. The shard must not change meanwhile. */
	*[Symbol.iterator](): Generator<readonly [Key, Stored], void, undefined> {
		for (const record of this.#slots) {
			if (record === 0) continue;
			yield [this.#keyAt(record - 1), {value: this.#valueAt(record - 1), version: this.#versionAt(record - 1)}];
		}
	}

	// ------------------------------------------------------------------------------------------------------ slots

	/** The slot of this key's record, or the empty one where it belongs. */
	#find(hash: number, key: Key): number {
		const mask = this.#slots.length - 1;
		let slot = homeOf(hash, mask);
		for (let record = this.#slots[slot] as number; record > 0; record = this.#slots[slot] as number) {
			if (this.#isKeyAt(record - 1, key)) break;
			slot = (slot + 1) & mask;
		}
		return slot;
	}

	/** Empties a slot, and closes the gap where that would hide a record behind it. */
	#vacate(slot: number): void {
		const slots = this.#slots;
		const mask = slots.length - 1;
		let gap = slot;
		for (let next = (gap + 1) & mask; slots[next] !== 0; next = (next + 1) & mask) {
			const record = slots[next] as number;
			const home = homeOf(this.#hashAt(record - 1), mask);
			if (((next - home) & mask) < ((next - gap) & mask)) continue;
			slots[gap] = record;
			gap = next;
		}
		slots[gap] = 0;
	}

	#growSlots(): void {
		const slots = new Uint32Array(this.#slots.length * 2);
		const mask = slots.length - 1;
		for (const record of this.#slots) {
			if (record === 0) continue;
			let slot = homeOf(this.#hashAt(record - 1), mask);
			while (slots[slot] !== 0) slot = (slot + 1) & mask;
			slots[slot] = record;
		}
		this.#slots = slots;
	}

	// ---------------------------------------------------------------------------------------------------- records

	#append(key: Key, value: Value, version: Version): number {
		const record = this.#end;
		const valueAt = record + headerBytes + key.length;
		this.#putVersion(record, version);
		this.#putUint32(record + keyLengthAt, key.length);
		this.#putUint32(record + valueLengthAt, value.length);
		for (let place = 0; place < key.length; place += 1) {
			this.#bytes[record + headerBytes + place] = key.charCodeAt(place);
		}
		if (value.length < largeBytes) this.#bytes.set(value, valueAt);
		else this.#putUint32(valueAt, this.#keepLarge(new Uint8Array(value)));
		this.#end = valueAt + heldBytes(value.length);
		return record;
	}

	#keepLarge(value: Value): number {
		const number = this.#freeNumbers.pop() ?? this.#large.length;
		this.#large[number] = value;
		return number;
	}

	/** The record is garbage from here on; a large value goes at once. */
	#discard(record: number): void {
		const length = this.#uint32At(record + valueLengthAt);
		const valueAt = record + headerBytes + this.#uint32At(record + keyLengthAt);
		this.#garbage += valueAt + heldBytes(length) - record;
		if (length < largeBytes) return;
		const number = this.#uint32At(valueAt);
		this.#large[number] = undefined;
		this.#freeNumbers.push(number);
	}

	/** For `length` bytes more, and a little for what comes next. */
	#makeRoom(length: number): void {
		const needed = this.#end - this.#garbage + length;
		const bytes = new Uint8Array(Math.max(firstBytes, needed + (needed >>> 3)));
		if (this.#garbage === 0) {
			bytes.set(this.#bytes.subarray(0, this.#end));
			this.#bytes = bytes;
		} else this.#layOut(bytes);
	}

	/** Moves the records that are pointed to, and leaves the others behind. */
	#layOut(bytes: Uint8Array): void {
		let end = 0;
		for (const [slot, record] of this.#slots.entries()) {
			if (record === 0) continue;
			const held = this.#recordAt(record - 1);
			bytes.set(held, end);
			this.#slots[slot] = end + 1;
			end += held.length;
		}
		assert(end === this.#end - this.#garbage, 'what is not pointed to is garbage');
		this.#bytes = bytes;
		this.#end = end;
		this.#garbage = 0;
	}

	#recordAt(record: number): Uint8Array {
		const valueAt = record + headerBytes + this.#uint32At(record + keyLengthAt);
		return this.#bytes.subarray(record, valueAt + heldBytes(this.#uint32At(record + valueLengthAt)));
	}

	#isKeyAt(record: number, key: Key): boolean {
		if (this.#uint32At(record + keyLengthAt) !== key.length) return false;
		const start = record + headerBytes;
		for (let place = 0; place < key.length; place += 1) {
			if (this.#bytes[start + place] !== key.charCodeAt(place)) return false;
		}
		return true;
	}

	#keyAt(record: number): Key {
		const start = record + headerBytes;
		const end = start + this.#uint32At(record + keyLengthAt);
		let key = '';
		for (let offset = start; offset < end; offset += 1) key += String.fromCharCode(this.#bytes[offset] as number);
		return key;
	}

	/** As `hashOf` its key. */
	#hashAt(record: number): number {
		const start = record + headerBytes;
		const end = start + this.#uint32At(record + keyLengthAt);
		let hash = 0x811c9dc5;
		for (let offset = start; offset < end; offset += 1) {
			hash = Math.imul(hash ^ (this.#bytes[offset] as number), 0x01000193);
		}
		return hash;
	}

	#valueAt(record: number): Value {
		const length = this.#uint32At(record + valueLengthAt);
		const start = record + headerBytes + this.#uint32At(record + keyLengthAt);
		if (length < largeBytes) return this.#bytes.subarray(start, start + length);
		return this.#large[this.#uint32At(start)] as Value;
	}

	#versionAt(record: number): Version {
		const high = (this.#bytes[record + 4] as number) + (this.#bytes[record + 5] as number) * 2 ** 8;
		return this.#uint32At(record) + high * twoTo32;
	}

	#putVersion(record: number, version: Version): void {
		this.#putUint32(record, version % twoTo32);
		const high = Math.floor(version / twoTo32);
		this.#bytes[record + 4] = high;
		this.#bytes[record + 5] = high >>> 8;
	}

	#uint32At(offset: number): number {
		const bytes = this.#bytes;
		const low =
			(bytes[offset] as number) | ((bytes[offset + 1] as number) << 8) | ((bytes[offset + 2] as number) << 16);
		return (low | ((bytes[offset + 3] as number) << 24)) >>> 0;
	}

	#putUint32(offset: number, value: number): void {
		this.#bytes[offset] = value;
		this.#bytes[offset + 1] = value >>> 8;
		this.#bytes[offset + 2] = value >>> 16;
		this.#bytes[offset + 3] = value >>> 24;
	}
}

/** Where the probing for this hash begins. The store chose the shard by other bits of it. */
const homeOf = (hash: number, mask: number): number => (Math.imul(hash, 0x9e3779b1) >>> 12) & mask;
