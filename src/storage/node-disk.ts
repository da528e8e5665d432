/** A directory of the real file system. */
import * as fs from 'node:fs';
import {join} from 'node:path';
import {assert} from '../base/errors.js';
import type {Milliseconds} from '../raft/types.js';
import {claimDirectory, releaseDirectory} from './directory-lock.js';
import type {Disk, DiskFile} from './disk.js';
import {DataDirectoryError} from './errors.js';
import {namesIn, readRange, sizeOf} from './file-reads.js';
import {isOutOfDescriptors, SpareDescriptors} from './spare-descriptors.js';
import type {Done} from './storage.js';

/** Which directory, and how durable it has to be. */
export interface NodeDiskOptions {
	/** Made when it is not there. */
	readonly directory: string;
	/**
	 * `true`: what is synced survives a power cut. As long as the disk is quick, little is written and synced at once; much,
	 * and anything on a slow disk, beside the event loop, so that heartbeats keep flowing. `false`: nothing is ever synced,
	 * and everything is done when the call returns; what is written survives the death of a thread or of the process, not
	 * that of the machine.
	 */
	readonly sync: boolean;
	/** Tells how long a sync took. Never goes back. */
	readonly now: () => Milliseconds;
	/**
	 * A name for the running cluster, the same for each of its threads, and no other cluster's: one that restarts a node
	 * in the same process takes the directory over from the killed thread, and nobody else does.
	 */
	readonly owner: string;
}

/**
 * A sync that takes less holds up nobody: two thread hops to and from libuv's pool, 50 to 100 us each when threads are
 * waiting for cores, would be a good part of a sequential write. A disk that begins to stall holds the node up once.
 */
const quickSyncMs: Milliseconds = 1;
/** Written since the last sync: more takes long on any disk. */
const immediateBytesMax = 256 * 1024;

/**
 * A log needs no more at once beyond those that are always open (the directory, the claim, the last segment): for the next
 * segment, a snapshot that is written, one that is sent, and one that is loaded.
 */
export const spareDescriptors = 4;

/** What the files of a disk share. */
interface Pace {
	readonly now: () => Milliseconds;
	/** How long the last sync took. */
	lastSyncMs: Milliseconds;
}

/** A directory of the file system, for one owner at a time. */
export class NodeDisk implements Disk {
	readonly #directory: string;
	readonly #sync: boolean;
	readonly #pace: Pace;
	readonly #owner: string;
	/** The directory itself, while it is locked. */
	#descriptor: number | undefined;
	/** From `lock` on. */
	#spares: SpareDescriptors | undefined;
	/** Removed files that the pool has still to close. */
	#closing = 0;
	/** The callbacks that wait for those. */
	#unlocked: Done[] = [];

	constructor({directory, sync, now, owner}: NodeDiskOptions) {
		this.#directory = directory;
		this.#sync = sync;
		this.#pace = {now, lastSyncMs: Infinity};
		this.#owner = owner;
	}

