/** Faults of a cluster of threads, by name. */
import {performance} from 'node:perf_hooks';
import type {Fault} from '../../src/faults/faults.js';
import {type FaultKind, NETWORK_KINDS} from '../../src/faults/fault-kinds.js';
import type {Cluster} from '../cluster/cluster.js';
import type {FaultBearer} from './fault-bearer.js';

/** What a cluster of threads can be made to suffer, and survives without losing what it has stored. */
export const playableKinds: readonly FaultKind[] = [
	...NETWORK_KINDS,
	'crash',
	'crashAll',
	'crashLoop',
	'pause',
	'slowNode',
	'slowSync',
	'stalledSync',
	'failedSync',
	'writeError',
	'diskFull',
	'clockOffset',
	'clockDrift',
	'clockJump',
	'timerSkew',
];

/** What faults need of a cluster, whatever machine it runs. */
type Breakable = Pick<Cluster, 'nodeIds' | 'inject' | 'heal'>;

export class ClusterFaults implements FaultBearer {
	readonly #cluster: Breakable;
	/** Of each fault that is set. */
	readonly #nodes = new Map<string, readonly number[]>();
	/** The newest work on each node. */
	readonly #turns = new Map<number, Promise<void>>();

	constructor(cluster: Breakable) {
		this.#cluster = cluster;
	}

	async inject(id: string, fault: Fault): Promise<void> {
		const nodes = fault.type === 'crashAll' ? this.#cluster.nodeIds : 'node' in fault ? [fault.node] : [];
		this.#nodes.set(id, nodes);
		await this.#inTurn(nodes, async () => void (await this.#cluster.inject(onPresentClock(fault), id)));
	}

	async heal(id: string): Promise<void> {
		const nodes = this.#nodes.get(id) ?? [];
		this.#nodes.delete(id);
		await this.#inTurn(nodes, async () => void (await this.#cluster.heal([id])));
	}

	/** One after the other for each node: one that starts cannot be paused before it is up. */
	async #inTurn(nodes: readonly number[], work: () => Promise<void>): Promise<void> {
		const before = nodes.flatMap(node => this.#turns.get(node)?.catch(() => undefined) ?? []);
		const turn = before.length === 0 ? work() : Promise.all(before).then(work);
		for (const node of nodes) this.#turns.set(node, turn);
		await turn;
	}
}

/** `untilMs` of a clog counts from now; in the plan it is a time on the machine's clock. */
export const onPresentClock = (fault: Fault): Fault =>
	fault.type === 'clog' ? {...fault, untilMs: performance.now() + fault.untilMs} : fault;
