/** What the supervisor knows of a node. Nothing here runs. */
import type {NodeId} from '../../src/raft/types.js';
import type {InjectedFault} from './faults/named-fault.js';
import type {NodeDamage} from './node-damage.js';
import type {ReplicaStatus} from '../replica/protocol.js';
import type {Replica} from './replica.js';

export type NodeState =
	| {readonly type: 'up'; readonly replica: Replica}
	/** Its threads run, and it reads its log. */
	| {readonly type: 'starting'}
	/** Killed on purpose, or never started. */
	| {readonly type: 'down'}
	/** It failed by itself, or could not start; it is tried again after a pause, for as long as the cluster lives. */
	| {readonly type: 'waiting'; readonly error: Error}
	/** Its files are damaged. It is not tried again until `restart`. */
	| {readonly type: 'damaged'; readonly error: Error; readonly damage: NodeDamage};

/** One row of a cluster's status. */
export interface NodeStatus {
	readonly id: NodeId;
	/**
	 * `starting`: its threads run, and it reads its log. `down`: it was killed on purpose. `waiting`: it failed by itself, and
	 * is tried again after a pause. `damaged`: its files are, and it is not tried again until `restart`.
	 */
	readonly state: 'up' | 'starting' | 'down' | 'waiting' | 'damaged';
	/** `undefined` for a node that is not up, or too busy to answer. */
	readonly replica: ReplicaStatus | undefined;
	/** Why a node is waiting or damaged. */
	readonly error: Error | undefined;
	/** What is wrong with the files of a node that is damaged. */
	readonly damage: NodeDamage | undefined;
	/** What is wrong on purpose with this node alone: its process, its disk, its clock, or that it is isolated. */
	readonly faults: readonly InjectedFault[];
}
