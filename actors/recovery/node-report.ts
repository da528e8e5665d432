/** What a node's files hold, as data for people and programs. */
import {describeError} from '../cluster/errors.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import {lastIndexOf, lastTermOf} from './backup-directory.js';
import type {ExaminedDirectory, ExaminedNode} from './examine.js';
import {machineNameOf} from './machine.js';
import {readSnapshot} from './node-state.js';

export interface SnapshotReport {
	/** The state is that after this entry of the log. */
	readonly index: number;
	readonly term: number;
	readonly voters: readonly number[];
	/** Counted only when the snapshot was decoded. */
	readonly keys?: number;
	/** The same. They are what makes a client's repeated request harmless. */
	readonly sessions?: number;
}

export interface DamageReport {
	readonly code: string;
	readonly message: string;
	/** In the node's directory. */
	readonly file?: string;
	/** Bytes from the start of the file. */
	readonly offset?: number;
	/** Up to there the log was found to be good. */
	readonly lastGoodIndex?: number;
}

export interface NodeReport {
	readonly node: number;
	/** `empty`: it has never taken part. */
	readonly state: 'good' | 'empty' | 'damaged';
	/** From its own file; `undefined` where that is missing or damaged. */
	readonly clusterId: string | undefined;
	/** How often it has been started. */
	readonly starts: number | undefined;
	/** It was stopped in good order. */
	readonly isClosed: boolean | undefined;
	readonly currentTerm?: number;
	readonly votedFor?: number | undefined;
	/** Entries behind the snapshot; both 0 where there are none. */
	readonly firstIndex?: number;
	readonly lastIndex?: number;
	/** Of the last entry, or of the snapshot where no entry follows it. */
	readonly lastTerm?: number;
	/** Committed up to here for certain: no file tells how far the rest was. */
	readonly committedAtLeast?: number;
	readonly snapshot?: SnapshotReport | undefined;
	/** Left of a flush that a crash interrupted; the next start cuts them off. */
	readonly tornBytes?: number;
	readonly damage?: DamageReport | undefined;
	readonly files: readonly {readonly name: string; readonly bytes: number}[];
}

export interface DirectoryReport {
	readonly directory: string;
	readonly clusterId: string | undefined;
	/** Voters; `undefined` where the cluster's own file is damaged. */
	readonly size: number | undefined;
	/** The name of its state machine; `undefined` where nothing tells it. */
	readonly machine: string | undefined;
	readonly error: string | undefined;
	readonly nodes: readonly NodeReport[];
}

/**
 * `machine`: that of the directory. With it every byte of the snapshots is read, too, and decoded; damage in them then counts
 * as the node's.
 */
export function reportOf<T extends MachineTypes>(
	examined: ExaminedDirectory,
	machine: Machine<T> | undefined,
): DirectoryReport {
	const {directory, clusterId, size, error, nodes} = examined;
	const reports = nodes.map(node => reportOfNode(node, machine));
	return {directory, clusterId, size, machine: machineNameOf(examined), error: error?.message, nodes: reports};
}

export const isSound = ({error, nodes}: DirectoryReport): boolean =>
	error === undefined && nodes.every(({state}) => state !== 'damaged');

function reportOfNode<T extends MachineTypes>(node: ExaminedNode, machine: Machine<T> | undefined): NodeReport {
	const {found, nodeFile, files} = node;
	const base = {
		node: node.node,
		clusterId: nodeFile?.identity.clusterId,
		starts: nodeFile?.starts,
		isClosed: nodeFile?.isClosed,
		files,
	};
	if (found === undefined) return {...base, state: 'damaged', damage: damageOf(node.error)};
	const {tail, entries, snapshot, end} = found.log;
	if (end === undefined) return {...base, state: 'empty'};
	let content = {};
	try {
		const state = machine === undefined ? undefined : readSnapshot(node, machine);
		if (state !== undefined) content = {keys: state.machine.itemCount, sessions: state.sessions.size};
	} catch (error) {
		if (!(error instanceof StorageCorruptError)) throw error;
		return {...base, state: 'damaged', damage: damageOf(error)};
	}
	const meta = snapshot?.meta;
	return {
		...base,
		state: 'good',
		currentTerm: tail.hardState.currentTerm,
		votedFor: tail.hardState.votedFor,
		firstIndex: entries[0]?.index ?? 0,
		lastIndex: entries.length === 0 ? 0 : lastIndexOf(node),
		lastTerm: lastTermOf(node),
		committedAtLeast: meta?.lastIncludedIndex ?? 0,
		snapshot:
			meta === undefined
				? undefined
				: {
						index: meta.lastIncludedIndex,
						term: meta.lastIncludedTerm,
						voters: meta.configuration.voters,
						...content,
					},
		tornBytes: end.rest.findLastIndex(byte => byte !== 0) + 1,
	};
}

function damageOf(error: Error | undefined): DamageReport {
	if (error instanceof StorageCorruptError) {
		const {code, message, file, offset, lastGoodIndex} = error;
		return {code, message, file, offset, lastGoodIndex};
	}
	const {code} = (error ?? {}) as {readonly code?: unknown};
	return {code: String(code), message: error === undefined ? '' : describeError(error)};
}
