/**
 * Some of the keys, with their values laid end to end in pages: outside the garbage collector's sight, with no object for
 * a key or a value. Pages never grow, so nothing is left behind where they were; a copy shares them until it writes.
 *
 *     pages   record | record | record that nothing points to | free ...          16 KiB each
 *             record                          of 2 KiB or more: a page of its own, given back at once
 *     record  version, u48 | length of key, u32 | length of value, u32 | key | value
 *     slots   a hash table with linear probing: 0, or 1 + the address of a record
 *     address number of the page * 16 KiB + offset in it
 */
import {assert} from '../base/errors.js';
import type {Key, Value, Version} from './types.js';

export interface Stored {
	/** From a store, a view that is valid until the store's next change: who keeps it, copies it. */
	readonly value: Value;
	readonly version: Version;
}

const headerBytes = 14;
const keyLengthAt = 6;
const valueLengthAt = 10;
const twoTo32 = 2 ** 32;

const pageBits = 14;
const pageBytes = 2 ** pageBits;
/** An address has 32 bits. */
const pagesMax = 2 ** (32 - pageBits) - 1;
/** A record from this length on has a page of its own. */
const ownPageBytes = 2048;

const firstSlots = 4;
/** The first page begins small: many shards hold a key or two. */
const firstPageBytes = 192;

const firstHash = 0x811c9dc5;
const hashPrime = 0x01000193;

/** FNV-1a, 32 bits. Only spreads the keys: nothing that replicas agree on depends on its value. */
export function hashOf(key: Key): number {
	let hash = firstHash;
	for (let offset = 0; offset < key.length; offset += 1) hash = Math.imul(hash ^ key.charCodeAt(offset), hashPrime);
	return hash;
}

const pageOf = (address: number): number => address >>> pageBits;
const offsetOf = (address: number): number => address & (pageBytes - 1);

export class Shard {
	#pages: (Uint8Array | undefined)[] = [];
	#freePages: number[] = [];
	/** Those with one record, of `ownPageBytes` or more. */
	#ownPages = new Set<number>();
	/** A shard that this one is a copy of reads them: what they hold must not change; their free space is ours. */
	#sharedPages = new Set<number>();
	/** The page that is being filled, and its free space's offset. */
	#current: number | undefined;
	#end = 0;
	/** Bytes of records that share pages, and of those among them that nothing points to. */
	#filled = 0;
	#garbage = 0;
	/** Bytes of the records with pages of their own. */
	#ownBytes = 0;
	#slots = new Uint32Array(firstSlots);
	#size = 0;

	/** Keys. */
	get size(): number {
		return this.#size;
	}

	/** What its records and their table take. Garbage is not counted: it is given back before it is half of all. */
	get bytes(): number {
		return this.#filled - this.#garbage + this.#ownBytes + this.#slots.byteLength;
	}

	/** What a copy of it copies at once. */
	get tableBytes(): number {
		return this.#slots.byteLength;
	}

	/** `hash`: of this key, by `hashOf`; as in all of these. */
	get(hash: number, key: Key): Stored | undefined {
		const record = this.#slots[this.#find(hash, key)] as number;
		return record === 0 ? undefined : this.#storedAt(record - 1);
	}

