/** What a cluster tells of itself. Nothing here runs. */
import type {RaftEvent} from '../../src/raft/events.js';
import type {Milliseconds, NodeId} from '../../src/raft/types.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {ServiceEvent} from '../../src/service/events.js';
import type {ClientsDropped} from '../redis/dropped-clients.js';
import type {NamedFault} from './faults/named-fault.js';
import type {NodeDamage} from './node-damage.js';

/** What became of a node's threads and files. Times in ms. */
export type NodeEvent =
	/** A worker thread of the node begins: `replica-N` of its Raft node, `kv-N` where its server has one of its own. */
	| {readonly type: 'threadStarted'; readonly id: NodeId; readonly thread: string}
	/** It has ended. `error`: what it died of; `undefined`: it was ended from outside, or came to its end. */
	| {
			readonly type: 'threadEnded';
			readonly id: NodeId;
			readonly thread: string;
			readonly exitCode: number;
			readonly error: Error | undefined;
	  }
	/** A write, a sync or a name of the node's directory failed: no disk is asked again whether it meant it, so the node ends, and is started anew. */
	| {readonly type: 'diskFailed'; readonly id: NodeId; readonly error: Error}
	| {readonly type: 'nodeUp'; readonly id: NodeId}
	/** Killed on purpose. */
	| {readonly type: 'nodeDown'; readonly id: NodeId}
	/** It failed by itself, or could not start, because of `error`; it is tried again after `delayMs`. */
	| {readonly type: 'nodeRestarting'; readonly id: NodeId; readonly delayMs: Milliseconds; readonly error: Error}
	/** It cannot start on its files, and is not tried again until `restart`. The others go on. */
	| {readonly type: 'nodeDamaged'; readonly id: NodeId; readonly error: Error; readonly damage: NodeDamage}
	/** A crash had interrupted its last flush, which recovery has cut off; nobody was told that it is durable. */
	| ({readonly type: 'logTailCut'; readonly id: NodeId} & CutTail)
	/** A fault had set its directory aside, and the process before ended before it took that back; it is in its place again. */
	| {readonly type: 'directoryPutBack'; readonly id: NodeId}
	/** While the cluster was closed. The node's threads have ended and its directory is free all the same. */
	| {readonly type: 'nodeStopFailed'; readonly id: NodeId; readonly error: Error};

/** What became of a node as a member of the group: its role, its commits, its snapshots, its sessions. */
export type MemberEvent = (RaftEvent | ServiceEvent) & {readonly id: NodeId};

/** A fault was set. One that is over at once, such as a leap of a clock, is told to be cleared right after that. */
export interface FaultSet extends NamedFault {
	readonly type: 'faultSet';
}

/** A fault was taken back, or is over by itself. */
export interface FaultCleared extends NamedFault {
	readonly type: 'faultCleared';
}

/** The list of faults has changed; `faults` describes all that are set now. */
export interface FaultsChanged {
	readonly type: 'faultsChanged';
	readonly faults: readonly string[];
}

/** The argument of the cluster’s `event`, and of the event of its `type`. */
export type ClusterEvent = NodeEvent | MemberEvent | FaultSet | FaultCleared | FaultsChanged | ClientsDropped;

/** Every event of a cluster, by its type; `event` is told all of them. */
export type ClusterEventMap = {readonly [Type in ClusterEvent['type']]: [Extract<ClusterEvent, {type: Type}>]} & {
	readonly event: [ClusterEvent];
};
