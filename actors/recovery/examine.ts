/**
 * What a data directory holds, node by node, read as a start would read it and with every reason that a start would have to
 * refuse. Nothing in the directory is changed, and it must not be in use: files that change while they are read would look
 * damaged.
 */
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {codeOf} from '../../src/storage/error-code.js';
import {
	clusterFileName,
	decodeClusterFile,
	type ReplayLimits,
	restoreMarkName,
	unfinishedRestore,
} from '../../src/storage/cluster-file.js';
import {processUsing} from '../../src/storage/directory-lock.js';
import {DataDirectoryError, StorageCorruptError, StorageFailedError} from '../../src/storage/errors.js';
import {type Identity, noIdentity} from '../../src/storage/identity.js';
import {decodeNodeFile, nodeFileName, type NodeFile} from '../../src/storage/node-file.js';
import {ReadOnlyDisk} from '../../src/storage/read-only-disk.js';
import {readForStart, type FoundLog} from '../../src/storage/recovery.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import {presentDirectory} from '../cluster/set-aside.js';

/** A node's files as they were found. */
export interface ExaminedNode {
	readonly node: number;
	readonly directory: string;
	readonly identity: Identity;
	/** The node's own file, where it can be read. */
	readonly nodeFile: NodeFile | undefined;
	/** `undefined` where the files cannot be trusted. */
	readonly found: FoundLog | undefined;
	/** Why not. */
	readonly error: Error | undefined;
	readonly files: readonly {readonly name: string; readonly bytes: number}[];
}

export interface ExaminedDirectory {
	readonly directory: string;
	/** `undefined` where nothing tells it. */
	readonly clusterId: string | undefined;
	/** Voters; `undefined` where the cluster's own file cannot be read, and so nobody knows. */
	readonly size: number | undefined;
	/** `undefined` where the cluster's own file does not tell them. */
	readonly limits: Partial<ReplayLimits> | undefined;
	/** Why the cluster's own file cannot be read. */
	readonly error: Error | undefined;
	readonly nodes: readonly ExaminedNode[];
}

/** Throws a `DataDirectoryError` for what holds no cluster, or is in use. */
export function examineDirectory(directory: string): ExaminedDirectory {
	assertAtRest(directory);
	if (existsSync(path.join(directory, restoreMarkName))) throw unfinishedRestore(directory);
	const folders = foldersIn(directory);
	const cluster = readClusterFile(directory);
	if (cluster === undefined && folders.length === 0) {
		throw new DataDirectoryError(
			'ERR_DIRECTORY_UNUSABLE',
			directory,
			`${directory} holds no cluster: give its data directory`,
		);
	}
	const known = cluster instanceof Error ? undefined : cluster;
	const clusterId = known?.clusterId ?? commonClusterId(directory, folders);
	const size = known?.nodes.length;
	const numbers = known === undefined ? folders : known.nodes.map((_, node) => node);
	const nodes = numbers.map(node => {
		const identity = {clusterId: clusterId ?? noIdentity.clusterId, node};
		return examineNode(presentDirectory(path.join(directory, folderOf(node))), identity, known?.nodes[node]);
	});
	// A cluster that was started meanwhile has changed what was read.
	assertAtRest(directory);
	const missing = `${path.join(directory, clusterFileName)} is missing`;
	const error = cluster instanceof Error ? cluster : cluster === undefined ? new Error(missing) : undefined;
	return {directory, clusterId, size, limits: known?.limits, error, nodes};
}

const folderOf = (node: number): string => `node-${node}`;

function assertAtRest(directory: string): void {
	let pid: number | undefined;
	try {
		pid = processUsing(directory);
	} catch (cause) {
		throw unreadable(directory, cause as Error);
	}
	if (pid === undefined) return;
	const message = `${directory} is in use by process ${pid}: stop it first, or use "status", "health" and "backup" of its console`;
	throw new DataDirectoryError('ERR_DIRECTORY_IN_USE', directory, message);
}

function unreadable(directory: string, cause: Error): DataDirectoryError {
	const message =
		codeOf(cause) === 'ENOTDIR'
			? `${directory} is no directory: give a data directory; "threadraft verify FILE" checks a backup`
			: `${directory} cannot be read: ${cause.message}`;
	return new DataDirectoryError('ERR_DIRECTORY_UNUSABLE', directory, message, {cause});
}

function foldersIn(directory: string): readonly number[] {
	let names: readonly string[];
	try {
		names = readdirSync(directory);
	} catch (cause) {
		throw unreadable(directory, cause as Error);
	}
	const found = names.flatMap(name => /^(?:set-aside-)?node-(\d{1,4})$/.exec(name)?.[1] ?? []);
	// One that a fault has set aside may have an empty one in its place.
	return [...new Set(found.map(Number))].sort((one, other) => one - other);
}

/** `undefined`: there is none. */
function readClusterFile(directory: string): ReturnType<typeof decodeClusterFile> | Error | undefined {
	const file = path.join(directory, clusterFileName);
	try {
		return decodeClusterFile(readFileSync(file, 'utf8'), file, noIdentity.clusterId);
	} catch (error) {
		return codeOf(error) === 'ENOENT' ? undefined : (error as Error);
	}
}

/** What most of the nodes' own files say. */
function commonClusterId(directory: string, folders: readonly number[]): string | undefined {
	const counts = new Map<string, number>();
	for (const node of folders) {
		const id = readNodeFile(presentDirectory(path.join(directory, folderOf(node))))?.identity.clusterId;
		if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
	}
	return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}

function examineNode(directory: string, identity: Identity, expected: ExpectedStart | undefined): ExaminedNode {
	const base = {node: identity.node, directory, identity, nodeFile: readNodeFile(directory), files: filesIn(directory)};
	try {
		return {...base, found: readForStart(new ReadOnlyDisk(directory), identity, expected), error: undefined};
	} catch (error) {
		const isKnown =
			error instanceof StorageCorruptError ||
			error instanceof DataDirectoryError ||
			error instanceof StorageFailedError;
		if (!isKnown) throw error;
		return {...base, found: undefined, error};
	}
}

/** For people to see, whatever else is wrong. */
function readNodeFile(directory: string): NodeFile | undefined {
	try {
		return decodeNodeFile(readFileSync(path.join(directory, nodeFileName)));
	} catch {
		return undefined;
	}
}

function filesIn(directory: string): ExaminedNode['files'] {
	if (!existsSync(directory)) return [];
	return new ReadOnlyDisk(directory).list().map(name => ({name, bytes: statSync(path.join(directory, name)).size}));
}
