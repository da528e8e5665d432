/**
 * A disk whose operations fail or take long when it is told to. It stands before any other disk, so real threads on a
 * real file system meet the faults that otherwise only the simulated disk has.
 *
 * The settings lie in shared memory: another thread changes them, and the next operation sees the change. They also
 * outlast the thread that has the disk: a node that starts again starts on a disk that still fails.
 */
import type {Milliseconds} from '../raft/types.js';
import type {Disk, DiskFile} from './disk.js';
import {DataDirectoryError} from './errors.js';
import type {DiskTimer} from './simulated-disk.js';
import type {Done} from './storage.js';

/** The errors that a disk can be told to give: a broken device, no space, no descriptor in the process, none in the machine. */
export const diskErrorCodes = ['EIO', 'ENOSPC', 'EMFILE', 'ENFILE'] as const;
/** The system’s name for what a disk fault fails with. */
export type DiskErrorCode = (typeof diskErrorCodes)[number];

/**
 * `open`: opening a file, listing and locking the directory. `create`: making a file. `write`: also renaming, removing and
 * cutting off. `sync`: of a file and of the directory, and cutting off.
 */
export const diskOperationKinds = ['open', 'create', 'read', 'write', 'sync'] as const;
/** What a disk fault can make fail: see `diskOperationKinds`. */
export type DiskOperationKind = (typeof diskOperationKinds)[number];

/** A time that is drawn anew for each operation: `leastMs`, plus evenly up to `spreadMs`, plus exponentially with this mean. */
export interface DiskDelay {
	readonly leastMs: number;
	/** @default 0 */
	readonly spreadMs?: number;
	/** @default 0 */
	readonly meanMs?: number;
}

/** By kind of operation, what it fails with from now on; what is not named works. */
export interface DiskFaultSettings extends Partial<Readonly<Record<DiskOperationKind, DiskErrorCode | undefined>>> {
	/** How much longer each write and each sync takes, ms. @default 0 */
	readonly delayMs?: number;
	/** How much longer than that each sync takes. @default no longer */
	readonly syncDelay?: DiskDelay;
	/** No sync ends until this is taken back; the node goes on meanwhile. @default false */
	readonly isSyncStalled?: boolean;
	/** How often an operation of a kind that is to fail does, from 0 to 1. @default 1 */
	readonly probabilities?: Partial<Readonly<Record<DiskOperationKind, number>>>;
	/** How often one bit of what is read is not what is stored, from 0 to 1. @default 0 */
	readonly readFlipProbability?: number;
}

const kindCount = diskOperationKinds.length;
/** Where each setting lies in the shared memory, in 32-bit words. Times are in us and probabilities in millionths. */
const places = {
	/** For each kind 0, or the number of its error from 1 on. */
	codes: 0,
	probabilities: kindCount,
	delay: 2 * kindCount,
	syncLeast: 2 * kindCount + 1,
	syncSpread: 2 * kindCount + 2,
	syncMean: 2 * kindCount + 3,
	stalled: 2 * kindCount + 4,
	readFlip: 2 * kindCount + 5,
	/** The next sync fails. */
	failNext: 2 * kindCount + 6,
	/** 1 if anything is set. */
	any: 2 * kindCount + 7,
	/** Operations that met a fault. */
	hits: 2 * kindCount + 8,
} as const;
const placeCount = 2 * kindCount + 9;

const scaled = (value: number, scale: number): number => Math.min(2 ** 31 - 1, Math.round(value * scale));
const usPerMs = 1000;
const million = 1_000_000;

/** Whether an operation goes wrong, by chance. */
type Chance = () => number;

/** The settings of one node's disk, seen by all threads that have the memory. At first there is no fault. */
export class SharedDiskFaults {
	readonly memory: SharedArrayBuffer;
	readonly #places: Int32Array;
	/** What this side has set last. */
	#settings: DiskFaultSettings = {};

	constructor(memory = new SharedArrayBuffer(placeCount * Int32Array.BYTES_PER_ELEMENT)) {
		this.memory = memory;
		this.#places = new Int32Array(memory);
	}

