/** Which of a node's errors is damage: a state of its files that time does not heal, so that trying again is of no use. */
import path from 'node:path';
import {DataDirectoryError, StorageCorruptError} from '../../src/storage/errors.js';

/** What keeps a node from starting on its files. */
export interface NodeDamage {
	/** The damaged file, or the directory that lacks what must be in it. */
	readonly file: string;
	/** Bytes from the start of the file; `undefined` where no place in the file is at fault. */
	readonly offset: number | undefined;
	/** What is wrong, and what can be done. */
	readonly reason: string;
}

/** `undefined`: the error may pass, as a failing read or a lack of space does. */
export function damageOf(error: Error, directory: string): NodeDamage | undefined {
	if (error instanceof StorageCorruptError) {
		return {file: path.join(directory, error.file), offset: error.offset, reason: error.message};
	}
	if (!(error instanceof DataDirectoryError) || isInUse(error)) return undefined;
	// With a cause it is the file system that refuses: a permission, an error of the device, a full disk.
	if (error.code === 'ERR_DIRECTORY_UNUSABLE' && error.cause !== undefined) return undefined;
	return {file: path.join(directory, error.path), offset: undefined, reason: error.message};
}

export const isInUse = (error: unknown): boolean =>
	error instanceof DataDirectoryError && error.code === 'ERR_DIRECTORY_IN_USE';
