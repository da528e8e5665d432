/**
 * The folder of a cluster without one: gone with the cluster, whichever way that ends. A process that ends by itself takes
 * it along; what a killed one leaves, the next cluster finds and clears.
 */
import {lstatSync, rmSync, statSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {claimDirectory, lockName, releaseDirectory} from '../../src/storage/directory-lock.js';

const prefix = 'threadraft-memory-';
/** Between the making of a folder and its claim passes less than this, ms; a younger one without a claim is left alone. */
const unclaimedMs = 60_000;

/** Of this thread. */
const inUse = new Set<string>();

export class TemporaryDirectory {
	readonly path: string;
	readonly #owner: string;

	private constructor(directory: string, owner: string) {
		this.path = directory;
		this.#owner = owner;
	}

	/** `owner`: a name that no other cluster has. */
	static async make(owner: string): Promise<TemporaryDirectory> {
		await clearLeftovers(owner);
		const directory = await mkdtemp(path.join(tmpdir(), prefix));
		claimDirectory(directory, owner);
		if (inUse.size === 0) process.on('exit', removeAll);
		inUse.add(directory);
		return new TemporaryDirectory(directory, owner);
	}

	async remove(): Promise<void> {
		try {
			// A thread that was ended in the middle of its work may still have a file of its directory made.
			await rm(this.path, {recursive: true, force: true, maxRetries: 10});
		} finally {
			inUse.delete(this.path);
			if (inUse.size === 0) process.removeListener('exit', removeAll);
			releaseDirectory(this.path, this.#owner);
		}
	}
}

/** When the process exits there is no time for promises. */
function removeAll(): void {
	for (const directory of inUse) rmSync(directory, {recursive: true, force: true});
}

/** Removes the folders whose claim is of somebody who lives no more. Another user's stay, and so does what cannot be removed. */
async function clearLeftovers(owner: string): Promise<void> {
	const names = await readdir(tmpdir()).catch((): string[] => []);
	for (const name of names) {
		if (!name.startsWith(prefix)) continue;
		const directory = path.join(tmpdir(), name);
		try {
			if (!isClaimed(directory) && Date.now() - statSync(directory).mtimeMs < unclaimedMs) continue;
			claimDirectory(directory, owner);
		} catch {
			continue;
		}
		await rm(directory, {recursive: true, force: true}).catch(() => undefined);
		releaseDirectory(directory, owner);
	}
}

function isClaimed(directory: string): boolean {
	return lstatSync(path.join(directory, lockName), {throwIfNoEntry: false}) !== undefined;
}