	/** Replaces all settings; what is not named works again, also a sync that was to fail next. */
	set(settings: DiskFaultSettings): void {
		const {probabilities = {}, syncDelay = {leastMs: 0}} = settings;
		for (const [offset, kind] of diskOperationKinds.entries()) {
			const code = settings[kind];
			this.#store(places.codes + offset, code === undefined ? 0 : diskErrorCodes.indexOf(code) + 1);
			this.#store(places.probabilities + offset, scaled(probabilities[kind] ?? 1, million));
		}
		this.#store(places.delay, scaled(settings.delayMs ?? 0, usPerMs));
		this.#store(places.syncLeast, scaled(syncDelay.leastMs, usPerMs));
		this.#store(places.syncSpread, scaled(syncDelay.spreadMs ?? 0, usPerMs));
		this.#store(places.syncMean, scaled(syncDelay.meanMs ?? 0, usPerMs));
		this.#store(places.stalled, settings.isSyncStalled === true ? 1 : 0);
		this.#store(places.readFlip, scaled(settings.readFlipProbability ?? 0, million));
		this.#store(places.failNext, 0);
		this.#store(places.any, Object.values(settings).some(Boolean) ? 1 : 0);
		this.#settings = settings;
	}

	/** The next sync fails with EIO, and those after it do not. Until then, or until the next `set`. */
	failNextSync(): void {
		this.#store(places.failNext, 1);
		this.#store(places.any, 1);
	}

