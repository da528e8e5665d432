/** A node's directory for who only looks: nothing in it is changed, and nothing in it is claimed. */
import * as fs from 'node:fs';
import {join} from 'node:path';
import {InvariantError} from '../base/errors.js';
import type {Disk, DiskFile} from './disk.js';
import {namesIn, readRange, sizeOf} from './file-reads.js';

const refuse = (): never => {
	throw new InvariantError('a disk that was opened for reading changes no file');
};

export class ReadOnlyDisk implements Disk {
	readonly #directory: string;

	constructor(directory: string) {
		this.#directory = directory;
	}

	lock(): void {}

	/** Nothing where the directory does not exist. */
	list(): readonly string[] {
		if (!fs.existsSync(this.#directory)) return [];
		return namesIn(this.#directory);
	}

	open(name: string): DiskFile {
		return new ReadOnlyFile(fs.openSync(join(this.#directory, name), 'r'));
	}

	readonly rename = refuse;
	readonly remove = refuse;
	readonly syncDirectory = refuse;
	readonly syncDirectoryNow = refuse;

	unlock(done: () => void): void {
		done();
	}
}

class ReadOnlyFile implements DiskFile {
	readonly #descriptor: number;

	constructor(descriptor: number) {
		this.#descriptor = descriptor;
	}

	size(): number {
		return sizeOf(this.#descriptor);
	}

	read(offset: number, length: number): Uint8Array {
		return readRange(this.#descriptor, offset, length);
	}

	close(): void {
		fs.closeSync(this.#descriptor);
	}

	readonly write = refuse;
	readonly sync = refuse;
	readonly writeNow = refuse;
	readonly truncate = refuse;
}
