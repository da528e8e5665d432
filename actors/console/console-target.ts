/** What the console needs of a cluster. Whoever carries it out is a cluster to it: the real one, or one of a test. */
import type {Role} from '../../src/raft/types.js';
import type {Fault} from '../../src/faults/faults.js';
import type {ChaosOptions, ChaosReport} from '../chaos/chaos.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {LogOptions, NodeLog, SnapshotReport} from '../cluster/node-log.js';
import type {NamedFault} from '../cluster/faults/named-fault.js';
import type {LoadStatistics} from '../load/load-statistics.js';
import type {LoadOptions} from '../load/load-task.js';
import type {SessionReport, StoppedLoad} from '../load/recorded-session.js';
import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import type {ClusterRecord} from '../observe/cluster-record.js';

export type NodeStatus = NodeState & {
	/** A fault of this node is set that its state does not tell: of its process, disk or clock, or it is isolated. @default false */
	readonly hasFault?: boolean;
};

type NodeState =
	| {
			readonly type: 'up';
			readonly node: number;
			readonly role: Role;
			readonly currentTerm: number;
			readonly commitIndex: number;
			readonly lastApplied: number;
			/** Bytes of the entries that the log holds; `undefined` where the engine does not tell. */
			readonly logBytes: number | undefined;
			/** Last index that the snapshot includes; 0 without a snapshot; `undefined` where the engine does not tell. */
			readonly snapshotIndex: number | undefined;
	  }
	/** Its threads stand still on purpose, for so much longer. */
	| {readonly type: 'paused'; readonly node: number; readonly leftMs: number}
	/** Its thread runs and does not answer: it is paused, or busy. */
	| {readonly type: 'silent'; readonly node: number}
	/** It reads its log. */
	| {readonly type: 'starting'; readonly node: number}
	/** It failed for the reason given, and is tried again. */
	| {readonly type: 'waiting'; readonly node: number; readonly reason: string}
	/** Its files are damaged; the reason names file and place. */
	| {readonly type: 'damaged'; readonly node: number; readonly reason: string}
	| {readonly type: 'down'; readonly node: number};

export interface Health {
	/** `degraded`: it serves, and something is wrong. `down`: nothing can be read or written now. */
	readonly state: 'serving' | 'degraded' | 'down';
	readonly leader: number | undefined;
	readonly nodes: number;
	readonly up: number;
	/** A line each; empty when all is well. */
	readonly reasons: readonly string[];
}

export type CompareAndSetResult =
	| {readonly type: 'written'}
	/** Nothing changed; `value` is what is there, `undefined` for an absent key. */
	| {readonly type: 'conditionFailed'; readonly value: Uint8Array | undefined};

/**
 * Keys and values are bytes; text is UTF-8. Nodes have numbers from 0 to `nodeCount - 1`.
 *
 * Every promise resolves when the thing is done, and is rejected with an error whose message is one line that says what
 * to do. A signal that is aborted means that nobody waits any more; the promise may then settle in any way, or never.
 */
export interface ConsoleTarget {
	readonly nodeCount: number;
	/** One entry for each node, in the order of their numbers. A node that does not answer is not waited for. */
	status(signal: AbortSignal): Promise<readonly NodeStatus[]>;
	/** Whether it can serve now, and why not where it cannot. A node that does not answer is not waited for. */
	health(signal: AbortSignal): Promise<Health>;
	put(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void>;
	append(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<void>;
	/** `undefined`: the key is absent. */
	get(key: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined>;
	/** Whether there was something to delete. */
	delete(key: Uint8Array, signal: AbortSignal): Promise<boolean>;
	compareAndSet(
		key: Uint8Array,
		/** `undefined`: the key is to be absent. */
		expected: Uint8Array | undefined,
		value: Uint8Array,
		signal: AbortSignal,
	): Promise<CompareAndSetResult>;
	/** Keys that begin so, in the order of their bytes, no more than `max`: those that are known without asking every node. */
	keys(prefix: Uint8Array, max: number, signal: AbortSignal): Promise<readonly Uint8Array[]>;
	/** The number of a node that leads, as soon as there is one. */
	waitForLeader(signal: AbortSignal): Promise<number>;
	/** Entries of a node's log, as it holds them now. */
	log(node: number, range: LogOptions, signal: AbortSignal): Promise<NodeLog<KvTypes>>;
	/** Resolves when the node has a snapshot of all that it had applied. */
	takeSnapshot(node: number, signal: AbortSignal): Promise<SnapshotReport>;
	/** Has this node lead, or the best of the others; resolves when it does. */
	transferLeadership(
		to: number | undefined,
		signal: AbortSignal,
	): Promise<{readonly from: number; readonly to: number}>;
	/** Ends the node's thread in the middle of whatever it does; it stays down. */
	kill(node: number, signal: AbortSignal): Promise<void>;
	/** Starts a node that is down, or ends and starts one that is up. */
	restart(node: number, signal: AbortSignal): Promise<void>;
	/**
	 * Sets a fault; one of the same kind and place is replaced. Resolves with the fault in words. Of a clog, `untilMs` counts from
	 * now.
	 */
	inject(fault: Fault, signal: AbortSignal, name?: string): Promise<string>;
	/** Draws faults from a seed, carries them out and heals them. Once its signal is aborted, all is healed at once. */
	chaos(options: ChaosOptions): Promise<ChaosReport>;
	/** Takes back the faults that are meant. Resolves with each of them in words. */
	heal(isMeant: (fault: NamedFault) => boolean, signal: AbortSignal): Promise<readonly string[]>;
	/** All faults that are set, a line each: what it is, and which words heal it. */
	faults(signal: AbortSignal): Promise<readonly string[]>;
	/** Writes the state of now into a file, and resolves with what to tell of it. */
	backup(file: string, signal: AbortSignal): Promise<string>;
	/** Begins a load, which goes on until it is stopped. */
	startLoad(options: LoadOptions, signal: AbortSignal): Promise<void>;
	/** Ends the load and judges all since the last mark; `file`: where its history goes. */
	stopLoad(file: string | undefined, signal: AbortSignal): Promise<StoppedLoad>;
	readonly isLoadRunning: boolean;
	/** How the load that runs is doing; `undefined` while none does. */
	readonly loadStatistics: LoadStatistics | undefined;
	/** Judges all that loads did and people typed since the start or the last mark. The load goes on. */
	check(signal: AbortSignal): Promise<SessionReport>;
	/** From here on `check` judges. */
	mark(name: string, signal: AbortSignal): Promise<void>;
	/** Is told each line that may change something, before it is carried out. */
	typed(line: string): void;
	/** What was recorded of the cluster's life within so many ms. Throws a `CommandRefusedError` where nothing is. */
	record(lastMs: number): ClusterRecord;
	/** Shows messages as they pass. Answers with what ends it; throws a `CommandRefusedError` where there is nothing to see. */
	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions): () => void;
	/** Stops the cluster, and a load that still goes on. Called once, last. */
	close(): Promise<void>;
}