	lock(): void {
		assert(this.#descriptor === undefined, 'a directory is locked once');
		try {
			fs.mkdirSync(this.#directory, {recursive: true});
			fs.accessSync(this.#directory, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
			claimDirectory(this.#directory, this.#owner);
			this.#descriptor = fs.openSync(this.#directory, 'r');
			this.#spares = new SpareDescriptors(this.#directory, spareDescriptors);
		} catch (cause) {
			releaseDirectory(this.#directory, this.#owner);
			if (cause instanceof DataDirectoryError) throw cause;
			const reason = cause instanceof Error ? cause.message : String(cause);
			const message = `${this.#directory} cannot be used as a data directory: ${reason}. Choose one that this user can write to`;
			throw new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', this.#directory, message, {cause});
		}
	}

	list(): readonly string[] {
		return this.#withSpares(() => namesIn(this.#directory));
	}

	open(name: string, {create}: {readonly create: boolean}): DiskFile {
		const path = join(this.#directory, name);
		const descriptor = this.#withSpares(() => fs.openSync(path, create ? 'wx+' : 'r+'));
		return new NodeFile(descriptor, this.#sync ? this.#pace : undefined, () => this.#spares?.refill());
	}

	rename(from: string, to: string): void {
		fs.renameSync(join(this.#directory, from), join(this.#directory, to));
	}

	remove(name: string): void {
		const path = join(this.#directory, name);
		// Who lets go of a file last frees its pages, 40 ms for 100 MB: libuv's pool does. The name is gone at once.
		const descriptor = openIfPossible(path);
		if (descriptor === undefined) {
			fs.unlinkSync(path);
			return;
		}
		try {
			fs.unlinkSync(path);
		} finally {
			this.#closing++;
			fs.close(descriptor, () => {
				this.#closing--;
				this.#spares?.refill();
				this.#settleUnlocked();
			});
		}
	}

	syncDirectory(done: Done): void {
		assert(this.#descriptor !== undefined, 'a directory is synced while it is locked');
		if (this.#sync) fs.fsync(this.#descriptor, error => done(error ?? undefined));
		else done();
	}

	syncDirectoryNow(): void {
		assert(this.#descriptor !== undefined, 'a directory is synced while it is locked');
		if (this.#sync) fs.fsyncSync(this.#descriptor);
	}

	unlock(done: Done): void {
		if (this.#descriptor !== undefined) {
			fs.closeSync(this.#descriptor);
			this.#descriptor = undefined;
			this.#spares?.close();
			releaseDirectory(this.#directory, this.#owner);
		}
		this.#unlocked.push(done);
		this.#settleUnlocked();
	}

	/** For what needs a descriptor, for a moment or longer. */
	#withSpares<Result>(open: () => Result): Result {
		assert(this.#spares !== undefined, 'files are opened while their directory is locked');
		const result = this.#spares.use(open);
		this.#spares.refill();
		return result;
	}

	#settleUnlocked(): void {
		if (this.#closing > 0) return;
		for (const done of this.#unlocked.splice(0)) done();
	}
}

class NodeFile implements DiskFile {
	readonly #descriptor: number;
	/** `undefined`: nothing is synced. */
	readonly #pace: Pace | undefined;
	readonly #closed: () => void;
	#unsyncedBytes = 0;

	constructor(descriptor: number, pace: Pace | undefined, closed: () => void) {
		this.#descriptor = descriptor;
		this.#pace = pace;
		this.#closed = closed;
	}

	size(): number {
		return sizeOf(this.#descriptor);
	}

	read(offset: number, length: number): Uint8Array {
		return readRange(this.#descriptor, offset, length);
	}

	write(offset: number, data: Uint8Array, done: Done): void {
		this.#unsyncedBytes += data.length;
		if (this.#isImmediate()) attempt(() => this.#writeNow(offset, data), done);
		else this.#writeLater(offset, data, done);
	}

	sync(done: Done): void {
		const pace = this.#pace;
		if (pace === undefined) {
			done();
			return;
		}
		const isImmediate = this.#isImmediate();
		this.#unsyncedBytes = 0;
		const startedAt = pace.now();
		const ended: Done = error => {
			pace.lastSyncMs = pace.now() - startedAt;
			done(error);
		};
		if (isImmediate) attempt(() => fs.fdatasyncSync(this.#descriptor), ended);
		else fs.fdatasync(this.#descriptor, error => ended(error ?? undefined));
	}

	writeNow(offset: number, data: Uint8Array): void {
		this.#writeNow(offset, data);
		if (this.#pace !== undefined) fs.fsyncSync(this.#descriptor);
	}

	truncate(size: number): void {
		fs.ftruncateSync(this.#descriptor, size);
		if (this.#pace !== undefined) fs.fsyncSync(this.#descriptor);
	}

	close(): void {
		fs.closeSync(this.#descriptor);
		this.#closed();
	}

	#isImmediate(): boolean {
		if (this.#pace === undefined) return true;
		return this.#pace.lastSyncMs < quickSyncMs && this.#unsyncedBytes <= immediateBytesMax;
	}

	/** A kernel may take less than it was given. */
	#writeLater(offset: number, data: Uint8Array, done: Done): void {
		fs.write(this.#descriptor, data, 0, data.length, offset, (error, count) => {
			if (error !== null) done(error);
			else if (count === data.length) done();
			else this.#writeLater(offset + count, data.subarray(count), done);
		});
	}

	#writeNow(offset: number, data: Uint8Array): void {
		for (let written = 0; written < data.length;) {
			written += fs.writeSync(this.#descriptor, data, written, data.length - written, offset + written);
		}
	}
}

/** `undefined`: no descriptor is left. The spares are for what cannot do without. */
function openIfPossible(path: string): number | undefined {
	try {
		return fs.openSync(path, 'r');
	} catch (error) {
		if (isOutOfDescriptors(error)) return undefined;
		throw error;
	}
}

function attempt(action: () => void, done: Done): void {
	try {
		action();
	} catch (error) {
		done(error instanceof Error ? error : new Error(String(error)));
		return;
	}
	done();
}
