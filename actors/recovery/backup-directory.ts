/**
 * A backup of a cluster that does not run, from its files.
 *
 * No file says how far the log was committed. But of a majority of logs the most up-to-date one (§5.4.1: the later last
 * term, then the longer) holds every entry that was ever acknowledged: a node with that log is one that could be elected,
 * and as leader it would commit all that it has. The backup is the state that such a leader would have. Beyond what was
 * acknowledged it may include the last writes, whose clients have heard nothing or "unknown".
 */
import type {ReplayLimits} from '../../src/storage/cluster-file.js';
import {type BackupReport, writeBackup} from './backup-file.js';
import {BackupError} from './errors.js';
import {type ExaminedDirectory, type ExaminedNode, examineDirectory} from './examine.js';
import {howToName, machineNameOf, type MachineOption, namedMachine} from './machine.js';
import {lastState} from './node-state.js';

/** How a directory of a stopped cluster is backed up. All of it can be left out. */
export interface DirectoryBackupOptions extends MachineOption {
	/**
	 * Go on with fewer than a majority of the nodes: the backup then lacks what only the others acknowledged. @default false
	 */
	readonly acceptDataLoss?: boolean;
	/**
	 * What the cluster was started with: replaying the log depends on it. Only used where the directory does not tell it itself,
	 * as one does whose own file is damaged. @default those of a cluster that is told nothing
	 */
	readonly limits?: Partial<ReplayLimits>;
}

export interface DirectoryBackup extends BackupReport {
	/** The node that the state was read from. */
	readonly node: number;
	readonly readable: readonly number[];
	readonly unreadable: readonly number[];
}

/** Bytes of the backup that are made in one go. */
const chunkBytes = 256 * 1024;

/** Rejects with a `BackupError`, a `BackupFileError`, a `DataDirectoryError`, a `MachineModuleError` or a `StorageCorruptError`. */
export async function backupDirectory(
	directory: string,
	file: string,
	{acceptDataLoss = false, limits = {}, ...named}: DirectoryBackupOptions = {},
): Promise<DirectoryBackup> {
	const examined = examineDirectory(directory);
	const agreed = examined.limits ?? limits;
	const machine = await namedMachine(named, agreed);
	const name = machineNameOf(examined);
	if (name !== undefined && name !== machine.name) {
		const remedy = name === 'kv' ? 'leave the machine out' : howToName;
		const message = `${directory} is of the machine '${name}', and '${machine.name}' cannot read its log: ${remedy}`;
		throw new BackupError('ERR_BACKUP_MACHINE', message);
	}
	const source = newestOf(examined);
	const isPartial = !hasMajority(examined);
	if (isPartial && !acceptDataLoss) throw partial(examined, source);
	const state = lastState(source, agreed, machine);
	const header = {identity: source.identity, index: state.appliedIndex, term: lastTermOf(source), isPartial};
	const report = await writeBackup(file, header, chunksOf(state.beginSnapshot(chunkBytes)));
	const numbers = (nodes: readonly ExaminedNode[]): readonly number[] => nodes.map(({node}) => node);
	return {
		...report,
		node: source.node,
		readable: numbers(examined.nodes.filter(isReadable)),
		unreadable: numbers(examined.nodes.filter(node => !isReadable(node))),
	};
}

export function* chunksOf(writer: {
	nextChunk(): {readonly data: Uint8Array; readonly done: boolean};
}): Generator<Uint8Array> {
	for (;;) {
		const {data, done} = writer.nextChunk();
		yield data;
		if (done) return;
	}
}

export const isReadable = ({found}: ExaminedNode): boolean => found !== undefined;

export const hasMajority = ({size, nodes}: ExaminedDirectory): boolean =>
	size !== undefined && nodes.filter(isReadable).length > size / 2;

export const lastIndexOf = ({found}: ExaminedNode): number => (found?.log.tail.nextIndex ?? 1) - 1;

export const lastTermOf = ({found}: ExaminedNode): number =>
	found?.log.entries.at(-1)?.term ?? found?.log.snapshot?.meta.lastIncludedTerm ?? 0;

function newestOf({directory, nodes}: ExaminedDirectory): ExaminedNode {
	const byAge = nodes
		.filter(node => isReadable(node) && lastIndexOf(node) > 0)
		.sort((one, other) => lastTermOf(other) - lastTermOf(one) || lastIndexOf(other) - lastIndexOf(one));
	const [newest] = byAge;
	if (newest !== undefined) return newest;
	const [failed] = nodes.flatMap(({error}) => error ?? []);
	const reason =
		failed === undefined ? 'no node holds an entry' : `no node that holds an entry can be read (${failed.message})`;
	throw new BackupError('ERR_BACKUP_NOTHING', `there is nothing to back up in ${directory}: ${reason}`, {
		cause: failed,
	});
}

function partial(examined: ExaminedDirectory, source: ExaminedNode): BackupError {
	const {directory, size, nodes} = examined;
	const readable = nodes.filter(isReadable).length;
	const found =
		size === undefined
			? `the cluster's own file cannot be read, so nobody knows how many nodes there were; ${readable} can be read`
			: `only ${readable} of ${size} nodes can be read, and ${Math.floor(size / 2) + 1} are needed to be sure that nothing is missing`;
	return new BackupError(
		'ERR_BACKUP_PARTIAL',
		`no backup was made of ${directory}: ${found}. Writes that were acknowledged by the other nodes may be missing; the ` +
			`newest log that can be read is that of node ${source.node}, up to index ${lastIndexOf(source)}. Look for the other nodes' ` +
			'files first ("threadraft inspect" tells what is wrong with each); "--accept-data-loss" makes a backup of what there is',
	);
}
