/** A disk before which a clock stands: how long its syncs take, and how much is written. */
import type {Milliseconds} from '../../src/raft/types.js';
import type {Disk, DiskFile} from '../../src/storage/disk.js';
import {sortNames} from '../../src/storage/names.js';
import type {Done} from '../../src/storage/storage.js';
import {type DurationHistogram, Durations, operationBoundsMs} from './histogram.js';

/** What a node has asked of its disk since its thread has started. */
export interface DiskMetrics {
	/** Syncs of the write-ahead log. Near 0 in a cluster without a directory, which never syncs. */
	readonly logSync: DurationHistogram;
	/** Syncs of snapshots. */
	readonly snapshotSync: DurationHistogram;
	/** Handed to the file system; zeros that make room for the log included. */
	readonly writtenBytes: number;
	/** Writes and syncs that failed. */
	readonly failures: number;
}

export class TimedDisk implements Disk {
	readonly #disk: Disk;
	readonly #now: () => Milliseconds;
	readonly #logSync = new Durations(operationBoundsMs);
	readonly #snapshotSync = new Durations(operationBoundsMs);
	readonly #counts: DiskCounts = {writtenBytes: 0, failures: 0};

	constructor(disk: Disk, now: () => Milliseconds) {
		this.#disk = disk;
		this.#now = now;
	}

	get metrics(): DiskMetrics {
		const {histogram: logSync} = this.#logSync;
		return {logSync, snapshotSync: this.#snapshotSync.histogram, ...this.#counts};
	}

	lock(): void {
		this.#disk.lock();
	}

	list(): readonly string[] {
		return this.#disk.list();
	}

	open(name: string, options: {readonly create: boolean}): DiskFile {
		const syncs = sortNames([name]).segments.length > 0 ? this.#logSync : this.#snapshotSync;
		return new TimedFile(this.#disk.open(name, options), {syncs, counts: this.#counts, now: this.#now});
	}

	rename(from: string, to: string): void {
		this.#disk.rename(from, to);
	}

	remove(name: string): void {
		this.#disk.remove(name);
	}

	syncDirectory(done: Done): void {
		this.#disk.syncDirectory(done);
	}

	syncDirectoryNow(): void {
		this.#disk.syncDirectoryNow();
	}

	unlock(done: Done): void {
		this.#disk.unlock(done);
	}
}

interface DiskCounts {
	writtenBytes: number;
	failures: number;
}

interface Measures {
	readonly syncs: Durations;
	readonly counts: DiskCounts;
	readonly now: () => Milliseconds;
}

class TimedFile implements DiskFile {
	readonly #file: DiskFile;
	readonly #measures: Measures;

	constructor(file: DiskFile, measures: Measures) {
		this.#file = file;
		this.#measures = measures;
	}

	size(): number {
		return this.#file.size();
	}

	read(offset: number, length: number): Uint8Array {
		return this.#file.read(offset, length);
	}

	write(offset: number, data: Uint8Array, done: Done): void {
		const {counts} = this.#measures;
		counts.writtenBytes += data.length;
		this.#file.write(offset, data, error => {
			if (error !== undefined) counts.failures += 1;
			done(error);
		});
	}

	sync(done: Done): void {
		const {syncs, counts, now} = this.#measures;
		const begun = now();
		this.#file.sync(error => {
			if (error === undefined) syncs.add(now() - begun);
			else counts.failures += 1;
			done(error);
		});
	}

	writeNow(offset: number, data: Uint8Array): void {
		this.#measures.counts.writtenBytes += data.length;
		this.#file.writeNow(offset, data);
	}

	truncate(size: number): void {
		this.#file.truncate(size);
	}

	close(): void {
		this.#file.close();
	}
}
