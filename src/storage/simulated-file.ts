/** A file of a simulated disk: its bytes as they are seen, its bytes on the platter, and the writes between the two. */
import {sectorBytes} from './bytes.js';

/** What becomes of writes and names that no sync has covered: see `SimulatedDisk.cutPower`. */
export type Unsynced = 'drop' | 'random';

export interface UnsyncedWrite {
	readonly offset: number;
	readonly data: Uint8Array;
	/** The writer has been told. */
	isDone: boolean;
	/** A sync that should have covered it failed: the kernel has forgotten it, and no later sync brings it back. */
	isLost: boolean;
}

export class SimulatedFile {
	#seen: GrowingBytes;
	#durable: GrowingBytes;
	#unsynced: UnsyncedWrite[] = [];
	/** Writes were lost or not synced in their order, or a bit has flipped: the platter may differ from what is seen, also where all is synced. */
	#mayDiffer = false;

	constructor(bytes: Uint8Array) {
		this.#seen = new GrowingBytes(bytes);
		this.#durable = new GrowingBytes(bytes);
	}

	get size(): number {
		return this.#seen.size;
	}

	get unsynced(): readonly UnsyncedWrite[] {
		return this.#unsynced;
	}

	read(offset: number, length: number): Uint8Array {
		return this.#seen.read(offset, length);
	}

	write(write: UnsyncedWrite): void {
		this.#seen.write(write.offset, write.data);
		this.#unsynced.push(write);
	}

	/** Takes effect in order: two writes to one place end as the later one. */
	makeDurable(writes: readonly UnsyncedWrite[]): void {
		const isOrderKept = writes.every((write, place) => write === this.#unsynced[place] && !write.isLost);
		if (!isOrderKept) this.#mayDiffer = true;
		// Nothing was lost: mostly this is the one write there is.
		if (isOrderKept && writes.length === this.#unsynced.length) {
			for (const {offset, data} of writes) this.#durable.write(offset, data);
			this.#unsynced = [];
			return;
		}
		for (const write of writes) {
			if (write.isLost) continue;
			this.#durable.write(write.offset, write.data);
			this.#unsynced = this.#unsynced.map(other => (other.isLost ? overlaid(other, write) : other));
		}
		// Not by way of a set: writes to a log's file come one at a time, and mostly there is this one and no other.
		this.#unsynced = this.#unsynced.filter(write => write.isLost || !writes.includes(write));
	}

	/** The new size is durable; so is what was written before, but for what a failed sync has lost. */
	truncate(size: number): void {
		this.makeDurable(this.#unsynced);
		this.#seen.truncate(size);
		this.#durable.truncate(size);
		this.#unsynced = this.#unsynced.filter(({offset}) => offset < size).map(write => shortened(write, size));
	}

	/** A sync failed: what it should have covered reads as before until the next power cut, and is then gone. */
	loseUnsynced(writes: readonly UnsyncedWrite[]): void {
		for (const write of writes) write.isLost = true;
	}

	flipBit(bit: number): void {
		this.#mayDiffer = true;
		this.#seen.flipBit(bit);
		if (bit < this.#durable.size * 8) this.#durable.flipBit(bit);
	}

	/** The writer died: of a write under way, any number of its first bytes got through. */
	cutShort(random: () => number): void {
		if (this.#isAsDurable) return;
		this.#unsynced = this.#unsynced.map(write => {
			if (write.isDone) return write;
			const length = Math.floor(random() * (write.data.length + 1));
			return {...write, data: write.data.subarray(0, length), isDone: true};
		});
		this.#seen = this.#durable.copy();
		for (const {offset, data} of this.#unsynced) this.#seen.write(offset, data);
	}

	losePower(unsynced: Unsynced, random: () => number): void {
		if (this.#isAsDurable) return;
		if (unsynced === 'random') for (const write of this.#unsynced) keepSome(this.#durable, write, random);
		this.#unsynced = [];
		this.#seen = this.#durable.copy();
		this.#mayDiffer = false;
	}

	/** All of it has reached the platter: a whole file need not be copied to learn that. */
	get #isAsDurable(): boolean {
		return this.#unsynced.length === 0 && !this.#mayDiffer;
	}
}

const shortened = (write: UnsyncedWrite, size: number): UnsyncedWrite => ({
	...write,
	data: write.data.subarray(0, size - write.offset),
});

/** A write that was lost, with a later one over it that was not: there is nothing left to lose of what that covers. */
function overlaid(lost: UnsyncedWrite, later: UnsyncedWrite): UnsyncedWrite {
	const from = Math.max(lost.offset, later.offset);
	const to = Math.min(lost.offset + lost.data.length, later.offset + later.data.length);
	if (from >= to) return lost;
	const data = lost.data.slice();
	data.set(later.data.subarray(from - later.offset, to - later.offset), from - lost.offset);
	return {...lost, data};
}

function keepSome(left: GrowingBytes, write: UnsyncedWrite, random: () => number): void {
	const fate = random();
	if (write.isLost || fate < 0.25) return;
	if (fate < 0.5) left.write(write.offset, write.data);
	else tear(left, write, random);
}

/** Of each sector that the write touches, all its bytes reach the platter or none. */
function tear(left: GrowingBytes, {offset, data}: UnsyncedWrite, random: () => number): void {
	const end = offset + data.length;
	// The file's size and its bytes go to the disk on different ways.
	if (random() < 0.5 && end > left.size) left.truncate(end);
	for (let from = offset; from < end;) {
		const to = Math.min(end, from - (from % sectorBytes) + sectorBytes);
		if (random() < 0.5) left.write(from, data.subarray(from - offset, to - offset));
		from = to;
	}
}

/** A file begins with a few bytes and ends with some thousands: not to be reached by many small steps. */
const leastGrownBytes = 2048;

/** Bytes that grow in place; what lies between the old end and a later write is zero. */
class GrowingBytes {
	#bytes: Uint8Array;
	#size: number;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes.slice();
		this.#size = bytes.length;
	}

	get size(): number {
		return this.#size;
	}

	read(offset: number, length: number): Uint8Array {
		return this.#bytes.slice(offset, Math.min(offset + length, this.#size));
	}

	write(offset: number, data: Uint8Array): void {
		if (offset + data.length > this.#size) this.truncate(offset + data.length);
		this.#bytes.set(data, offset);
	}

	truncate(size: number): void {
		if (size > this.#bytes.length) {
			const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, leastGrownBytes));
			grown.set(this.#bytes.subarray(0, this.#size));
			this.#bytes = grown;
		}
		this.#bytes.fill(0, Math.min(size, this.#size), this.#size);
		this.#size = size;
	}

	copy(): GrowingBytes {
		return new GrowingBytes(this.#bytes.subarray(0, this.#size));
	}

	flipBit(bit: number): void {
		const place = Math.floor(bit / 8);
		this.#bytes[place] = (this.#bytes[place] ?? 0) ^ (1 << (bit % 8));
	}
}
