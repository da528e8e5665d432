/** A node's disk with a witness at it: draws the faults that come with a probability, and notes every error that it tells. */
import type {Disk, DiskFile} from '../storage/disk.js';
import type {SimulatedDisk} from '../storage/simulated-disk.js';
import type {Done} from '../storage/storage.js';

export interface FaultChances {
	write: number;
	read: number;
}

export class WatchedDisk implements Disk {
	readonly chances: FaultChances = {write: 0, read: 0};
	/** An error has been told to this life of the node. */
	hasFailed = false;
	readonly #disk: SimulatedDisk;
	readonly #random: () => number;

	constructor(disk: SimulatedDisk, random: () => number) {
		this.#disk = disk;
		this.#random = random;
	}

	lock(): void {
		this.#disk.lock();
	}

	unlock(done: Done): void {
		this.#disk.unlock(done);
	}

	list(): readonly string[] {
		return this.#disk.list();
	}

	rename(from: string, to: string): void {
		this.#disk.rename(from, to);
	}

	remove(name: string): void {
		this.#disk.remove(name);
	}

	syncDirectory(done: Done): void {
		this.#disk.syncDirectory(this.#noting(done));
	}

	syncDirectoryNow(): void {
		this.#notingThrow(() => this.#disk.syncDirectoryNow());
	}

	open(name: string, options: {readonly create: boolean}): DiskFile {
		const file = this.#disk.open(name, options);
		// What is kept of a torn tail is for people: nothing depends on it, and its errors are nobody's.
		const isPrecious = !name.endsWith('.broken');
		return {
			size: () => file.size(),
			read: (offset, length) => {
				this.#draw('read', 'failingReads');
				return this.#notingThrow(() => file.read(offset, length));
			},
			write: (offset, data, done) => {
				this.#draw('write', 'failingWrites');
				file.write(offset, data, isPrecious ? this.#noting(done) : done);
			},
			writeNow: (offset, data) => {
				this.#draw('write', 'failingWrites');
				this.#notingThrow(() => file.writeNow(offset, data));
			},
			sync: done => file.sync(this.#noting(done)),
			truncate: size => this.#notingThrow(() => file.truncate(size)),
			close: () => file.close(),
		};
	}

	#draw(kind: keyof FaultChances, fault: 'failingReads' | 'failingWrites'): void {
		const chance = this.chances[kind];
		if (chance > 0 && this.#random() < chance) this.#disk.faults[fault] = 'next';
	}

	#noting(done: Done): Done {
		return error => {
			if (error !== undefined) this.hasFailed = true;
			done(error);
		};
	}

	#notingThrow<Result>(action: () => Result): Result {
		try {
			return action();
		} catch (error) {
			this.hasFailed = true;
			throw error;
		}
	}
}
