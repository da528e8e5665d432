/** Damages the files of a node. */
import {open, readdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import type {Random} from '../../../src/base/random.js';
import {ClusterStateError} from '../errors.js';

type FileKind = 'log' | 'snapshot';

const isOfKind = (name: string, kind: FileKind | 'any'): boolean =>
	kind === 'any' ? /^(?:log|snapshot)-\d+$/.test(name) : new RegExp(`^${kind}-\\d+$`).test(name);

/** Turns one bit of what one of the node's files holds. The next start of the node reads it. */
export async function flipBit(directory: string, random: Random): Promise<void> {
	const file = random.pick(await filesOf(directory, 'any'));
	const bytes = await readFile(file);
	// What was only set aside for later says nothing when it is damaged.
	const used = Math.max(1, bytes.findLastIndex(byte => byte !== 0) + 1);
	const offset = random.integer(0, used - 1);
	const handle = await open(file, 'r+');
	try {
		await handle.write(Uint8Array.of((bytes[offset] ?? 0) ^ (1 << random.integer(0, 7))), 0, 1, offset);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Removes the newest file of this kind. */
export async function removeFile(directory: string, kind: FileKind): Promise<void> {
	const files = await filesOf(directory, kind);
	await rm(files.at(-1) as string);
}

/** In the order of their numbers; at least one. */
async function filesOf(directory: string, kind: FileKind | 'any'): Promise<readonly string[]> {
	const names = (await readdir(directory)).filter(name => isOfKind(name, kind)).sort();
	if (names.length > 0) return names.map(name => path.join(directory, name));
	throw new ClusterStateError(`${directory} has no ${kind === 'any' ? 'log' : kind} file that could be damaged`);
}
