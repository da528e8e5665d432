/** How files of a real directory are read, whether their reader may change them or not. */
import * as fs from 'node:fs';
import {lockName} from './directory-lock.js';

/** The names in a directory, sorted, without those of its lock. */
export const namesIn = (directory: string): readonly string[] =>
	fs
		.readdirSync(directory)
		.filter(name => !name.startsWith(lockName))
		.sort();

/** Bytes. */
export const sizeOf = (descriptor: number): number => fs.fstatSync(descriptor).size;

/** The bytes `[offset, offset + length)`, fewer at the end of the file. */
export function readRange(descriptor: number, offset: number, length: number): Uint8Array {
	const bytes = new Uint8Array(Math.max(0, Math.min(length, sizeOf(descriptor) - offset)));
	let done = 0;
	while (done < bytes.length) {
		const count = fs.readSync(descriptor, bytes, done, bytes.length - done, offset + done);
		if (count === 0) break;
		done += count;
	}
	return bytes.subarray(0, done);
}
