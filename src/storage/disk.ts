/**
 * The little that the log needs of a file system: one directory of files. Two bodies: `node:fs`, and a simulated disk
 * that keeps what is written and what is synced apart.
 *
 * Reading and naming are synchronous (recovery, rare); what must become durable is told by callback, but for what is
 * put right at the start and noted at the end of a life: the calls whose names end in `Now` return when it is durable.
 * Names are plain file names, no folders. A name becomes durable by `syncDirectory`, bytes by `DiskFile.sync`.
 */
import type {Done} from './storage.js';

/** One directory of files. Names are plain file names. Errors are thrown, or given to `done`. */
export interface Disk {
	/** Claims the directory for one owner; throws a `DataDirectoryError` (`code: 'ERR_DIRECTORY_IN_USE'`) for the second. */
	lock(): void;
	/** Sorted. */
	list(): readonly string[];
	/** Opens for reading and writing. Throws where the file is absent (without `create`) or already there (with it). */
	open(name: string, options: {readonly create: boolean}): DiskFile;
	/** Takes the place of a file that has that name. Not durable before the directory is synced. */
	rename(from: string, to: string): void;
	/** A reader that has the file open can go on reading it. Not durable before the directory is synced. */
	remove(name: string): void;
	/** `done`: every change of a name before this call is durable. */
	syncDirectory(done: Done): void;
	/** When this returns, every change of a name before it is durable. Throws the disk's error. */
	syncDirectoryNow(): void;
	/** Lets go of the claim; open files are closed by their owners before. `done`: removed files hold no descriptor either. */
	unlock(done: Done): void;
}

/** An open file. Offsets, lengths and sizes in bytes. */
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
	 * Writes all of `data`, and syncs. When this returns, these bytes are durable: also where the file held the same ones
	 * before, which an earlier sync may have failed to bring to the disk.
	 */
	writeNow(offset: number, data: Uint8Array): void;
	/**
	 * Cuts the file off, durably. It says nothing of the bytes that are left: what an earlier sync failed to bring to the
	 * disk is still only in memory, though it reads like the rest.
	 */
	truncate(size: number): void;
	/** Syncs nothing. */
	close(): void;
}
