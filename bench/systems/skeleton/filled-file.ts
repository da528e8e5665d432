/** A file that is zero-filled ahead, so that a sync need not write new lengths and extents; written round and round. */
import {closeSync, fdatasyncSync, fsyncSync, openSync, writeSync, writevSync} from 'node:fs';

const fileBytes = 8 * 2 ** 20;

export class FilledFile {
	readonly #descriptor: number;
	#offset = 0;

	constructor(file: string) {
		this.#descriptor = openSync(file, 'w+');
		const zeros = new Uint8Array(2 ** 20);
		for (let offset = 0; offset < fileBytes; offset += zeros.length)
			writeSync(this.#descriptor, zeros, 0, zeros.length, offset);
		fsyncSync(this.#descriptor);
	}

	/** On the disk when it returns. */
	append(parts: readonly Uint8Array[]): void {
		const length = parts.reduce((sum, part) => sum + part.length, 0);
		if (this.#offset + length > fileBytes) this.#offset = 0;
		writevSync(this.#descriptor, parts, this.#offset);
		fdatasyncSync(this.#descriptor);
		this.#offset += length;
	}

	close(): void {
		closeSync(this.#descriptor);
	}
}
