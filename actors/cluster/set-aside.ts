/**
 * A fault can take a node's directory away for a while. It is renamed, and so whole at every moment:
 *
 *     node-1                     set-aside-node-1              node-1
 *     (the node's files)   ──▶   and perhaps node-1,     ──▶   (the node's files)
 *                                where the node refused
 *                                to start on nothing
 *
 * A process that dies in the middle leaves it aside, and whoever starts the cluster next puts it back first.
 */
import {existsSync} from 'node:fs';
import {rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {nodeFileName} from '../../src/storage/node-file.js';
import {syncDirectory} from '../recovery/sync-directory.js';

const prefix = 'set-aside-';

/** Not beginning with the name of a node's directory, which a start would take it for. */
const asideOf = (directory: string): string =>
	path.join(path.dirname(directory), `${prefix}${path.basename(directory)}`);

/** Whether this is the name of a node's directory that was set aside. */
export const isAsideName = (name: string): boolean => name.startsWith(`${prefix}node-`);

/** Where the files of the node are now. */
export function presentDirectory(directory: string): string {
	const aside = asideOf(directory);
	return existsSync(aside) ? aside : directory;
}

/** Whether the node has ever been started on this directory; a start that is refused leaves none of its own file. */
export const hasBeenStarted = (directory: string): boolean => existsSync(path.join(directory, nodeFileName));

/** The node finds nothing where its directory was. Rejects with the file system's error. */
export async function setAside(directory: string): Promise<void> {
	await rename(directory, asideOf(directory));
	await syncDirectory(path.dirname(directory));
}

/**
 * The directory is what it was; what a refused start has left there meanwhile is gone. Nobody uses either of them. Answers whether
 * there was one to put back. Rejects with a `DataDirectoryError` when both hold a node that has been started, which no fault
 * brings about: which of them has what was acknowledged only a person can tell.
 */
export async function putBack(directory: string): Promise<boolean> {
	const aside = asideOf(directory);
	if (!existsSync(aside)) return false;
	if (hasBeenStarted(directory)) {
		throw new DataDirectoryError(
			'ERR_DIRECTORY_UNUSABLE',
			path.dirname(directory),
			`${directory} has the files of a node that has been started, and so may ${aside}, which a fault had set aside: move ` +
				'the one away that somebody has copied there, and start again',
		);
	}
	// An end in between leaves less of what is not wanted, and the directory still aside.
	await rm(directory, {recursive: true, force: true});
	await rename(aside, directory);
	await syncDirectory(path.dirname(directory));
	return true;
}