	/** Takes a copy of the value. By how many bytes the shard has grown. */
	set(hash: number, key: Key, value: Value, version: Version): number {
		const slot = this.#find(hash, key);
		const record = this.#slots[slot] as number;
		if (record > 0 && uint32At(this.#page(record - 1), offsetOf(record - 1) + valueLengthAt) === value.length) {
			const offset = offsetOf(record - 1);
			const page = this.#writable(pageOf(record - 1));
			putVersion(page, offset, version);
			page.set(value, offset + headerBytes + key.length);
			return 0;
		}
		const bytesBefore = this.bytes;
		if (record > 0) this.#discard(record - 1);
		this.#slots[slot] = 0;
		// May move records, and so change slots: not this one, which is empty.
		const address = this.#reserve(headerBytes + key.length + value.length);
		writeRecord(this.#page(address), offsetOf(address), key, value, version);
		this.#slots[slot] = address + 1;
		if (record === 0) this.#size += 1;
		if (this.#size * 4 > this.#slots.length * 3) this.#growSlots();
		return this.bytes - bytesBefore;
	}

	/** Whether there was something to delete. */
	delete(hash: number, key: Key): boolean {
		const slot = this.#find(hash, key);
		const record = this.#slots[slot] as number;
		if (record === 0) return false;
		this.#discard(record - 1);
		this.#size -= 1;
		this.#vacate(slot);
		if (this.#garbage * 2 > this.#filled) this.#layOut();
		return true;
	}

	/** To be changed in place of this one, which can only be read from now on. */
	copy(): Shard {
		const copy = new Shard();
		copy.#pages = this.#pages.slice();
		// Only changes need these two.
		copy.#freePages = this.#freePages;
		copy.#ownPages = this.#ownPages;
		copy.#sharedPages = new Set(this.#pages.keys());
		copy.#current = this.#current;
		copy.#end = this.#end;
		copy.#filled = this.#filled;
		copy.#garbage = this.#garbage;
		copy.#ownBytes = this.#ownBytes;
		copy.#slots = this.#slots.slice();
		copy.#size = this.#size;
		return copy;
	}

	/** The first place from `from` on that has a key; -1: there is none. In no particular order of keys. The shard must not change meanwhile. */
	nextPlace(from: number): number {
		const slots = this.#slots;
		for (let place = from; place < slots.length; place += 1) if (slots[place] !== 0) return place;
		return -1;
	}

	/** What `nextPlace` has found. */
	at(place: number): readonly [Key, Stored] {
		const address = (this.#slots[place] as number) - 1;
		return [this.#keyAt(address), this.#storedAt(address)];
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

	#isKeyAt(address: number, key: Key): boolean {
		const page = this.#page(address);
		const start = offsetOf(address) + headerBytes;
		if (uint32At(page, start - headerBytes + keyLengthAt) !== key.length) return false;
		for (let place = 0; place < key.length; place += 1) {
			if (page[start + place] !== key.charCodeAt(place)) return false;
		}
		return true;
	}

	/** As `hashOf` its key. */
	#hashAt(address: number): number {
		let hash = firstHash;
		for (const byte of this.#keyBytesAt(address)) hash = Math.imul(hash ^ byte, hashPrime);
		return hash;
	}

	// ------------------------------------------------------------------------------------------------------ pages

	#page(address: number): Uint8Array {
		return this.#pages[pageOf(address)] as Uint8Array;
	}

	/** The page, for a change of what it holds. */
	#writable(number: number): Uint8Array {
		const page = this.#pages[number] as Uint8Array;
		if (this.#sharedPages.size === 0 || !this.#sharedPages.delete(number)) return page;
		const copy = new Uint8Array(page);
		this.#pages[number] = copy;
		return copy;
	}

	/** The address of so much free space. */
	#reserve(length: number): number {
		if (length >= ownPageBytes) {
			const number = this.#addPage(new Uint8Array(length));
			this.#ownPages.add(number);
			this.#ownBytes += length;
			return number * pageBytes;
		}
		if (this.#current === undefined || this.#end + length > this.#capacity()) this.#makeRoom(length);
		const offset = this.#end;
		this.#end += length;
		this.#filled += length;
		return (this.#current as number) * pageBytes + offset;
	}

	#capacity(): number {
		return (this.#pages[this.#current as number] as Uint8Array).length;
	}

	#makeRoom(length: number): void {
		if (this.#current !== undefined && this.#end + length <= pageBytes) return this.#growPage(this.#current, length);
		if (this.#garbage * 4 > this.#filled) {
			this.#layOut();
			if (this.#current !== undefined && this.#end + length <= this.#capacity()) return;
		}
		const isFirst = this.#filled === 0;
		this.#current = this.#addPage(new Uint8Array(isFirst ? Math.max(firstPageBytes, length) : pageBytes));
		this.#end = 0;
	}

	#growPage(number: number, length: number): void {
		const page = this.#pages[number] as Uint8Array;
		const larger = new Uint8Array(Math.min(pageBytes, Math.max(page.length * 4, this.#end + length)));
		larger.set(page);
		this.#pages[number] = larger;
		this.#sharedPages.delete(number);
	}

	#addPage(page: Uint8Array): number {
		const number = this.#freePages.pop() ?? this.#pages.length;
		assert(number < pagesMax, 'a shard has an address for each of its pages');
		this.#pages[number] = page;
		return number;
	}

	#removePage(number: number): void {
		this.#pages[number] = undefined;
		this.#sharedPages.delete(number);
		this.#freePages.push(number);
	}

	/** The record is garbage from here on; a page of its own goes at once. */
	#discard(address: number): void {
		const number = pageOf(address);
		if (this.#ownPages.delete(number)) {
			this.#ownBytes -= this.#recordAt(address).length;
			this.#removePage(number);
		} else this.#garbage += this.#recordAt(address).length;
	}

	/** Moves the records that are pointed to into new pages, end to end, and leaves the others behind. */
	#layOut(): void {
		const before = this.#pages.slice();
		for (const [number, page] of before.entries()) {
			if (page !== undefined && !this.#ownPages.has(number)) this.#removePage(number);
		}
		this.#current = undefined;
		this.#filled = 0;
		this.#garbage = 0;
		for (const [slot, record] of this.#slots.entries()) {
			if (record === 0 || this.#ownPages.has(pageOf(record - 1))) continue;
			const held = recordAt(before[pageOf(record - 1)] as Uint8Array, offsetOf(record - 1));
			const address = this.#reserve(held.length);
			this.#page(address).set(held, offsetOf(address));
			this.#slots[slot] = address + 1;
		}
	}

	// ---------------------------------------------------------------------------------------------------- records

	#recordAt(address: number): Uint8Array {
		return recordAt(this.#page(address), offsetOf(address));
	}

	#keyBytesAt(address: number): Uint8Array {
		const page = this.#page(address);
		const start = offsetOf(address) + headerBytes;
		return page.subarray(start, start + uint32At(page, start - headerBytes + keyLengthAt));
	}

	#keyAt(address: number): Key {
		const length = uint32At(this.#page(address), offsetOf(address) + keyLengthAt);
		if (length <= shortKeyBytes) return shortTextIn(this.#page(address), offsetOf(address) + headerBytes, length);
		const bytes = this.#keyBytesAt(address);
		let key = '';
		for (let offset = 0; offset < length; offset += keyPartBytes) {
			const part = bytes.subarray(offset, offset + keyPartBytes);
			key += String.fromCharCode.apply(undefined, part as unknown as number[]);
		}
		return key;
	}

	#storedAt(address: number): Stored {
		const page = this.#page(address);
		const offset = offsetOf(address);
		const valueAt = offset + headerBytes + uint32At(page, offset + keyLengthAt);
		const value = page.subarray(valueAt, valueAt + uint32At(page, offset + valueLengthAt));
		return {value, version: versionAt(page, offset)};
	}
}

/** Arguments of one call. */
const keyPartBytes = 4096;

const shortKeyBytes = 64;

/** Each byte as a character. By eights: a fourth of the time that a view of the bytes and a call with all of them takes. */
function shortTextIn(page: Uint8Array, start: number, length: number): string {
	const end = start + length;
	let text = '';
	let offset = start;
	for (; offset + 8 <= end; offset += 8) {
		const at = (place: number): number => page[offset + place] as number;
		text += String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
	}
	for (; offset < end; offset += 1) text += String.fromCharCode(page[offset] as number);
	return text;
}

/** Where the probing for this hash begins. The store chose the shard by other bits of it. */
const homeOf = (hash: number, mask: number): number => (Math.imul(hash, 0x9e3779b1) >>> 12) & mask;

function writeRecord(page: Uint8Array, offset: number, key: Key, value: Value, version: Version): void {
	putVersion(page, offset, version);
	putUint32(page, offset + keyLengthAt, key.length);
	putUint32(page, offset + valueLengthAt, value.length);
	for (let place = 0; place < key.length; place += 1) page[offset + headerBytes + place] = key.charCodeAt(place);
	page.set(value, offset + headerBytes + key.length);
}

function recordAt(page: Uint8Array, offset: number): Uint8Array {
	const length = headerBytes + uint32At(page, offset + keyLengthAt) + uint32At(page, offset + valueLengthAt);
	return page.subarray(offset, offset + length);
}

function versionAt(page: Uint8Array, offset: number): Version {
	const high = (page[offset + 4] as number) + (page[offset + 5] as number) * 2 ** 8;
	return uint32At(page, offset) + high * twoTo32;
}

function putVersion(page: Uint8Array, offset: number, version: Version): void {
	putUint32(page, offset, version % twoTo32);
	const high = Math.floor(version / twoTo32);
	page[offset + 4] = high;
	page[offset + 5] = high >>> 8;
}

/** By bytes: a DataView for each page would be an object more. */
function uint32At(page: Uint8Array, offset: number): number {
	const low = (page[offset] as number) | ((page[offset + 1] as number) << 8) | ((page[offset + 2] as number) << 16);
	return (low | ((page[offset + 3] as number) << 24)) >>> 0;
}

function putUint32(page: Uint8Array, offset: number, value: number): void {
	page[offset] = value;
	page[offset + 1] = value >>> 8;
	page[offset + 2] = value >>> 16;
	page[offset + 3] = value >>> 24;
}
