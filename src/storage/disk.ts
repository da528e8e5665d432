/**
 * The little that the log needs of a file system: one directory of files. Two bodies: `node:fs`, and a simulated disk
 * that keeps what is written and what is synced apart.
 *
 * Reading and naming are synchronous (recovery, rare); what must become durable is told by callback.
 * Names are plain file names, no folders. A name becomes durable by `syncDirectory`, bytes by `DiskFile.sync`.
 */
import type {Done} from './storage.js';

export interface Disk {
	/** Claims the directory for one owner; throws a `DataDirectoryError` (`code: 'ERR_DIRECTORY_IN_USE'`) for the second. */
	lock(): void;
	/** Sorted. */
	list(): readonly string[];
	/** Opens for reading and writing. Throws where the file is absent (without `create`) or already there (with it). */
	open(name: string, options: {readonly create: boolean}): DiskFile;
	rename(from: string, to: string): void;
	remove(name: string): void;
	syncDirectory(done: Done): void;
	/** Lets go of the claim; open files are closed by their owners before. `done`: removed files hold no descriptor either. */
	unlock(done: Done): void;
}

export interface DiskFile {
	/** Bytes. */
	size(): number;
	/** The bytes `[offset, offset + length)`, fewer at the end of the file. */
	read(offset: number, length: number): Uint8Array;
	/** All of `data`, or an error. `data` must not change until `done`. */
	write(offset: number, data: Uint8Array, done: Done): void;
	/** `done`: everything written before this call is durable. */
	sync(done: Done): void;
	/**
	 * Cuts the file off. When this returns, all that is left of it is durable, also what an earlier owner wrote and never
	 * synced: recovery ends with it, so that no node acts on bytes that a power cut could still take away.
	 */
	truncate(size: number): void;
	close(): void;
}
