/** A cluster's directory with known content, and what may be found when a cluster starts on it again. */
import {cpSync, readdirSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {Cluster} from '../../../actors/cluster/cluster.js';
import {ClusterStateError} from '../../../actors/cluster/errors.js';
import type {ClusterOptions} from '../../../actors/cluster/options.js';
import {OperationError} from '../../../src/service/errors.js';
import {ThreadraftError} from '../../../src/base/errors.js';
import {type NodeId, nodeId} from '../../../src/raft/types.js';
import type {Trial} from '../trial.js';

export const keys = ['a', 'b', 'c', 'd'] as const;
/** So small that there are snapshots. */
export const maxRaftState = 2048;
/** Without a leader by then nobody is served; with one, reads are answered, however busy the machine is. */
const leaderTimeoutMs = 3000;
const readTimeoutMs = 15_000;

/** What was acknowledged last of each key. */
export type Content = ReadonlyMap<string, string>;

/** Appends to every key, so that whatever is lost of a log shows; the cluster stays open. */
export async function write(cluster: Cluster, content: Map<string, string>, rounds: number): Promise<void> {
	const clerk = cluster.clerk({timeoutMs: 30_000});
	for (let round = 0; round < rounds; round++) {
		for (const key of keys) {
			const value = `${content.get(key) ?? ''}${round},`;
			await clerk.put(key, value);
			content.set(key, value);
		}
	}
	clerk.close();
}

/** What became of a start on a directory that somebody has laid hands on. */
export type Finding =
	| {readonly type: 'refused'; readonly code: string; readonly message: string}
	/** It runs, but answers nothing. */
	| {readonly type: 'silent'}
	| {readonly type: 'served'}
	/** Something that was acknowledged is not there. */
	| {readonly type: 'lost'; readonly detail: string}
	/** Anything but a typed error. */
	| {readonly type: 'broken'; readonly detail: string};

export interface Visit {
	readonly options: ClusterOptions;
	readonly content: Content;
	/** Nodes that are down before the first read. */
	readonly down?: readonly NodeId[];
}

/** Starts a cluster on the directory and reads all that was ever acknowledged. */
export async function visit({options, content, down = []}: Visit): Promise<Finding> {
	let cluster: Cluster;
	try {
		cluster = await Cluster.start(options);
	} catch (error) {
		if (error instanceof ThreadraftError) return {type: 'refused', code: error.code, message: error.message};
		return {type: 'broken', detail: error instanceof Error ? (error.stack ?? error.message) : String(error)};
	}
	try {
		for (const id of down) await cluster.kill(id);
		return await read(cluster, content);
	} finally {
		await cluster.close();
	}
}

export async function read(cluster: Cluster, content: Content): Promise<Finding> {
	const clerk = cluster.clerk({timeoutMs: readTimeoutMs});
	try {
		await cluster.waitForLeader(leaderTimeoutMs);
		for (const [key, value] of content) {
			const found = await clerk.getText(key);
			if (found !== value) return {type: 'lost', detail: `${key} is ${String(found)} instead of ${value}`};
		}
		return {type: 'served'};
	} catch (error) {
		if (error instanceof OperationError || error instanceof ClusterStateError) return {type: 'silent'};
		throw error;
	} finally {
		clerk.close();
	}
}

/** A directory in which a cluster has written, and was closed in good order. */
export async function makeDirectory(
	trial: Trial,
	name: string,
	{nodes, rounds}: {readonly nodes: number; readonly rounds: number},
): Promise<{readonly directory: string; readonly content: Content}> {
	const directory = await trial.makeFolder(name);
	const content = new Map<string, string>();
	const cluster = await Cluster.start({nodes, directory, maxRaftState, seed: trial.random.uint32()});
	try {
		await write(cluster, content, rounds);
		// Some of it behind the last snapshot, and some nodes restarted, so that there are several segments.
		await cluster.restart(nodeId(trial.random.integer(0, nodes - 1)));
		await write(cluster, content, 2);
	} finally {
		await cluster.close();
	}
	return {directory, content};
}

/** A copy that can be laid hands on; gone with `remove`. */
export function copyOf(
	directory: string,
	number: number,
): {readonly copy: string; readonly remove: () => Promise<void>} {
	const copy = path.join(path.dirname(directory), `copy-${number}`);
	cpSync(directory, copy, {recursive: true});
	return {copy, remove: () => rm(copy, {recursive: true, force: true})};
}

/** The files of a node, with their folder, as `node-0/log-0000000001`. */
export function filesOf(directory: string): readonly string[] {
	return readdirSync(directory, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(entry => path.relative(directory, path.join(entry.parentPath, entry.name)))
		.sort();
}
