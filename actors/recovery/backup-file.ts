/** Backups as files: written under another name and made durable before they get their own, and hashed as a whole. */
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {type FileHandle, link, open, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {SnapshotFormatError} from '../../src/service/errors.js';
import {SnapshotDecoder, snapshotWords, type Restored} from '../../src/service/snapshot.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {
	type BackupHeader,
	backupFooterBytes,
	backupHashBytes,
	backupHeaderBytes,
	backupVersion,
	decodeBackupHeader,
	decodeBackupLength,
	encodeBackupHeader,
	encodeBackupLength,
	versionOfBackup,
} from '../../src/storage/backup-format.js';
import {codeOf} from '../../src/storage/error-code.js';
import {codec} from '../codec/codec.js';
import {BackupFileError} from './errors.js';
import {howToName} from './machine.js';
import {syncDirectory} from './sync-directory.js';
import {clearUnfinished, unfinishedName} from './unfinished-backups.js';

/** What a backup's file holds. */
export interface BackupReport {
	readonly file: string;
	/** Of the whole file. */
	readonly bytes: number;
	/** The state is that after this entry of the log. */
	readonly index: number;
	/** Of that entry. */
	readonly term: number;
	/** Of the cluster that it was made of: 32 hexadecimal digits. */
	readonly clusterId: string;
	/** Made from fewer than a majority of the nodes: writes that were acknowledged may be missing. */
	readonly isPartial: boolean;
	/** Of the file without this hash, which is its end; hexadecimal. */
	readonly sha256: string;
}

const readBytes = 256 * 1024;

/**
 * Writes a backup that holds these chunks of a snapshot. When it resolves, the file is durable; before, and after a crash,
 * there is no file of this name. Rejects with a `BackupFileError`.
 */
export async function writeBackup(
	file: string,
	header: BackupHeader,
	chunks: Iterable<Uint8Array>,
): Promise<BackupReport> {
	if (existsSync(file)) throw exists(file);
	await clearUnfinished(path.dirname(file));
	const temporary = unfinishedName(file);
	try {
		const report = await writeTemporary(temporary, header, chunks);
		await publish(temporary, file);
		await syncDirectory(path.dirname(file));
		return {...report, file};
	} catch (error) {
		await rm(temporary, {force: true}).catch(() => undefined);
		throw isOfFileSystem(error) ? cannot('written', file, error) : error;
	}
}

/** Gives the file its name, unless another has it: two backups under one name may have begun at the same time. */
async function publish(temporary: string, file: string): Promise<void> {
	try {
		await link(temporary, file);
	} catch (error) {
		if (codeOf(error) === 'EEXIST') throw exists(file);
		// On a file system without hard links. It would replace a file that came after the first look.
		return rename(temporary, file);
	}
	await rm(temporary);
}

async function writeTemporary(
	file: string,
	header: BackupHeader,
	chunks: Iterable<Uint8Array>,
): Promise<Omit<BackupReport, 'file'>> {
	const hash = createHash('sha256');
	const handle = await open(file, 'wx');
	try {
		let bytes = 0;
		const put = async (part: Uint8Array): Promise<void> => {
			hash.update(part);
			bytes += part.length;
			await handle.writeFile(part);
		};
		await put(encodeBackupHeader(header));
		for (const chunk of chunks) await put(chunk);
		await put(encodeBackupLength(bytes - backupHeaderBytes));
		const digest = hash.digest();
		await handle.writeFile(digest);
		await handle.sync();
		return {...factsOf(header), bytes: bytes + digest.length, sha256: digest.toString('hex')};
	} finally {
		await handle.close();
	}
}

const factsOf = ({
	identity,
	index,
	term,
	isPartial,
}: BackupHeader): Omit<BackupReport, 'file' | 'bytes' | 'sha256'> => ({
	index,
	term,
	clusterId: identity.clusterId,
	isPartial,
});

export interface LoadedBackup<T extends MachineTypes> {
	readonly report: BackupReport;
	readonly state: Restored<T>;
}

/**
 * Reads a backup of this machine: all of it is checked before anything is believed. Rejects with a `BackupFileError`.
 */
