/**
 * A disk made of memory, for the simulator: the same seed gives the same disk, byte for byte. It keeps what was written
 * and what was synced apart, so it can lose, keep or tear at a power cut whatever no sync has covered; and it is as
 * slow, as full and as broken as its faults say. It never calls back but through the scheduler.
 */
import {assert, unreachable} from '../base/errors.js';
import type {Disk, DiskFile} from './disk.js';
import {DataDirectoryError} from './errors.js';
import {SimulatedFile, type UnsyncedWrite, type Unsynced} from './simulated-file.js';
import type {Done} from './storage.js';

/** Calls back once, `delayMs` from now; `undefined`: as soon as it can, but never before `schedule` returns. */
export type DiskTimer = (delayMs: number | undefined, callback: () => void) => void;

/** `next`: the next one fails, and those after it do not. */
type Failing = 'none' | 'next' | 'all';

/** May be changed at any time; counts for what is begun from then on. */
export interface DiskFaults {
	/** How long a write takes: drawn evenly from this range, ms. `undefined`: no time. */
	writeLatencyMs: readonly [least: number, most: number] | undefined;
	syncLatencyMs: readonly [least: number, most: number] | undefined;
	/** Syncs do not end until `releaseSyncs`. */
	areSyncsStalled: boolean;
	/** EIO. A write that fails may have written a part. */
	failingWrites: Failing;
	/**
	 * EIO. What a failed sync should have covered reads as before until the next power cut, also for a later life, and is
	 * then gone, also when later syncs succeed: its pages count as clean. Only writing it again brings it to the disk.
	 */
	failingSyncs: Failing;
	/** EIO. */
	failingReads: Failing;
	/** Bytes that all files together may have; ENOSPC beyond. */
	capacityBytes: number;
}

export const noDiskFaults = (): DiskFaults => ({
	writeLatencyMs: undefined,
	syncLatencyMs: undefined,
	areSyncsStalled: false,
	failingWrites: 'none',
	failingSyncs: 'none',
	failingReads: 'none',
	capacityBytes: Number.POSITIVE_INFINITY,
});

/** What was done to the disk, in order; a prefix of it is what a crash at that moment leaves when nothing is lost. */
export type DiskOperation =
	| {readonly type: 'create' | 'remove' | 'sync' | 'synced'; readonly name: string}
	| {readonly type: 'write'; readonly name: string; readonly offset: number; readonly data: Uint8Array}
	| {readonly type: 'truncate'; readonly name: string; readonly size: number}
	| {readonly type: 'rename'; readonly from: string; readonly to: string}
	| {readonly type: 'syncDirectory' | 'syncedDirectory'};

export interface SimulatedDiskOptions {
	readonly schedule: DiskTimer;
	/** Evenly in [0, 1). */
	readonly random: () => number;
	readonly faults?: DiskFaults;
	/** What the disk holds at first, durably. */
	readonly files?: ReadonlyMap<string, Uint8Array>;
	/** Told of each operation as it takes effect. */
	readonly record?: (operation: DiskOperation) => void;
}

type NameChange =
	| {readonly type: 'create'; readonly name: string; readonly file: SimulatedFile}
	| {readonly type: 'rename'; readonly from: string; readonly to: string; readonly file: SimulatedFile}
	| {readonly type: 'remove'; readonly name: string};

export class SimulatedDisk implements Disk {
	readonly faults: DiskFaults;
	readonly #schedule: DiskTimer;
	readonly #random: () => number;
	readonly #record: ((operation: DiskOperation) => void) | undefined;
	/** The directory as it is seen, and as it is on the platter; between them lie the changes that no sync covered. */
	#names = new Map<string, SimulatedFile>();
	#durableNames = new Map<string, SimulatedFile>();
	#nameChanges: NameChange[] = [];
	#isLocked = false;
	/** Crashes so far: callbacks and files of an earlier life are dead. */
	#generation = 0;
	#stalled: (() => void)[] = [];

	constructor({schedule, random, faults = noDiskFaults(), files, record}: SimulatedDiskOptions) {
		this.#schedule = schedule;
		this.#random = random;
		this.faults = faults;
		this.#record = record;
		for (const [name, bytes] of files ?? []) this.#names.set(name, new SimulatedFile(bytes));
		this.#durableNames = new Map(this.#names);
	}

	lock(): void {
		if (this.#isLocked) {
			const message = 'the simulated disk is in use: close its storage, or kill its process';
			throw new DataDirectoryError('ERR_DIRECTORY_IN_USE', 'the simulated disk', message);
		}
		this.#isLocked = true;
	}

