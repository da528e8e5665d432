/** What `Cluster.metrics` tells: numbers of one moment. Nothing here runs. Counts only rise while a thread lives, and begin at 0 with it. */
import type {NodeId} from '../../src/raft/types.js';
import type {RaftStatus} from '../../src/raft/raft-node.js';
import type {DropCause} from '../redis/dropped-clients.js';
import type {RaftCounts} from './raft-meter.js';
import type {ThreadMetrics} from './thread-meter.js';
import type {DiskMetrics} from './timed-disk.js';

/** A node as a member of the group, with its log and its disk. Sizes in bytes, times in ms. */
export interface RaftMetrics extends RaftCounts {
	/** Role, term, leader and the indexes of the log. */
	readonly status: RaftStatus;
	/** The highest index that the state includes. */
	readonly lastApplied: number;
	/** Of the current snapshot; 0 where there is none. */
	readonly snapshotBytes: number;
	readonly disk: DiskMetrics;
}

/** The replicated state of a node, and what waits at its server. Sizes in bytes. */
export interface ServerMetrics {
	/** Requests that wait for their answer. */
	readonly requestsPending: number;
	readonly requestBytesPending: number;
	/** Items of the machine: keys. */
	readonly items: number;
	/** Those that go by themselves at a deadline. */
	readonly itemsExpiring: number;
	/** After how many ms they go, on average. */
	readonly itemsExpireAfterMs: number;
	/** That the machine's state takes, as its limit counts them: keys and values. */
	readonly stateBytes: number;
	/** Sessions of clients that are open. */
	readonly sessions: number;
	/** Sessions forgotten because they were silent for too long. */
	readonly sessionsExpired: number;
	/** Sessions forgotten to make room for new ones. */
	readonly sessionsEvicted: number;
}

/** One node. */
export interface NodeMetrics {
	readonly id: NodeId;
	/** Whether all its threads have answered in time. The rest of a node that has not is missing. */
	readonly isUp: boolean;
	/** Lives that have begun since the cluster's start, the first included. */
	readonly starts: number;
	readonly raft: RaftMetrics | undefined;
	readonly server: ServerMetrics | undefined;
	readonly threads: readonly ThreadMetrics[];
}

/** The router between the nodes, and between clients and nodes. */
export interface NetworkMetrics {
	/** Messages that entered it: those of Raft, and requests of clients. Replies to clients mostly pass it by. */
	readonly messages: number;
	/** Of these messages: entries, snapshots and commands. */
	readonly bytes: number;
	/** Requests of clients among them. */
	readonly clientRequests: number;
	/** Messages that the fault plan has lost. */
	readonly lost: number;
	/** Messages to a node that was not there. */
	readonly undeliverable: number;
	/** Messages that the fault plan holds back now. */
	readonly delayed: number;
	/** Bytes of these. */
	readonly delayedBytes: number;
}

/** Clerks on the cluster's own thread. */
export interface ClerkMetrics {
	readonly clerks: number;
	/** Operations of all of them that are not settled. */
	readonly operationsPending: number;
	/** Operations that ended with an answer, since the cluster's start. */
	readonly answered: number;
	/** Operations that were refused, timed out, or were broken off. */
	readonly failed: number;
}

/** A port that speaks the Redis protocol. Counts since it was opened. */
export interface RedisPortMetrics {
	/** Open connections. */
	readonly connections: number;
	readonly connectionsReceived: number;
	/** Connections refused because there were too many. */
	readonly connectionsRejected: number;
	/** Commands taken in. */
	readonly commands: number;
	/** Replies that were errors. */
	readonly errors: number;
	/** Connections ended because of what they held in memory. */
	readonly dropped: Readonly<Record<DropCause, number>>;
	/** Bytes of requests and replies that the connections hold. */
	readonly memoryBytes: number;
}

/** The whole process. */
export interface ProcessMetrics {
	/** Time of all its threads on processors, ms. */
	readonly cpuMs: number;
	/** Bytes of memory that it has. */
	readonly residentBytes: number;
	/** When it has started, ms since 1970. */
	readonly startedMs: number;
}

/** A cluster at one moment, as far as its nodes have answered. */
export interface ClusterMetrics {
	/** By number. */
	readonly nodes: readonly NodeMetrics[];
	readonly network: NetworkMetrics;
	readonly clerks: ClerkMetrics;
	/** The thread that the cluster was started on. */
	readonly mainThread: ThreadMetrics;
	readonly process: ProcessMetrics;
}

/** What one thread of a node answers. */
export interface ThreadAnswer {
	readonly thread: ThreadMetrics;
	readonly raft: RaftMetrics | undefined;
	readonly server: ServerMetrics | undefined;
}
