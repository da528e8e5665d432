/** Folders of a run, which go with it, also when it is broken off. */
import {rmSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import path from 'node:path';

const folders = new Set<string>();
process.once('exit', () => {
	for (const folder of folders) rmSync(folder, {recursive: true, force: true, maxRetries: 3});
});

export async function makeScratch(parent: string): Promise<string> {
	const folder = await mkdtemp(path.join(parent, 'threadraft-bench-'));
	folders.add(folder);
	return folder;
}

export async function removeScratch(folder: string): Promise<void> {
	folders.delete(folder);
	await rm(folder, {recursive: true, force: true, maxRetries: 3});
}
