/**
 * A new cluster from a backup: all nodes begin with the same snapshot, under a new cluster id.
 *
 * Keys, values and versions are those of the backup, and the log goes on behind its index, so a version is never given
 * twice. Sessions are not restored: their clients are clients of another cluster, and what they repeat is refused.
 *
 * What a crash leaves, in the order of the durable steps:
 *
 *     nothing, or an empty folder                   no cluster; a restore begins anew
 *     the mark, and nodes' folders so far           no start is possible; a restore removes them and begins anew
 *     the mark, all nodes, the cluster's own file   the same
 *     all of it without the mark                    the cluster, whole
 */
import {randomBytes} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, open, readdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {performance} from 'node:perf_hooks';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {SnapshotEncoder, snapshotWords, type Restored} from '../../src/service/snapshot.js';
import {nodeId, type SnapshotMeta, term as termOf} from '../../src/raft/types.js';
import {clusterFileName, encodeClusterFile, restoreMarkName} from '../../src/storage/cluster-file.js';
import {claimDirectory, lockName, releaseDirectory} from '../../src/storage/directory-lock.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import type {Done} from '../../src/storage/storage.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {codec} from '../codec/codec.js';
import {chunksOf} from './backup-directory.js';
import {type BackupReport, loadBackup} from './backup-file.js';
import {type MachineOption, namedMachine} from './machine.js';
import {syncDirectory} from './sync-directory.js';

/** What a restored cluster is to be. */
export interface RestoreOptions extends MachineOption {
	/** New, or empty. */
	readonly directory: string;
	/** 1 to 9. @default 3 */
	readonly nodes?: number;
}

/** What a restore made. */
export interface RestoreReport {
	readonly backup: BackupReport;
	readonly directory: string;
	readonly nodes: number;
	/** The new one: 32 hexadecimal digits. */
	readonly clusterId: string;
	/** Keys, or the items of another machine. */
	readonly keys: number;
}

/** Bytes of a snapshot that are written in one go. */
const chunkBytes = 256 * 1024;

/** Rejects with a `BackupFileError`, a `DataDirectoryError`, a `MachineModuleError` or a `StorageFailedError`. */
export async function restoreBackup(
	file: string,
	{directory, nodes = 3, ...named}: RestoreOptions,
): Promise<RestoreReport> {
	const machine = await namedMachine(named);
	const {report: backup, state} = await loadBackup(file, machine);
	const clusterId = randomBytes(16).toString('hex');
	const owner = `restore-${process.pid}-${performance.now()}`;
	await prepare(directory, owner);
	try {
		const voters = Array.from({length: nodes}, (_, id) => nodeId(id));
		const meta: SnapshotMeta = {
			lastIncludedIndex: backup.index,
			lastIncludedTerm: termOf(backup.term),
			configuration: {voters, learners: []},
		};
		for (const node of voters) {
			const disk = new NodeDisk({
				directory: path.join(directory, `node-${node}`),
				sync: true,
				now: () => performance.now(),
				owner,
			});
			const log = new WriteAheadLog({disk, identity: {clusterId, node}});
			await writeNode(log, meta, snapshotOf(machine, state));
		}
		await writeClusterFile(directory, {clusterId, size: nodes, machine: machine.name});
		await rm(path.join(directory, restoreMarkName));
		await syncDirectory(directory);
		return {backup, directory, nodes, clusterId, keys: state.machine.itemCount};
	} finally {
		releaseDirectory(directory, owner);
	}
}

/** Makes and claims the folder, marks it as unfinished, and removes what an interrupted restore has left in it. */
async function prepare(directory: string, owner: string): Promise<void> {
	if (existsSync(directory)) assertFree(directory, await readdir(directory));
	await makeDirectory(path.resolve(directory));
	claimDirectory(directory, owner);
	try {
		const names = await readdir(directory);
		assertFree(directory, names);
		const mark = path.join(directory, restoreMarkName);
		await writeFile(mark, 'A restore into this folder has begun and has not ended.\n', {flush: true});
		await syncDirectory(directory);
		for (const name of names.filter(isOfRestore)) await rm(path.join(directory, name), {recursive: true, force: true});
		await syncDirectory(directory);
	} catch (error) {
		releaseDirectory(directory, owner);
		throw error;
	}
}

const isOfRestore = (name: string): boolean =>
	/^node-\d$/.test(name) || name === clusterFileName || name === `${clusterFileName}.tmp`;

function assertFree(directory: string, names: readonly string[]): void {
	const isInterrupted = names.includes(restoreMarkName);
	const others = names.filter(
		name => !name.startsWith(lockName) && !(isInterrupted && (name === restoreMarkName || isOfRestore(name))),
	);
	if (others.length === 0) return;
	const message = `${directory} is not empty (it holds ${others[0]}), and a restore overwrites nothing: give a folder that does not exist yet`;
	throw new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', directory, message);
}

async function makeDirectory(directory: string): Promise<void> {
	if (existsSync(directory)) return;
	const parent = path.dirname(directory);
	await makeDirectory(parent);
	await mkdir(directory);
	await syncDirectory(parent);
}

async function writeNode(log: WriteAheadLog, meta: SnapshotMeta, writer: SnapshotEncoder): Promise<void> {
	log.load();
	try {
		const draft = log.createSnapshot(meta);
		for (const chunk of chunksOf(writer)) await completed(done => draft.write(chunk, done));
		await completed(done => draft.finish(done));
		const hardState = {currentTerm: meta.lastIncludedTerm, votedFor: undefined};
		await completed(done => log.write({hardState, snapshot: meta, truncateFrom: undefined, entries: []}, done));
	} finally {
		await completed(done => log.close(done));
	}
}

/** The state without its sessions. Log time begins anew: only sessions knew it. */
function snapshotOf(machine: Machine, restored: Restored<MachineTypes>): SnapshotEncoder {
	const {index, revision, wallTime} = restored;
	const state = {index, revision, logTime: 0, wallTime, machine: restored.machine.freeze(), sessions: []};
	return new SnapshotEncoder(snapshotWords(codec, machine), state, chunkBytes);
}

/** Each node has been started once, and that life has ended in good order. No log depends on limits yet: the first start sets them. */
async function writeClusterFile(
	directory: string,
	{clusterId, size, machine}: {readonly clusterId: string; readonly size: number; readonly machine: string},
): Promise<void> {
	const limits = machine === 'kv' ? undefined : {machine};
	const node = {starts: 1, isStarting: false, isClosed: true, isOlder: false};
	const nodes = Array.from({length: size}, () => node);
	const handle = await open(path.join(directory, clusterFileName), 'wx');
	try {
		await handle.writeFile(encodeClusterFile({clusterId, nodes, limits}));
		await handle.sync();
	} finally {
		await handle.close();
	}
	await syncDirectory(directory);
}

const completed = async (begin: (done: Done) => void): Promise<void> =>
	new Promise((resolve, reject) => begin(error => (error === undefined ? resolve() : reject(error))));
