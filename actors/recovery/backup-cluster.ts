/**
 * A backup of a cluster that runs: the leader takes a snapshot, in slices beside its work as always, and its file is copied
 * from here. So the nodes do not stand still for it, and the state is that at one index.
 *
 * Every write that was acknowledged before the call is in it: a read that the leader answers after that proves that it leads
 * and has applied all of them (ReadIndex, dissertation §6.4), so its commit index covers them, and the snapshot has to
 * reach that. A leader that ends in between takes its answers along, and another one is asked.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {OperationError} from '../../src/service/errors.js';
import {codeOf} from '../../src/storage/error-code.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import type {Identity} from '../../src/storage/identity.js';
import {sortNames} from '../../src/storage/names.js';
import {ReadOnlyDisk} from '../../src/storage/read-only-disk.js';
import {SnapshotFileReader, storedSnapshot} from '../../src/storage/snapshot-file.js';
import {unlessAborted, WaitAbortedError} from '../abort.js';
import {ThreadError} from '../cluster/errors.js';
import {type BackupReport, writeBackup} from './backup-file.js';
import {BackupError} from './errors.js';

/** One life of a node: when that has ended, every call rejects. */
export interface LivingNode {
	readonly identity: Identity;
	readonly directory: string;
	/** Resolves when this node, as a leader, has answered a read. */
	readAsLeader(): Promise<void>;
	/** `undefined`: it does not tell in time. */
	status(): Promise<{readonly commitIndex: number; readonly snapshotIndex: number} | undefined>;
	/** Has it take a snapshot that includes this index. Resolves when it has heard that. */
	takeSnapshot(index: number): Promise<void>;
}

/** How long a backup waits for a leader's snapshot. */
export interface BackupWait {
	readonly timeoutMs: number;
	/** Monotonic ms. */
	readonly now: () => number;
	readonly signal: AbortSignal | undefined;
}

const what = 'a backup';
const pollMs = 20;
const readBytes = 256 * 1024;

/** Rejects with a `BackupError` after `timeoutMs` without a snapshot, or with a `BackupFileError`. */
export async function backupCluster(
	leader: () => Promise<LivingNode | undefined>,
	file: string,
	{timeoutMs, now, signal}: BackupWait,
): Promise<BackupReport> {
	const deadline = now() + timeoutMs;
	const isInTime = (): boolean => now() < deadline && signal?.aborted !== true;
	let reason: unknown;
	while (now() < deadline) {
		try {
			const node = await unlessAborted(signal, what, leader);
			const reader = node === undefined ? undefined : await takeReader(node, isInTime, signal);
			if (node !== undefined && reader !== undefined) return await copy(node, reader, file, signal);
		} catch (error) {
			if (!mayPass(error)) throw error;
			reason = error;
		}
		await unlessAborted(signal, what, () => sleep(pollMs));
	}
	const why = reason instanceof Error ? ` (${reason.message})` : '';
	const message = `no backup was made: no leader gave a snapshot within ${timeoutMs} ms${why}. Look with "health" whether a majority is up`;
	throw new BackupError('ERR_BACKUP_TIMEOUT', message, {cause: reason});
}

/** A reader that comes when nobody waits for it any more is closed. */
async function takeReader(
	node: LivingNode,
	isInTime: () => boolean,
	signal: AbortSignal | undefined,
): Promise<SnapshotFileReader | undefined> {
	const taking = snapshotOf(node, isInTime);
	try {
		return await unlessAborted(signal, what, () => taking);
	} catch (error) {
		void taking.then(
			reader => reader?.close(),
			() => undefined,
		);
		throw error;
	}
}

async function snapshotOf(node: LivingNode, isInTime: () => boolean): Promise<SnapshotFileReader | undefined> {
	await node.readAsLeader();
	const wanted = (await node.status())?.commitIndex;
	if (wanted === undefined) return undefined;
	await node.takeSnapshot(wanted);
	while (isInTime()) {
		const status = await node.status();
		if (status !== undefined && status.snapshotIndex >= wanted) return openSnapshot(node, wanted);
		await sleep(pollMs);
	}
	return undefined;
}

/** The newest file that reaches the index. It stays readable from here on, also when a newer one takes its place. */
function openSnapshot({directory, identity}: LivingNode, index: number): SnapshotFileReader | undefined {
	const disk = new ReadOnlyDisk(directory);
	for (const serial of sortNames(disk.list()).snapshots.toReversed()) {
		const stored = storedSnapshot(disk, serial);
		if (stored !== undefined && stored.meta.lastIncludedIndex >= index) {
			return new SnapshotFileReader(disk, identity, stored);
		}
	}
	return undefined;
}

async function copy(
	{identity}: LivingNode,
	reader: SnapshotFileReader,
	file: string,
	signal: AbortSignal | undefined,
): Promise<BackupReport> {
	const {lastIncludedIndex: index, lastIncludedTerm: term} = reader.snapshot;
	try {
		return await writeBackup(file, {identity, index, term, isPartial: false}, chunksOf(reader, signal));
	} finally {
		reader.close();
	}
}

/** Throws between two of them when the signal is aborted: what was written until then is removed again. */
function* chunksOf(reader: SnapshotFileReader, signal: AbortSignal | undefined): Generator<Uint8Array> {
	for (let offset = 0; offset < reader.size; offset += readBytes) {
		if (signal?.aborted === true) throw new WaitAbortedError(what, signal.reason);
		yield reader.read(offset, readBytes);
	}
}

/** The leader has changed or has ended, or the file was replaced between the look and the opening. */
function mayPass(error: unknown): boolean {
	const isGone = error instanceof StorageCorruptError || codeOf(error) === 'ENOENT';
	return isGone || error instanceof OperationError || error instanceof ThreadError;
}
