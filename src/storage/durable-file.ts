/**
 * Small files that are replaced as a whole: the new content gets durable under another name and then takes the file's
 * name, so a crash leaves the old file or the new one.
 */
import type {Disk, DiskFile} from './disk.js';
import type {Done} from './storage.js';

export const replacementName = (name: string): string => `${name}.tmp`;

/** When this returns, the file is durable. Throws the disk's error. */
export function replaceFileNow(disk: Disk, name: string, bytes: Uint8Array): void {
	const file = openReplacement(disk, name);
	try {
		file.writeNow(0, bytes);
	} finally {
		file.close();
	}
	disk.rename(replacementName(name), name);
	disk.syncDirectoryNow();
}

/** `done`: the file is durable. */
export function replaceFile(disk: Disk, name: string, bytes: Uint8Array, done: Done): void {
	let file: DiskFile;
	try {
		file = openReplacement(disk, name);
	} catch (error) {
		return done(error as Error);
	}
	const end: Done = error => {
		file.close();
		if (error !== undefined) return done(error);
		try {
			disk.rename(replacementName(name), name);
		} catch (cause) {
			return done(cause as Error);
		}
		disk.syncDirectory(done);
	};
	file.write(0, bytes, error => {
		if (error === undefined) file.sync(end);
		else end(error);
	});
}

/** What a crash left of an earlier replacement goes first. */
function openReplacement(disk: Disk, name: string): DiskFile {
	const temporary = replacementName(name);
	if (disk.list().includes(temporary)) disk.remove(temporary);
	return disk.open(temporary, {create: true});
}