	/** What this side has set, without what works. */
	get settings(): DiskFaultSettings {
		return Object.fromEntries(Object.entries(this.#settings).filter(([, value]) => Boolean(value)));
	}

	/** Operations that failed, were late or were changed because of the settings, since the beginning. */
	get hits(): number {
		return this.#load(places.hits);
	}

	/** Whether an operation can fail or be slow now: the one question that each of a healthy disk's operations asks. */
	get areSet(): boolean {
		return this.#load(places.any) !== 0;
	}

	get isSyncStalled(): boolean {
		return this.#load(places.stalled) !== 0;
	}

	/** How much longer this operation takes. */
	delayMs(kind: 'write' | 'sync', random: Chance): Milliseconds {
		let us = this.#load(places.delay);
		if (kind === 'sync') {
			us += this.#load(places.syncLeast) + this.#load(places.syncSpread) * random();
			us -= this.#load(places.syncMean) * Math.log(1 - random());
		}
		return us / usPerMs;
	}

	/** The error with which such an operation fails now; `undefined`: it does not. */
	errorOf(kind: DiskOperationKind, what: string, random: Chance): NodeJS.ErrnoException | undefined {
		if (!this.areSet) return undefined;
		const offset = diskOperationKinds.indexOf(kind);
		const isNext = kind === 'sync' && Atomics.exchange(this.#places, places.failNext, 0) === 1;
		const code = isNext ? 'EIO' : diskErrorCodes[this.#load(places.codes + offset) - 1];
		if (code === undefined) return undefined;
		if (!isNext && random() * million >= this.#load(places.probabilities + offset)) return undefined;
		this.hit();
		return Object.assign(new Error(`${code}: the disk was told to fail, ${kind} '${what}'`), {code, syscall: kind});
	}

	check(kind: DiskOperationKind, what: string, random: Chance): void {
		const error = this.errorOf(kind, what, random);
		if (error !== undefined) throw error;
	}

	/** Turns one bit of what was read, if the settings and chance say so. */
	spoil(data: Uint8Array, random: Chance): Uint8Array {
		const chance = this.#load(places.readFlip);
		if (chance === 0 || data.length === 0 || random() * million >= chance) return data;
		this.hit();
		const spoilt = Uint8Array.from(data);
		const offset = Math.floor(random() * data.length);
		spoilt[offset] = (spoilt[offset] as number) ^ (1 << Math.floor(random() * 8));
		return spoilt;
	}

	/** An operation has met a fault. */
	hit(): void {
		Atomics.add(this.#places, places.hits, 1);
	}

	#load(place: number): number {
		return Atomics.load(this.#places, place);
	}

	#store(place: number, value: number): void {
		Atomics.store(this.#places, place, value);
	}
}

/** How often a sync that is stalled is looked at again. */
const stallPollMs: Milliseconds = 10;

export interface FaultyDiskOptions {
	readonly disk: Disk;
	readonly faults: SharedDiskFaults;
	/** Of delays. */
	readonly schedule: DiskTimer;
	/** Evenly in [0, 1). */
	readonly random: () => number;
}

export class FaultyDisk implements Disk {
	readonly #options: FaultyDiskOptions;

	constructor(options: FaultyDiskOptions) {
		this.#options = options;
	}

	lock(): void {
		const cause = this.#options.faults.errorOf('open', 'lock', this.#options.random);
		if (cause === undefined) return this.#options.disk.lock();
		const message = `the data directory cannot be used: ${cause.message}`;
		throw new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', 'lock', message, {cause});
	}

	list(): readonly string[] {
		check(this.#options, 'open', 'the directory');
		return this.#options.disk.list();
	}

	open(name: string, {create}: {readonly create: boolean}): DiskFile {
		check(this.#options, create ? 'create' : 'open', name);
		return new FaultyFile(name, this.#options.disk.open(name, {create}), this.#options);
	}

	rename(from: string, to: string): void {
		check(this.#options, 'write', from);
		this.#options.disk.rename(from, to);
	}

	remove(name: string): void {
		check(this.#options, 'write', name);
		this.#options.disk.remove(name);
	}

	syncDirectory(done: Done): void {
		begin(this.#options, 'sync', 'the directory', done, ended => this.#options.disk.syncDirectory(ended));
	}

	syncDirectoryNow(): void {
		check(this.#options, 'sync', 'the directory');
		this.#options.disk.syncDirectoryNow();
	}

	/** Never fails: the owner gives the directory up, and has nothing left to lose. */
	unlock(done: Done): void {
		this.#options.disk.unlock(done);
	}
}

class FaultyFile implements DiskFile {
	readonly #name: string;
	readonly #file: DiskFile;
	readonly #options: FaultyDiskOptions;

	constructor(name: string, file: DiskFile, options: FaultyDiskOptions) {
		this.#name = name;
		this.#file = file;
		this.#options = options;
	}

	size(): number {
		return this.#file.size();
	}

	read(offset: number, length: number): Uint8Array {
		const {faults, random} = this.#options;
		faults.check('read', this.#name, random);
		return faults.spoil(this.#file.read(offset, length), random);
	}

	write(offset: number, data: Uint8Array, done: Done): void {
		if (!this.#options.faults.areSet) return this.#file.write(offset, data, done);
		begin(this.#options, 'write', this.#name, done, ended => this.#file.write(offset, data, ended));
	}

	sync(done: Done): void {
		if (!this.#options.faults.areSet) return this.#file.sync(done);
		begin(this.#options, 'sync', this.#name, done, ended => this.#file.sync(ended));
	}

	writeNow(offset: number, data: Uint8Array): void {
		check(this.#options, 'write', this.#name);
		check(this.#options, 'sync', this.#name);
		this.#file.writeNow(offset, data);
	}

	truncate(size: number): void {
		check(this.#options, 'write', this.#name);
		check(this.#options, 'sync', this.#name);
		this.#file.truncate(size);
	}

	close(): void {
		this.#file.close();
	}
}

function check({faults, random}: FaultyDiskOptions, kind: DiskOperationKind, what: string): void {
	faults.check(kind, what, random);
}

/** An operation that fails does nothing; one that is slow is done at once and told late. */
function begin(options: FaultyDiskOptions, kind: 'write' | 'sync', what: string, done: Done, action: Action): void {
	const {faults, schedule, random} = options;
	const delayMs = faults.delayMs(kind, random);
	const isStalled = kind === 'sync' && faults.isSyncStalled;
	const error = faults.errorOf(kind, what, random);
	if (error === undefined && (delayMs > 0 || isStalled)) faults.hit();
	const told: Done = isStalled ? result => tellWhenGoing(options, done, result) : done;
	const ended: Done = delayMs === 0 ? told : result => schedule(delayMs, () => told(result));
	if (error === undefined) action(ended);
	else ended(error);
}

type Action = (ended: Done) => void;

function tellWhenGoing(options: FaultyDiskOptions, done: Done, result: Error | undefined): void {
	const {faults, schedule} = options;
	if (faults.isSyncStalled) schedule(stallPollMs, () => tellWhenGoing(options, done, result));
	else done(result);
}
