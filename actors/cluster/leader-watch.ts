/** What each node is at, as the cluster's thread can learn it, and which of them leads. */
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import type {NodeId} from '../../src/raft/types.js';
import {unlessAborted} from '../abort.js';
import {ClusterStateError} from './errors.js';
import type {InjectedFault} from './faults/named-fault.js';
import {leaderOf} from './health.js';
import type {NodeStatus} from './node-state.js';
import type {Replica} from './replica.js';
import type {Supervisor} from './supervisor.js';

/** How long a status waits for a node that is busy or paused. */
export const statusTimeoutMs = 500;
export const leaderPollMs = 20;

/** One life of a node that says that it leads. */
export interface LivingLeader {
	readonly id: NodeId;
	readonly replica: Replica;
}

export interface LeaderWatchOptions {
	readonly nodes: readonly NodeId[];
	readonly supervisor: Pick<Supervisor, 'status' | 'stateOf' | 'replicaOf'>;
	/** What is wrong on purpose with this node alone. */
	readonly faultsOf: (id: NodeId) => readonly InjectedFault[];
}

export class LeaderWatch {
	readonly #options: LeaderWatchOptions;

	constructor(options: LeaderWatchOptions) {
		this.#options = options;
	}

	/** See `Cluster.status`. */
	async status(): Promise<readonly NodeStatus[]> {
		const {nodes, supervisor, faultsOf} = this.#options;
		return Promise.all(
			nodes.map(async id => {
				const replica = await supervisor.status(id, statusTimeoutMs);
				const state = supervisor.stateOf(id);
				return {
					id,
					state: state.type,
					replica,
					error: state.type === 'waiting' || state.type === 'damaged' ? state.error : undefined,
					damage: state.type === 'damaged' ? state.damage : undefined,
					faults: faultsOf(id),
				};
			}),
		);
	}

	/** See `Cluster.leader`. */
	async leader(): Promise<NodeId | undefined> {
		return leaderOf(await this.status());
	}

	/** The leader with its present life: when that has ended, what is asked of it rejects. */
	async livingLeader(): Promise<LivingLeader | undefined> {
		const id = await this.leader();
		const replica = id === undefined ? undefined : this.#options.supervisor.replicaOf(id);
		return id === undefined || replica === undefined ? undefined : {id, replica};
	}

	/** See `Cluster.waitForLeader`. */
	async waitForLeader(timeoutMs: number, signal: AbortSignal | undefined): Promise<NodeId> {
		return unlessAborted(signal, 'a leader', () => this.#nextLeader(timeoutMs, signal));
	}

	async #nextLeader(timeoutMs: number, signal: AbortSignal | undefined): Promise<NodeId> {
		const deadline = performance.now() + timeoutMs;
		for (;;) {
			const leader = await this.leader();
			if (leader !== undefined) return leader;
			if (performance.now() >= deadline || signal?.aborted === true) {
				throw new ClusterStateError(`no leader within ${timeoutMs} ms: is a majority of the nodes up and connected?`);
			}
			await sleep(leaderPollMs);
		}
	}
}