	unlock(done: Done): void {
		this.#isLocked = false;
		done();
	}

	list(): readonly string[] {
		return [...this.#names.keys()].sort();
	}

	open(name: string, {create}: {readonly create: boolean}): DiskFile {
		let file = this.#names.get(name);
		if (create) {
			if (file !== undefined) throw new Error(`EEXIST: ${name}`);
			file = new SimulatedFile(new Uint8Array(0));
			this.#names.set(name, file);
			this.#nameChanges.push({type: 'create', name, file});
			this.#record?.({type: 'create', name});
		}
		if (file === undefined) throw new Error(`ENOENT: ${name}`);
		return this.#handle(file);
	}

	rename(from: string, to: string): void {
		const file = this.#names.get(from);
		if (file === undefined) throw new Error(`ENOENT: ${from}`);
		this.#names.delete(from);
		this.#names.set(to, file);
		this.#nameChanges.push({type: 'rename', from, to, file});
		this.#record?.({type: 'rename', from, to});
	}

	remove(name: string): void {
		if (!this.#names.delete(name)) throw new Error(`ENOENT: ${name}`);
		this.#nameChanges.push({type: 'remove', name});
		this.#record?.({type: 'remove', name});
	}

	syncDirectory(done: Done): void {
		const covered = this.#nameChanges.length;
		this.#record?.({type: 'syncDirectory'});
		this.#sync(done, error => {
			if (error !== undefined) return;
			applyNames(this.#durableNames, this.#nameChanges.splice(0, covered));
			this.#record?.({type: 'syncedDirectory'});
		});
	}

	syncDirectoryNow(): void {
		this.#record?.({type: 'syncDirectory'});
		if (this.#takeFault('failingSyncs')) throw new Error('EIO: sync');
		applyNames(this.#durableNames, this.#nameChanges.splice(0));
		this.#record?.({type: 'syncedDirectory'});
	}

	// ------------------------------------------------------------------------------------------------- faults

	/** Ends the syncs that were stalled. Those that come later stall again for as long as the faults say so. */
	releaseSyncs(): void {
		for (const end of this.#stalled.splice(0)) end();
	}

	/**
	 * The process dies: nobody is called back any more, open files are dead, the lock is gone. What was written is still
	 * there, and still not synced; a write under way may have got through in part.
	 */
	killProcess(): void {
		this.#endLife();
		for (const file of this.#allFiles()) file.cutShort(this.#random);
	}

	/**
	 * The machine loses its power, and with it the process. What no sync covered is lost (`drop`), or as chance has it
	 * (`random`): each write is there, is not, or is torn by sectors of 512 bytes, and each change of a name has reached
	 * the disk or has not. Kill the process first to have the power fail on what an earlier life left unsynced.
	 */
	cutPower(unsynced: Unsynced): void {
		this.#endLife();
		const survives = (): boolean => unsynced === 'random' && this.#random() < 0.5;
		const files = this.#allFiles();
		applyNames(this.#durableNames, this.#nameChanges.splice(0).filter(survives));
		for (const file of files) file.losePower(unsynced, this.#random);
		this.#names = new Map(this.#durableNames);
	}

	/** Changes one bit of a file at rest, as ageing media do. */
	flipBit(name: string, bit: number): void {
		const file = this.#names.get(name);
		assert(file !== undefined && bit < file.size * 8, 'a bit that rots is there');
		file.flipBit(bit);
	}

	/** A copy of all files as they are seen: a backup. */
	files(): ReadonlyMap<string, Uint8Array> {
		return new Map([...this.#names].map(([name, file]) => [name, file.read(0, file.size)]));
	}

	#endLife(): void {
		this.#generation++;
		this.#stalled = [];
		this.#isLocked = false;
	}

	/** Each once, in an order that depends on nothing but their names. */
	#allFiles(): readonly SimulatedFile[] {
		const named = [...this.#names, ...this.#durableNames].sort(([one], [other]) => (one < other ? -1 : 1));
		return [...new Set(named.map(([, file]) => file))];
	}

	// -------------------------------------------------------------------------------------------------- files

	#handle(file: SimulatedFile): DiskFile {
		const generation = this.#generation;
		const assertAlive = (): void => assert(generation === this.#generation, 'a file is not used after a crash');
		return {
			size: () => file.size,
			read: (offset, length) => {
				assertAlive();
				if (this.#takeFault('failingReads')) throw new Error('EIO: read');
				return file.read(offset, length);
			},
			write: (offset, data, done) => {
				if (generation === this.#generation) this.#write(file, offset, data, done);
			},
			sync: done => {
				if (generation === this.#generation) this.#syncFile(file, done);
			},
			writeNow: (offset, data) => {
				assertAlive();
				this.#writeNow(file, offset, data);
			},
			truncate: size => {
				assertAlive();
				this.#assertSyncs(file);
				file.truncate(size);
				this.#record?.({type: 'truncate', name: this.#nameOf(file), size});
			},
			close: () => {},
		};
	}

	#write(file: SimulatedFile, offset: number, data: Uint8Array, done: Done): void {
		const {write, error} = this.#take(file, offset, data);
		this.#later(this.faults.writeLatencyMs, () => {
			write.isDone = true;
			done(error);
		});
	}

	#writeNow(file: SimulatedFile, offset: number, data: Uint8Array): void {
		const {write, error} = this.#take(file, offset, data);
		write.isDone = true;
		if (error !== undefined) throw error;
		const name = this.#nameOf(file);
		this.#record?.({type: 'sync', name});
		this.#assertSyncs(file);
		file.makeDurable(file.unsynced);
		this.#record?.({type: 'synced', name});
	}

	/** What a failed sync should have covered is lost at the next power cut. */
	#assertSyncs(file: SimulatedFile): void {
		if (!this.#takeFault('failingSyncs')) return;
		file.loseUnsynced(file.unsynced);
		throw new Error('EIO: sync');
	}

	/** The file as it is seen has the data at once, or as much of it as the faults let through. */
	#take(file: SimulatedFile, offset: number, data: Uint8Array): {write: UnsyncedWrite; error: Error | undefined} {
		let error: Error | undefined;
		let taken = data.length;
		if (this.#takeFault('failingWrites')) {
			error = new Error('EIO: write');
			taken = Math.floor(this.#random() * data.length);
		} else if (this.faults.capacityBytes !== Infinity && offset + data.length > file.size) {
			const room = Math.max(0, this.faults.capacityBytes - this.#usedBytes() + file.size - offset);
			if (room < data.length) error = new Error('ENOSPC: write');
			taken = Math.min(taken, room);
		}
		// A copy: the writer may use its buffer again when it is told that the write is done.
		const write: UnsyncedWrite = {offset, data: data.slice(0, taken), isDone: false, isLost: false};
		file.write(write);
		this.#record?.({type: 'write', name: this.#nameOf(file), offset, data: write.data});
		return {write, error};
	}

	#syncFile(file: SimulatedFile, done: Done): void {
		const covered = file.unsynced.filter(({isDone}) => isDone);
		this.#record?.({type: 'sync', name: this.#nameOf(file)});
		this.#sync(done, error => {
			if (error === undefined) {
				file.makeDurable(covered);
				this.#record?.({type: 'synced', name: this.#nameOf(file)});
			} else {
				file.loseUnsynced(covered);
			}
		});
	}

	#sync(done: Done, end: (error: Error | undefined) => void): void {
		const error = this.#takeFault('failingSyncs') ? new Error('EIO: sync') : undefined;
		const finish = (): void => {
			end(error);
			done(error);
		};
		const {syncLatencyMs} = this.faults;
		if (this.faults.areSyncsStalled) this.#stalled.push(() => this.#later(syncLatencyMs, finish));
		else this.#later(syncLatencyMs, finish);
	}

	#later(latencyMs: readonly [number, number] | undefined, action: () => void): void {
		const generation = this.#generation;
		const delayMs = latencyMs && latencyMs[0] + this.#random() * (latencyMs[1] - latencyMs[0]);
		this.#schedule(delayMs, () => {
			if (generation === this.#generation) action();
		});
	}

	#takeFault(kind: 'failingReads' | 'failingWrites' | 'failingSyncs'): boolean {
		const failing = this.faults[kind];
		if (failing === 'next') this.faults[kind] = 'none';
		return failing !== 'none';
	}

	#usedBytes(): number {
		let sum = 0;
		for (const file of this.#names.values()) sum += file.size;
		return sum;
	}

	#nameOf(wanted: SimulatedFile): string {
		for (const [name, file] of this.#names) if (file === wanted) return name;
		return '';
	}
}

/** Carries out changes of names; one that rests on a change that was lost brings its file along. */
function applyNames(names: Map<string, SimulatedFile>, changes: readonly NameChange[]): void {
	for (const change of changes) {
		switch (change.type) {
			case 'create':
				names.set(change.name, change.file);
				break;
			case 'rename':
				names.delete(change.from);
				names.set(change.to, change.file);
				break;
			case 'remove':
				names.delete(change.name);
				break;
			default:
				unreachable(change);
		}
	}
}
