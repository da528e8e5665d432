/**
 * The folder of a whole cluster: a folder for each node, and a note of how many there are. The note is what keeps
 * a cluster of five from being started as one of three, whose majorities could forget what the five had acknowledged.
 */
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rename, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {claimDirectory, releaseDirectory} from '../../src/storage/directory-lock.js';
import {DataDirectoryError} from '../../src/storage/errors.js';

const noteName = 'cluster.json';
const formatVersion = 1;

/** A new folder for a cluster that lives as long as its process. */
export const makeTemporaryDirectory = async (): Promise<string> => mkdtemp(path.join(tmpdir(), 'threadraft-'));

/**
 * Makes the folder if need be, claims it for `owner`, and checks that it belongs to a cluster of this size. The nodes
 * claim their own folders besides: without the claim of the whole, of two clusters each could get some of them, and
 * neither all. `true`: that cluster has run before.
 */
export async function prepareDataDirectory(directory: string, nodes: number, owner: string): Promise<boolean> {
	try {
		await makeDirectory(directory);
		claimDirectory(directory, owner);
	} catch (error) {
		throw unusable(directory, error);
	}
	try {
		const names = await readdir(directory);
		if (names.includes(noteName)) return await checkNote(directory, nodes);
		if (names.some(name => name.startsWith('node-'))) throw missingNote(directory);
		await writeNote(directory, {nodes, hasRun: false});
		return false;
	} catch (error) {
		releaseDirectory(directory, owner);
		throw unusable(directory, error);
	}
}

function unusable(directory: string, error: unknown): DataDirectoryError {
	if (error instanceof DataDirectoryError) return error;
	const message = `${directory} cannot be used as a data directory (${(error as Error).message}): choose another one, or make it writable`;
	return new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', directory, message, {cause: error});
}

/** To be called before the cluster takes its first request: from now on every node must have a log. */
export async function noteFirstRun(directory: string, nodes: number): Promise<void> {
	await writeNote(directory, {nodes, hasRun: true});
}

/** Not by `mkdir` with `recursive`: that never ends where a parent exists and takes no folders. */
async function makeDirectory(directory: string): Promise<void> {
	if (existsSync(directory)) return;
	const parent = path.dirname(directory);
	if (parent !== directory) await makeDirectory(parent);
	await mkdir(directory).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EEXIST') throw error;
	});
}

async function checkNote(directory: string, nodes: number): Promise<boolean> {
	const file = path.join(directory, noteName);
	let note: {readonly format?: unknown; readonly nodes?: unknown; readonly hasRun?: unknown} | undefined;
	try {
		note = JSON.parse(await readFile(file, 'utf8'));
	} catch (cause) {
		throw new DataDirectoryError(
			'ERR_STORAGE_FORMAT',
			directory,
			`${file} is damaged: restore it, or start with another directory`,
			{cause},
		);
	}
	if (note?.format !== formatVersion) {
		throw new DataDirectoryError(
			'ERR_STORAGE_FORMAT',
			directory,
			`${file} was written by another version of threadraft: use that version, or another directory`,
		);
	}
	if (note.nodes === nodes) return note.hasRun === true;
	throw new DataDirectoryError(
		'ERR_DIRECTORY_UNUSABLE',
		directory,
		`${directory} holds a cluster of ${String(note.nodes)} nodes, not ${nodes}: start it with that many, or choose another directory`,
	);
}

async function writeNote(directory: string, note: {readonly nodes: number; readonly hasRun: boolean}): Promise<void> {
	const file = path.join(directory, noteName);
	await writeFile(`${file}.tmp`, `${JSON.stringify({format: formatVersion, ...note})}\n`, {flush: true});
	await rename(`${file}.tmp`, file);
}

function missingNote(directory: string): DataDirectoryError {
	const file = path.join(directory, noteName);
	return new DataDirectoryError(
		'ERR_STORAGE_FORMAT',
		directory,
		`${file} is missing beside the nodes' folders: restore it, or start with another directory`,
	);
}
