/**
 * The file of a whole cluster: its id, for each node how often it has been started, and the limits that its log was written
 * under. One line of JSON, because people look into it; the checksum keeps them and their disks from changing it unseen.
 *
 *     {"format":2,"clusterId":"…","nodes":[{"starts":4,"isStarting":false,"isClosed":true,"isOlder":false},…],
 *      "limits":{"valueBytesMax":1048576,"sessionTimeoutMs":600000},"crc":…}
 *
 * It is only ever replaced as a whole. What the numbers mean is in start-check.ts. The version before (`"format":1`)
 * knew the number of nodes, and whether the cluster had ever been ready.
 */
import {crc32} from 'node:zlib';
import {DataDirectoryError} from './errors.js';
import {formatVersion, olderFormatVersion} from './segment-format.js';
import type {ExpectedStart} from './start-check.js';

export const clusterFileName = 'cluster.json';
/** Stands beside it while a restore is under way: what there is so far is no cluster. */
export const restoreMarkName = 'restore-unfinished';

/**
 * What an entry of the log does depends on these. A log that is read again under others gives another state: what had been
 * acknowledged may be refused this time.
 */
export interface ReplayLimits {
	readonly valueBytesMax: number;
	readonly sessionTimeoutMs: number;
	/** The name of the state machine. @default 'kv', the key/value machine */
	readonly machine?: string;
}

export interface ClusterFile {
	/** 32 hexadecimal digits. */
	readonly clusterId: string;
	/** By node. */
	readonly nodes: readonly ExpectedStart[];
	/** `undefined` where no start has noted them yet; a restore notes the machine alone. */
	readonly limits: Partial<ReplayLimits> | undefined;
}

export function encodeClusterFile({clusterId, nodes, limits}: ClusterFile): string {
	const content = {format: formatVersion, clusterId, nodes, ...(limits === undefined ? {} : {limits})};
	return `${JSON.stringify({...content, crc: crc32(JSON.stringify(content))})}\n`;
}

/** `newClusterId`: for a file of the version before, whose cluster had no id. Throws a `DataDirectoryError`. */
export function decodeClusterFile(text: string, file: string, newClusterId: string): ClusterFile {
	const value = parse(text, file);
	if (value.format === olderFormatVersion && Number.isInteger(value.nodes)) {
		const node = {starts: 0, isStarting: false, isClosed: false, isOlder: value.hasRun === true};
		const nodes = Array.from({length: Number(value.nodes)}, () => node);
		return {clusterId: newClusterId, nodes, limits: undefined};
	}
	if (value.format !== formatVersion) {
		const message = `${file} was written by another version of threadraft: use that version, or another directory`;
		throw new DataDirectoryError('ERR_STORAGE_FORMAT', file, message);
	}
	const decoded = {
		clusterId: String(value.clusterId),
		nodes: (value.nodes ?? []) as readonly ExpectedStart[],
		limits: value.limits as Partial<ReplayLimits> | undefined,
	};
	// Not the checksum alone: whatever is not written again in the same way has been changed.
	if (encodeClusterFile(decoded) !== text) throw damaged(file);
	return decoded;
}

interface Written {
	readonly format?: unknown;
	readonly clusterId?: unknown;
	readonly nodes?: unknown;
	readonly limits?: unknown;
	readonly hasRun?: unknown;
}

function parse(text: string, file: string): Written {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === 'object' && value !== null) return value;
	} catch (cause) {
		throw damaged(file, cause);
	}
	throw damaged(file);
}

export const unfinishedRestore = (directory: string): DataDirectoryError =>
	new DataDirectoryError(
		'ERR_RESTORE_UNFINISHED',
		directory,
		`a restore into ${directory} was interrupted, so it holds no cluster: run "threadraft restore" with it again, or delete it`,
	);

export const damaged = (file: string, cause?: unknown): DataDirectoryError =>
	new DataDirectoryError(
		'ERR_STORAGE_FORMAT',
		file,
		`${file} is damaged or missing beside the nodes' folders. Nothing was changed. Do not write it anew and do not put ` +
			'an older copy in its place: it says what each node has to remember. Start with another directory, or with ' +
			'a copy of this whole one that was made while nothing ran; or make a backup of what the nodes hold ("threadraft backup") ' +
			'and a new cluster from that ("threadraft restore")',
		{cause},
	);