export async function loadBackup<T extends MachineTypes = KvTypes>(
	file: string,
	machine: Machine<T>,
): Promise<LoadedBackup<T>> {
	let handle: FileHandle;
	try {
		handle = await open(file, 'r');
	} catch (error) {
		throw cannot('read', file, error);
	}
	try {
		const report = await checkFrame(handle, file);
		return {report, state: await decodeState(handle, report, machine)};
	} catch (error) {
		throw isOfFileSystem(error) ? cannot('read', file, error) : error;
	} finally {
		await handle.close();
	}
}

async function checkFrame(handle: FileHandle, file: string): Promise<BackupReport> {
	const {size} = await handle.stat();
	const head = await readAt(handle, 0, Math.min(size, backupHeaderBytes));
	const version = versionOfBackup(head);
	if (version === undefined) {
		throw new BackupFileError(
			'ERR_BACKUP_FOREIGN',
			file,
			`${file} is no backup of threadraft, or its first bytes are damaged`,
		);
	}
	if (version > backupVersion) {
		const message = `${file} has version ${version}, and this program knows ${backupVersion}: use the release that made it, or a newer one`;
		throw new BackupFileError('ERR_BACKUP_VERSION', file, message);
	}
	const header = decodeBackupHeader(head);
	if (header === undefined) throw damaged(file, 'its header does not fit its checksum');
	const footerAt = size - backupFooterBytes;
	if (footerAt < backupHeaderBytes) throw damaged(file, 'it is cut short');
	const footer = await readAt(handle, footerAt, backupFooterBytes);
	const hash = createHash('sha256');
	for (let at = 0; at < size - backupHashBytes;) {
		const part = await readAt(handle, at, Math.min(readBytes, size - backupHashBytes - at));
		hash.update(part);
		at += part.length;
	}
	const digest = hash.digest();
	if (decodeBackupLength(footer) !== footerAt - backupHeaderBytes)
		throw damaged(file, 'it has not the length that its end tells');
	if (!digest.equals(footer.subarray(-backupHashBytes))) throw damaged(file, 'it does not fit its hash');
	return {...factsOf(header), file, bytes: size, sha256: digest.toString('hex')};
}

async function decodeState<T extends MachineTypes>(
	handle: FileHandle,
	{file, bytes, index}: BackupReport,
	machine: Machine<T>,
): Promise<Restored<T>> {
	const reader = new SnapshotDecoder(snapshotWords(codec, machine));
	const end = bytes - backupFooterBytes;
	try {
		for (let at = backupHeaderBytes; at < end;) {
			const part = await readAt(handle, at, Math.min(readBytes, end - at));
			at += part.length;
			reader.push(part);
			while (reader.step() > 0);
		}
		const state = reader.finish();
		if (state.index === index) return state;
	} catch (error) {
		if (!(error instanceof SnapshotFormatError)) throw error;
		if (error.machine !== undefined) throw ofAnother(file, error.machine, machine.name);
		throw damaged(file, `the state in it cannot be read (${error.message})`, error);
	}
	throw damaged(file, 'the state in it is of another index than its header says');
}

/** In an array of its own. Throws where the file ends before that. */
async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
	const bytes = new Uint8Array(length);
	let done = 0;
	while (done < length) {
		const {bytesRead} = await handle.read(bytes, done, length - done, offset + done);
		if (bytesRead === 0) throw Object.assign(new Error('it got shorter while it was read'), {syscall: 'read'});
		done += bytesRead;
	}
	return bytes;
}

const exists = (file: string): BackupFileError =>
	new BackupFileError(
		'ERR_BACKUP_EXISTS',
		file,
		`${file} exists already: a backup never replaces a file, so give another name`,
	);

const damaged = (file: string, what: string, cause?: unknown): BackupFileError =>
	new BackupFileError('ERR_BACKUP_DAMAGED', file, `${file} is damaged: ${what}. Use another backup`, {cause});

function ofAnother(file: string, found: string, wanted: string): BackupFileError {
	const what =
		found === 'kv'
			? 'it is of keys and values: leave the machine out'
			: `it is of the machine '${found}': ${howToName}`;
	const message = `${file} cannot be read as a backup of the machine '${wanted}': ${what}`;
	return new BackupFileError('ERR_BACKUP_MACHINE', file, message);
}

const isOfFileSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

const cannot = (what: 'read' | 'written', file: string, cause: unknown): BackupFileError =>
	new BackupFileError('ERR_BACKUP_UNUSABLE', file, `${file} cannot be ${what}: ${(cause as Error).message}`, {cause});
