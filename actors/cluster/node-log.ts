/** What one node holds of the log, and its snapshot, for people who look at it. */
import {setTimeout as sleep} from 'node:timers/promises';
import {decodeConfiguration} from '../../src/raft/codec.js';
import type {Configuration, LogIndex, Milliseconds, NodeId, Term} from '../../src/raft/types.js';
import {CommandCodec} from '../../src/service/command-codec.js';
import type {MachineTypes, Words} from '../../src/service/machine.js';
import type {Command} from '../../src/service/types.js';
import {codec} from '../codec/codec.js';
import type {LogPart, LogRange, ReplicaStatus} from '../replica/protocol.js';
import {ClusterStateError} from './errors.js';

/** One entry of a node's log. */
export type LoggedEntry<T extends MachineTypes> = {
	readonly index: LogIndex;
	readonly term: Term;
	/** Of its command. */
	readonly bytes: number;
} & (
	| {readonly type: 'noop'}
	/** `undefined`: its bytes are no configuration. */
	| {readonly type: 'configuration'; readonly configuration: Configuration | undefined}
	/** `undefined`: the commands of the answer together were too long for this one, or its bytes are no command. */
	| {readonly type: 'command'; readonly command: Command<T> | undefined}
);

/** A part of a node's log, and where it stands. */
export interface NodeLog<T extends MachineTypes> {
	/** The last index that the node's snapshot includes; entries up to there are gone. 0: it has none. */
	readonly snapshotIndex: LogIndex;
	/** Of the log, whatever part of it is here. */
	readonly lastIndex: LogIndex;
	readonly commitIndex: LogIndex;
	readonly lastApplied: LogIndex;
	/** In the order of their indexes. */
	readonly entries: readonly LoggedEntry<T>[];
}

/** Which part of a node's log is wanted. All of it can be left out. */
export interface LogOptions {
	/** The first index. @default that of the last `countMax` entries */
	readonly from?: LogIndex;
	/** The last index. @default the last one of the log */
	readonly to?: LogIndex;
	/** No more entries than these. From 1 to 1000. @default 20 */
	readonly countMax?: number;
	/** How long the node is waited for, ms. @default 5000 */
	readonly timeoutMs?: Milliseconds;
}

/** The snapshot of a node. */
export interface SnapshotReport {
	/** The last index that it includes. */
	readonly index: LogIndex;
	readonly bytes: number;
}

/** One life of a node. */
export interface LookedAtNode {
	status(timeoutMs: Milliseconds): Promise<ReplicaStatus | undefined>;
	logPart(range: LogRange, timeoutMs: Milliseconds): Promise<LogPart | undefined>;
	takeSnapshot(index: LogIndex, timeoutMs: Milliseconds): Promise<void>;
}

const snapshotPollMs = 10;

/** Rejects with what the thread did, and with a `ClusterStateError` for a node that has only begun to start. */
export async function readNodeLog<T extends MachineTypes>(
	id: NodeId,
	node: LookedAtNode,
	words: Words<T>,
	{timeoutMs = 5000, countMax = 20, from, to}: LogOptions,
): Promise<NodeLog<T>> {
	const part = await node.logPart({from, to, countMax}, timeoutMs);
	if (part === undefined) throw isStarting(id);
	const commands = new CommandCodec(codec, words);
	const {snapshotIndex, lastIndex, commitIndex, lastApplied} = part.status;
	const entries = part.entries.map(entry => loggedEntry(entry, commands));
	return {snapshotIndex, lastIndex, commitIndex, lastApplied, entries};
}

function loggedEntry<T extends MachineTypes>(
	{index, term, bytes, type, command}: LogPart['entries'][number],
	commands: CommandCodec<T>,
): LoggedEntry<T> {
	const base = {index, term, bytes};
	if (type === 'noop') return {...base, type};
	if (type === 'configuration') {
		return {...base, type, configuration: command === undefined ? undefined : decodeConfiguration(command)};
	}
	return {...base, type, command: command === undefined ? undefined : commands.decodeCommand(command)};
}

/** Resolves with the snapshot that includes all that the node had applied at the call. Rejects with a `ClusterStateError` when there is nothing to include, or none in time. */
export async function takeNodeSnapshot(
	id: NodeId,
	node: LookedAtNode,
	timeoutMs: Milliseconds,
	now: () => Milliseconds,
): Promise<SnapshotReport> {
	const deadline = now() + timeoutMs;
	const left = (): Milliseconds => Math.max(1, deadline - now());
	let status = await node.status(left());
	if (status === undefined) throw isStarting(id);
	const wanted = status.lastApplied;
	if (wanted === 0) throw new ClusterStateError(`node ${id} has applied nothing yet, so there is nothing to take`);
	if (status.snapshotIndex < wanted) await node.takeSnapshot(wanted, left());
	while (status.snapshotIndex < wanted) {
		if (now() >= deadline) {
			throw new ClusterStateError(
				`node ${id} has not finished a snapshot up to index ${wanted} within ${timeoutMs} ms: it takes none while it sends or receives one, or while its disk stalls`,
			);
		}
		await sleep(snapshotPollMs);
		status = await node.status(left());
		if (status === undefined) throw isStarting(id);
	}
	return {index: status.snapshotIndex, bytes: status.snapshotBytes};
}

const isStarting = (id: NodeId): ClusterStateError =>
	new ClusterStateError(`node ${id} is only starting: ask it again when it is up`);
