/**
 * Some of the keys, with their values laid end to end in pages: outside the garbage collector's sight, with no object for
 * a key or a value. Pages never grow, so nothing is left behind where they were; a copy shares them until it writes.
 *
 *     pages   record | record | record that nothing points to | free ...          16 KiB each
 *             record                          of 2 KiB or more: a page of its own, given back at once
 *     record  version, u48 | length of key, u32 | length of value, u31 | 1 where there is a deadline | key | value [| deadline or lease, u64]
 *     slots   a hash table with linear probing: 0, or 1 + the address of a record
 *     address number of the page * 16 KiB + offset in it
 */
import {assert} from '../base/errors.js';
import {DeadlineSum} from './deadline-sum.js';
import type {Leases} from './leases.js';
import {
	deadlineBytes,
	deadlineFlag,
	headerBytes,
	keyIn,
	keyLengthAt,
	markUntil,
	putUntil,
	putVersion,
	recordAt,
	uint32At,
	untilAt,
	valueLengthAt,
	versionAt,
	writeRecord,
} from './record.js';
import {spreadOf} from './scan-position.js';
import type {Deadline, Key, LeaseId, Value, Version} from './types.js';

export interface Stored {
	/** From a store, a view that is valid until the store's next change: who keeps it, copies it. */
	readonly value: Value;
	readonly version: Version;
	/** Not there: never. Of a key with a lease: that of the lease as it is now. */
	readonly expiresAt?: Deadline;
	readonly leaseId?: LeaseId;
}

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
	#earliest = Infinity;
	/** Of the keys; what a lease says is not theirs. */
	readonly #deadlines = new DeadlineSum();
	/** How many deadlines are over at `#countedAt`; there are none between it and `#countedUntil`. Infinity: not counted. */
	#expiredCount = 0;
	#countedAt = Infinity;
	#countedUntil = Infinity;

	/** Where leases are told the keys that belong to them, and tell until when they are. */
	readonly #leases: Leases;

	constructor(leases: Leases) {
		this.#leases = leases;
	}

	/** Keys. */
	get size(): number {
		return this.#size;
	}

	/** What its records and their table take. Garbage is not counted: it is given back before it is half of all. */
	get bytes(): number {
		return this.#filled - this.#garbage + this.#ownBytes + this.#slots.byteLength;
	}

	/** No deadline of a key is earlier; Infinity: none has one. */
	get earliest(): number {
		return this.#earliest;
	}

	/** Also those that are over. */
	get deadlines(): DeadlineSum {
		return this.#deadlines;
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

	/** Takes a copy of the value. `until`: 0 for ever, above 0 a deadline, below 0 the id of a lease, negated. By how many bytes the shard has grown. */
	set(hash: number, key: Key, value: Value, version: Version, until: number): number {
		const slot = this.#find(hash, key);
		const record = this.#slots[slot] as number;
		if (until > 0 || this.#deadlines.count > 0)
			this.#noteDeadline(this.#deadlineIn(slot), until > 0 ? until : Infinity);
		if (record > 0 && this.#leases.keyCount > 0) this.#detach(record - 1, key);
		if (until < 0) this.#leases.attach(-until, key);
		const flaggedLength = until === 0 ? value.length : value.length + deadlineFlag;
		if (until > 0 && until < this.#earliest) this.#earliest = until;
		if (record > 0 && uint32At(this.#page(record - 1), offsetOf(record - 1) + valueLengthAt) === flaggedLength) {
			const offset = offsetOf(record - 1);
			const page = this.#writable(pageOf(record - 1));
			putVersion(page, offset, version);
			page.set(value, offset + headerBytes + key.length);
			if (until !== 0) putUntil(page, offset + headerBytes + key.length + value.length, until);
			return 0;
		}
		const bytesBefore = this.bytes;
		if (record > 0) this.#discard(record - 1);
		this.#slots[slot] = 0;
		// May move records, and so change slots: not this one, which is empty.
		const length = headerBytes + key.length + value.length + (until === 0 ? 0 : deadlineBytes);
		const address = this.#reserve(length);
		writeRecord(this.#page(address), offsetOf(address), key, value, version);
		if (until !== 0) markUntil(this.#page(address), offsetOf(address), length, until);
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
		if (this.#deadlines.count > 0) this.#noteDeadline(this.#deadlineIn(slot), Infinity);
		if (this.#leases.keyCount > 0) this.#detach(record - 1, key);
		this.#discard(record - 1);
		this.#size -= 1;
		this.#vacate(slot);
		if (this.#garbage * 2 > this.#filled) this.#layOut();
		return true;
	}

	/** Keys whose deadline is over; `now` is never less than before. Looks at every key, if one is over that was not when it last did. */
	countExpired(now: number): number {
		if (now >= this.#countedAt && now < this.#countedUntil) return this.#expiredCount;
		let count = 0;
		let until = Infinity;
		for (let slot = 0; slot < this.#slots.length; slot += 1) {
			const deadline = this.#deadlineIn(slot);
			if (deadline <= now) count += 1;
			else if (deadline < until) until = deadline;
		}
		this.#noteCounted(count, now, until);
		return count;
	}

	/**
	 * Deletes keys whose deadline is over, at most so many; how many. Looks at every key, unless it has found as many. `found`: is told
	 * of each.
	 */
	deleteExpired(now: number, countMax: number, found: (key: Key, deadline: Deadline) => void): number {
		let count = 0;
		let earliest = Infinity;
		for (let slot = 0; slot < this.#slots.length; slot += 1) {
			// Behind a gap that is closed, another record stands in the same slot.
			for (let over = this.#deadlineIn(slot); over <= now; over = this.#deadlineIn(slot)) {
				if (count === countMax) return this.#deleted(count);
				this.#noteDeadline(over, Infinity);
				found(this.#keyAt((this.#slots[slot] as number) - 1), over);
				this.#discard((this.#slots[slot] as number) - 1);
				this.#vacate(slot);
				count += 1;
			}
			earliest = Math.min(earliest, this.#deadlineIn(slot));
		}
		this.#earliest = earliest;
		this.#noteCounted(0, now, earliest);
		return this.#deleted(count);
	}

	#deleted(count: number): number {
		this.#size -= count;
		if (this.#garbage * 2 > this.#filled) this.#layOut();
		return count;
	}

	#noteCounted(count: number, at: number, until: number): void {
		this.#expiredCount = count;
		this.#countedAt = at;
		this.#countedUntil = until;
	}

	/** A key with the one deadline has the other instead; Infinity: none, or no key. */
	#noteDeadline(before: number, after: number): void {
		this.#deadlines.remove(before);
		this.#deadlines.add(after);
		if (this.#countedAt === Infinity) return;
		if (before <= this.#countedAt) this.#expiredCount -= 1;
		if (after <= this.#countedAt) this.#expiredCount += 1;
		else if (after < this.#countedUntil) this.#countedUntil = after;
	}

	/** To be changed in place of this one, which can only be read from now on. */
	copy(): Shard {
		const copy = new Shard(this.#leases);
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
		copy.#earliest = this.#earliest;
		copy.#deadlines.addAll(this.#deadlines);
		copy.#noteCounted(this.#expiredCount, this.#countedAt, this.#countedUntil);
		return copy;
	}

	/** The first place from `from` on that has a key; -1: there is none. In no particular order of keys. The shard must not change meanwhile. */
	nextPlace(from: number): number {
		const slots = this.#slots;
		for (let place = from; place < slots.length; place += 1) if (slots[place] !== 0) return place;
		return -1;
	}

	/** Of its table; a power of two. */
	get slotCount(): number {
		return this.#slots.length;
	}

	/** The places of the keys that belong into this slot: there, or behind it, where others had taken it. As `nextPlace`. */
	placesOfSlot(slot: number): readonly number[] {
		const slots = this.#slots;
		const mask = slots.length - 1;
		const places: number[] = [];
		for (let place = slot; slots[place] !== 0; place = (place + 1) & mask) {
			const home = homeOf(this.#hashAt((slots[place] as number) - 1), mask);
			if (home === slot) places.push(place);
		}
		return places;
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
		return keyIn(this.#page(address), offsetOf(address));
	}

	#storedAt(address: number): Stored {
		const page = this.#page(address);
		const offset = offsetOf(address);
		const valueAt = offset + headerBytes + uint32At(page, offset + keyLengthAt);
		const flaggedLength = uint32At(page, offset + valueLengthAt);
		if (flaggedLength < deadlineFlag) {
			return {value: page.subarray(valueAt, valueAt + flaggedLength), version: versionAt(page, offset)};
		}
		const valueEnd = valueAt + flaggedLength - deadlineFlag;
		const until = untilAt(page, valueEnd);
		const value = page.subarray(valueAt, valueEnd);
		const version = versionAt(page, offset);
		// Literals: V8 gives each object that is made by a spread a hidden class of its own, and all that look at it are slow.
		if (until > 0) return {value, version, expiresAt: until};
		return {value, version, expiresAt: this.#leases.deadlineOf(-until), leaseId: -until};
	}

	/** Infinity: the slot is empty, or its record has none. */
	#deadlineIn(slot: number): number {
		const record = this.#slots[slot] as number;
		return record === 0 ? Infinity : this.#deadlineAt(record - 1);
	}

	/** The lease's own time is not the key's: Infinity, too. */
	#deadlineAt(address: number): number {
		const until = this.#untilAt(address);
		return until > 0 ? until : Infinity;
	}

	#detach(address: number, key: Key): void {
		const until = this.#untilAt(address);
		if (until < 0) this.#leases.detach(-until, key);
	}

	/** 0: for ever. */
	#untilAt(address: number): number {
		const page = this.#page(address);
		const offset = offsetOf(address);
		const flaggedLength = uint32At(page, offset + valueLengthAt);
		if (flaggedLength < deadlineFlag) return 0;
		return untilAt(page, offset + headerBytes + uint32At(page, offset + keyLengthAt) + flaggedLength - deadlineFlag);
	}
}

/** Where the probing for this hash begins. */
const homeOf = (hash: number, mask: number): number => spreadOf(hash) & mask;
