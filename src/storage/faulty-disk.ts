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

/** By kind of operation, what it fails with from now on; what is not named works. */
export interface DiskFaultSettings extends Partial<Readonly<Record<DiskOperationKind, DiskErrorCode | undefined>>> {
	/** How much longer each write and each sync takes, whole ms. @default 0 */
	readonly delayMs?: number;
}

const delayPlace = diskOperationKinds.length;
const anyPlace = delayPlace + 1;
const placeCount = anyPlace + 1;

/** The settings of one node's disk, seen by all threads that have the memory. At first there is no fault. */
export class SharedDiskFaults {
	readonly memory: SharedArrayBuffer;
	/** For each kind of operation 0, or the number of its error from 1 on; then the delay in ms; then 1 if any is set. */
	readonly #places: Int32Array;

	constructor(memory = new SharedArrayBuffer(placeCount * Int32Array.BYTES_PER_ELEMENT)) {
		this.memory = memory;
		this.#places = new Int32Array(memory);
	}

	/** Replaces all settings; what is not named works again. */
	set(settings: DiskFaultSettings): void {
		for (const [place, kind] of diskOperationKinds.entries()) {
			const code = settings[kind];
			Atomics.store(this.#places, place, code === undefined ? 0 : diskErrorCodes.indexOf(code) + 1);
		}
		Atomics.store(this.#places, delayPlace, settings.delayMs ?? 0);
		Atomics.store(this.#places, anyPlace, Object.values(settings).some(Boolean) ? 1 : 0);
	}

	/** What is set, without what works. */
	get settings(): DiskFaultSettings {
		const settings: {-readonly [Kind in keyof DiskFaultSettings]: DiskFaultSettings[Kind]} = {};
		for (const [place, kind] of diskOperationKinds.entries()) {
			const code = diskErrorCodes[Atomics.load(this.#places, place) - 1];
			if (code !== undefined) settings[kind] = code;
		}
		const {delayMs} = this;
		return delayMs === 0 ? settings : {...settings, delayMs};
	}

	/** Whether an operation can fail or be slow now: the one question that each of a healthy disk's operations asks. */
	get areSet(): boolean {
		return Atomics.load(this.#places, anyPlace) !== 0;
	}

	get delayMs(): Milliseconds {
		return Atomics.load(this.#places, delayPlace);
	}

	/** The error with which such an operation fails now; `undefined`: it does not. */
	errorOf(kind: DiskOperationKind, what: string): NodeJS.ErrnoException | undefined {
		if (!this.areSet) return undefined;
		const code = diskErrorCodes[Atomics.load(this.#places, diskOperationKinds.indexOf(kind)) - 1];
		if (code === undefined) return undefined;
		return Object.assign(new Error(`${code}: the disk was told to fail, ${kind} '${what}'`), {code, syscall: kind});
	}

	check(kind: DiskOperationKind, what: string): void {
		const error = this.errorOf(kind, what);
		if (error !== undefined) throw error;
	}
}

export interface FaultyDiskOptions {
	readonly disk: Disk;
	readonly faults: SharedDiskFaults;
	/** Of delays. */
	readonly schedule: DiskTimer;
}

export class FaultyDisk implements Disk {
	readonly #options: FaultyDiskOptions;

	constructor(options: FaultyDiskOptions) {
		this.#options = options;
	}

	lock(): void {
		const cause = this.#options.faults.errorOf('open', 'lock');
		if (cause === undefined) return this.#options.disk.lock();
		const message = `the data directory cannot be used: ${cause.message}`;
		throw new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', 'lock', message, {cause});
	}

	list(): readonly string[] {
		this.#options.faults.check('open', 'the directory');
		return this.#options.disk.list();
	}

	open(name: string, {create}: {readonly create: boolean}): DiskFile {
		this.#options.faults.check(create ? 'create' : 'open', name);
		return new FaultyFile(name, this.#options.disk.open(name, {create}), this.#options);
	}

	rename(from: string, to: string): void {
		this.#options.faults.check('write', from);
		this.#options.disk.rename(from, to);
	}

	remove(name: string): void {
		this.#options.faults.check('write', name);
		this.#options.disk.remove(name);
	}

	syncDirectory(done: Done): void {
		begin(this.#options, 'sync', 'the directory', done, ended => this.#options.disk.syncDirectory(ended));
	}

	syncDirectoryNow(): void {
		this.#options.faults.check('sync', 'the directory');
		this.#options.disk.syncDirectoryNow();
	}

	/** Never fails: whoever lets go of a directory has nothing left to lose. */
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
		this.#options.faults.check('read', this.#name);
		return this.#file.read(offset, length);
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
		this.#options.faults.check('write', this.#name);
		this.#options.faults.check('sync', this.#name);
		this.#file.writeNow(offset, data);
	}

	truncate(size: number): void {
		this.#options.faults.check('write', this.#name);
		this.#options.faults.check('sync', this.#name);
		this.#file.truncate(size);
	}

	close(): void {
		this.#file.close();
	}
}

/** An operation that fails does nothing; one that is slow is done at once and told late. */
function begin(
	{faults, schedule}: FaultyDiskOptions,
	kind: 'write' | 'sync',
	what: string,
	done: Done,
	action: (ended: Done) => void,
): void {
	const {delayMs} = faults;
	const ended: Done = delayMs === 0 ? done : error => schedule(delayMs, () => done(error));
	const error = faults.errorOf(kind, what);
	if (error === undefined) action(ended);
	else ended(error);
}
