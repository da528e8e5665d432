/** What the actors of a replica say to each other, and what the supervisor asks of its threads. Nothing here runs. */
import type {MessagePort} from 'node:worker_threads';
import type {
	EntryType,
	LogIndex,
	NodeId,
	RaftMessage,
	ServiceInput,
	ServiceOutput,
	Term,
} from '../../src/raft/types.js';
import type {RaftEvent} from '../../src/raft/events.js';
import type {ServiceEvent} from '../../src/service/events.js';
import type {RaftLimits} from '../../src/raft/options.js';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import type {RaftStatus} from '../../src/raft/raft-node.js';
import type {Identity} from '../../src/storage/identity.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import type {ThreadConditions} from './thread-conditions.js';
import type {MachineReference} from './machine-reference.js';
import type {ThreadAnswer} from '../metrics/cluster-metrics.js';
import type {NoticeEnvelope, RequestEnvelope} from '../network/envelope.js';
import type {EncodedError} from '../codec/error-codec.js';

/** To the raft node actor. */
export type RaftActorMessage =
	| {readonly type: 'message'; readonly from: NodeId; readonly message: RaftMessage}
	| NoticeEnvelope
	| {readonly type: 'service'; readonly output: ServiceOutput}
	/** From its timer: a deadline of the node may have come. */
	| {readonly type: 'timer'};

/** To the KV server actor. */
export type KvActorMessage =
	| {readonly type: 'request'; readonly envelope: RequestEnvelope}
	| {readonly type: 'service'; readonly input: ServiceInput}
	/** From itself: work is left of the last slice. */
	| {readonly type: 'continue'}
	/** A deadline of the state is over. */
	| {readonly type: 'timer'};

/** Where a replica keeps its log. */
export interface StorageOptions {
	readonly directory: string;
	/** `false`: nothing is ever forced to the disk; the data outlives a thread, not the machine. */
	readonly sync: boolean;
	/** Names the running cluster, so that a restarted thread may claim the directory that its dead self had claimed. */
	readonly owner: string;
	readonly identity: Identity;
	/** What the cluster knows of the node's starts; `undefined`: nothing, and any number is believed. */
	readonly expectedStart: ExpectedStart | undefined;
	/** The settings of a `FaultyDisk`; `undefined`: the disk is what it is. */
	readonly faults: SharedArrayBuffer | undefined;
}

export interface ReplicaOptions {
	readonly id: NodeId;
	readonly voters: readonly NodeId[];
	readonly limits: RaftLimits;
	/** Bytes of log that make a node take a snapshot; `undefined`: never. */
	readonly maxRaftState: number | undefined;
	readonly machine: MachineReference;
	/** Bytes of the machine's state beyond which the leader refuses writes that add to them. */
	readonly maxMemoryBytes: number;
	readonly sessionTimeoutMs: number;
	readonly storage: StorageOptions;
	/** Of the election timeouts. */
	readonly seed: number;
	/** One number that grows when a pause is to end early: see `ThreadControl.pause`. */
	readonly alarm: SharedArrayBuffer;
}

/** Given to a replica's thread at its start. */
export interface ReplicaThreadData {
	readonly options: ReplicaOptions;
	/** To the router. */
	readonly router: MessagePort;
	/** To the supervisor. */
	readonly control: MessagePort;
	/** To the KV server's thread, where it has one of its own. */
	readonly service: MessagePort | undefined;
}

/** Given to a KV server's own thread. */
export interface KvThreadData {
	readonly options: ReplicaOptions;
	readonly router: MessagePort;
	readonly control: MessagePort;
	/** To the raft node's thread. */
	readonly service: MessagePort;
}

export interface ReplicaStatus extends RaftStatus {
	/** The highest index that the service's state includes (figure 2). */
	readonly lastApplied: number;
	/** Bytes of the current snapshot; 0 where there is none. */
	readonly snapshotBytes: number;
	/** The terms of the newest entries after the snapshot, as runs in the order of the log: first index, term. At most 8. */
	readonly newestTerms: readonly (readonly [firstIndex: LogIndex, term: Term])[];
	/** Of a leader: the nodes that have answered it nothing for an election timeout. */
	readonly silentPeers: readonly NodeId[];
}

