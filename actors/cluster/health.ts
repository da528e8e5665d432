/** Whether a cluster can serve, and what is wrong where it cannot, or can only just. */
import {type NodeId} from '../../src/raft/types.js';
import {unreachable} from '../../src/base/errors.js';
import {describeError} from './errors.js';
import type {NodeDamage} from './node-damage.js';
import type {NodeState, NodeStatus} from './node-state.js';

/** Why a cluster is not well. */
export type HealthReason =
	/** Killed on purpose. */
	| {readonly type: 'nodeDown'; readonly id: NodeId}
	/** It reads its log. */
	| {readonly type: 'nodeStarting'; readonly id: NodeId}
	/** It failed and is tried again. */
	| {readonly type: 'nodeWaiting'; readonly id: NodeId; readonly error: Error}
	| {readonly type: 'nodeDamaged'; readonly id: NodeId; readonly damage: NodeDamage}
	/** Its threads run and do not answer: it is paused, or very busy. */
	| {readonly type: 'nodeSilent'; readonly id: NodeId}
	/** It runs and answers, but not the leader: the network between the two is cut, or loses too much. */
	| {readonly type: 'nodeApart'; readonly id: NodeId; readonly leader: NodeId}
	| {readonly type: 'noMajority'; readonly up: number; readonly needed: number}
	/** A majority is up and none of it leads: an election is going on, or the network is cut. */
	| {readonly type: 'noLeader'};

/** Whether the cluster serves, and all that is wrong with it. */
export interface ClusterHealth {
	/**
	 * `serving`: all nodes are up and one leads. `degraded`: it serves, and something is wrong that one should look at.
	 * `down`: nothing can be read or written now.
	 */
	readonly state: 'serving' | 'degraded' | 'down';
	/** The leader of the newest term. */
	readonly leader: NodeId | undefined;
	readonly nodes: number;
	/** Nodes whose threads run and that have read their logs. */
	readonly up: number;
	/** First what concerns the whole cluster, then the nodes in their order; empty when all is well. */
	readonly reasons: readonly HealthReason[];
}

export function healthOf(statuses: readonly NodeStatus[]): ClusterHealth {
	const nodes = statuses.length;
	const up = statuses.filter(({state}) => state === 'up').length;
	const needed = majorityOf(nodes);
	const leader = leaderOf(statuses);
	const apart = new Set(statuses.find(({id}) => id === leader)?.replica?.silentPeers);
	const nodeReasons = statuses.flatMap((status): readonly HealthReason[] => {
		const {id, replica} = status;
		const isApart = leader !== undefined && replica !== undefined && apart.has(id);
		return isApart ? [{type: 'nodeApart', id, leader}] : reasonsOf(status);
	});
	const reasons: HealthReason[] = [...nodeReasons];
	if (up < needed) reasons.unshift({type: 'noMajority', up, needed});
	else if (leader === undefined) reasons.unshift({type: 'noLeader'});
	const canServe = up >= needed && leader !== undefined;
	const state = canServe ? (nodeReasons.length === 0 ? 'serving' : 'degraded') : 'down';
	return {state, leader, nodes, up, reasons};
}

/** The leader of the newest term that any node knows of itself. */
export function leaderOf(statuses: readonly NodeStatus[]): NodeId | undefined {
	const leaders = statuses.flatMap(({replica}) => (replica?.role === 'leader' ? [replica] : []));
	return leaders.sort((a, b) => b.currentTerm - a.currentTerm)[0]?.id;
}

/**
 * What the states of the nodes alone allow, without asking anybody. `down`: too few are up for any operation to be carried
 * out. `loading`: they would be enough with those that are reading their logs.
 */
export type Availability = 'serving' | 'loading' | 'down';

export function availabilityOf(states: readonly NodeState['type'][]): Availability {
	const needed = majorityOf(states.length);
	const up = states.filter(state => state === 'up').length;
	if (up >= needed) return 'serving';
	return up + states.filter(state => state === 'starting').length >= needed ? 'loading' : 'down';
}

const majorityOf = (nodes: number): number => Math.floor(nodes / 2) + 1;

function reasonsOf({id, state, replica, error, damage}: NodeStatus): readonly HealthReason[] {
	switch (state) {
		case 'up':
			return replica === undefined ? [{type: 'nodeSilent', id}] : [];
		case 'starting':
			return [{type: 'nodeStarting', id}];
		case 'down':
			return [{type: 'nodeDown', id}];
		case 'waiting':
			return error === undefined ? [] : [{type: 'nodeWaiting', id, error}];
		case 'damaged':
			return damage === undefined ? [] : [{type: 'nodeDamaged', id, damage}];
		default:
			return unreachable(state);
	}
}

/** One line that a person understands. */
export function describeReason(reason: HealthReason): string {
	switch (reason.type) {
		case 'nodeDown':
			return `node ${reason.id} is down: it was killed, and "restart ${reason.id}" starts it`;
		case 'nodeStarting':
			return `node ${reason.id} is starting: it reads its log`;
		case 'nodeWaiting':
			return `node ${reason.id} failed and is tried again: ${withoutName(reason.id, describeError(reason.error))}`;
		case 'nodeDamaged':
			return `node ${reason.id} is damaged: ${describeDamage(reason.id, reason.damage)}`;
		case 'nodeSilent':
			return `node ${reason.id} does not answer: it is paused, or very busy`;
		case 'nodeApart':
			return `node ${reason.id} does not hear the leader, node ${reason.leader}, or is not heard by it: is the network cut?`;
		case 'noMajority':
			return `no majority of the nodes is up: ${reason.up} of the ${reason.needed} that are needed`;
		case 'noLeader':
			return 'no node leads: an election is going on, or the nodes do not hear each other';
		default:
			return unreachable(reason);
	}
}

/** File, place and reason. */
export function describeDamage(id: NodeId, {file, offset, reason}: NodeDamage): string {
	return `${file}${offset === undefined ? '' : `, byte ${offset}`}: ${withoutName(id, reason)}`;
}

/** The errors of nodes begin with the node's name. */
const withoutName = (id: NodeId, message: string): string => message.replace(`node ${id}: `, '');