/** Which entries of a log are wanted. */
export interface LogRange {
	/** The first index; `undefined`: that of the last `countMax`. */
	readonly from: LogIndex | undefined;
	/** The last index; `undefined`: that of the log. */
	readonly to: LogIndex | undefined;
	readonly countMax: number;
}

/** Entries of a node's log, and what it was at when it read them. */
export interface LogPart {
	readonly status: ReplicaStatus;
	readonly entries: readonly {
		readonly index: LogIndex;
		readonly term: Term;
		readonly type: EntryType;
		/** Of the command. */
		readonly bytes: number;
		/** `undefined`: it was too long for the answer. */
		readonly command: Uint8Array | undefined;
	}[];
}

/** The last message of a thread to the one that started it, over the worker's own channel: what the thread dies of. */
export interface LastWords {
	readonly type: 'lastWords';
	readonly error: EncodedError;
}

/** One effect of a machine. */
export interface NumberedEffect {
	readonly index: number;
	/** Of the write. */
	readonly revision: number;
	/** Among the effects of its write, from 0. */
	readonly number: number;
	readonly effect: unknown;
}

/** Of a server's thread, over the worker's own channel: all effects of writes with revisions in `(after, through]`. */
export interface EffectBatch {
	readonly type: 'effects';
	readonly after: number;
	readonly through: number;
	readonly effects: readonly NumberedEffect[];
	/** One of them is no plain data, and none of them is here. */
	readonly error: EncodedError | undefined;
}

/** Of a node's thread, over the worker's own channel: see `RaftEvent` and `ServiceEvent`. */
export interface NodeNews {
	readonly type: 'nodeEvent';
	readonly event: RaftEvent | ServiceEvent;
}

/** comlink keeps neither an error's class nor its code, so a failure travels as data. */
export type Settled<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly error: EncodedError};

/** The control plane of one thread, over comlink. */
export interface ThreadControl {
	/** Loads what is on the disk, and does not take part yet. Answers what recovery had to cut off. */
	load(): Promise<Settled<CutTail | undefined>>;
	/** Takes part. */
	start(): Promise<Settled<void>>;
	status(): Promise<Settled<ReplicaStatus | undefined>>;
	/** Entries that the node's log holds; `undefined` before it takes part. */
	logPart(range: LogRange): Promise<Settled<LogPart | undefined>>;
	/** What this thread has counted. Has it measure what costs something for two minutes from then on. */
	metrics(): Promise<Settled<ThreadAnswer>>;
	/** Has the node take a snapshot that includes this index. Answers at once. */
	takeSnapshot(index: number): Promise<Settled<void>>;
	/** Has the node hand its place over, if it leads. Answers with what became of that: at once, or within two election timeouts. */
	transferLeadership(to: NodeId | undefined): Promise<Settled<TransferOutcome>>;
	/**
	 * Has the machine's effects told, of writes beyond this revision; `undefined`: none. Answers beyond which revision all of
	 * them will be told: those of what was applied before are not.
	 */
	tellEffects(after: number | undefined): Promise<Settled<number>>;
	/**
	 * Answers, and then blocks the whole event loop of the thread, until `ReplicaOptions.alarm` changes at the latest: what a long
	 * garbage collection or a stopped process looks like. `clockStops`: the clock stands still as well, as in a suspended machine.
	 */
	pause(ms: number, clockStops: boolean): Promise<Settled<void>>;
	/** What is wrong with the thread from now on. */
	setConditions(conditions: ThreadConditions): Promise<Settled<void>>;
	/** The thread's clock leaps forward; back it does not go, it stands still for so long. */
	leapClock(byMs: number): Promise<Settled<void>>;
	/** If the thread's clock stands still, it goes on. */
	resumeClock(): Promise<Settled<void>>;
	/** Everything that was taken is finished, every waiter told, every file and port closed; the thread then ends. */
	stop(): Promise<Settled<void>>;
}
