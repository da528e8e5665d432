/** Every fault that a cluster of threads can be given, by name: the network's, and those of its nodes. */
import {setTimeout as sleep} from 'node:timers/promises';
import {type Fault, isNetworkFault} from '../../src/faults/faults.js';
import {FaultError} from '../../src/faults/fault-error.js';
import {type FaultKind, NETWORK_KINDS} from '../../src/faults/fault-kinds.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';
import type {Cluster} from '../cluster/cluster.js';
import type {FaultBearer} from './fault-bearer.js';

/** What a cluster of threads can be made to suffer, and survives. */
export const playableKinds: readonly FaultKind[] = [...NETWORK_KINDS, 'crash', 'crashAll', 'crashLoop', 'pause'];

/** A node that loops comes back after so long. */
const loopDownMs = 50;

/** What faults need of a cluster, whatever machine it runs. */
type Breakable = Pick<Cluster, 'faults' | 'nodeIds' | 'kill' | 'restart' | 'pause'>;

interface Loop {
	readonly over: AbortController;
	readonly ended: Promise<void>;
}

export class ClusterFaults implements FaultBearer {
	readonly #cluster: Breakable;
	/** Those that go on until they are healed. */
	readonly #loops = new Map<string, Loop>();
	readonly #down = new Map<string, readonly number[]>();
	/** The newest work on each node. */
	readonly #turns = new Map<number, Promise<void>>();

	constructor(cluster: Breakable) {
		this.#cluster = cluster;
	}

	async inject(id: string, fault: Fault): Promise<void> {
		if (isNetworkFault(fault)) {
			const {untilMs} = {untilMs: 0, ...fault};
			// The plan's clock is the machine's.
			const set = fault.type === 'clog' ? {...fault, untilMs: performance.now() + untilMs} : fault;
			return this.#cluster.faults.set(id, set);
		}
		switch (fault.type) {
			case 'crash':
				return this.#kill(id, [fault.node]);
			case 'crashAll':
				return this.#kill(id, this.#cluster.nodeIds);
			case 'crashLoop':
				return this.#loop(id, fault.node, fault.upMs);
			case 'pause':
				return this.#inTurn(fault.node, async own => this.#cluster.pause(own, fault.durationMs));
			default:
				throw new FaultError(
					'fault.type',
					'a fault of the network, or a crash, crashAll, crashLoop or pause',
					fault.type,
				);
		}
	}

	async heal(id: string): Promise<void> {
		const loop = this.#loops.get(id);
		this.#loops.delete(id);
		loop?.over.abort();
		await loop?.ended;
		const down = this.#down.get(id) ?? [];
		this.#down.delete(id);
		this.#cluster.faults.clear(id);
		await Promise.all(down.map(node => this.#inTurn(node, async own => this.#cluster.restart(own))));
	}

	async #kill(id: string, nodes: readonly number[]): Promise<void> {
		this.#down.set(id, nodes);
		await Promise.all(nodes.map(node => this.#inTurn(node, async own => this.#cluster.kill(own))));
	}

	#loop(id: string, node: number, upMs: number): void {
		const over = new AbortController();
		const ended = this.#crashAgain(node, upMs, over.signal);
		// Told by its heal.
		ended.catch(() => undefined);
		this.#loops.set(id, {over, ended});
	}

	/** It is up at the end. */
	async #crashAgain(node: number, upMs: number, over: AbortSignal): Promise<void> {
		while (!over.aborted) {
			await this.#inTurn(node, async own => this.#cluster.kill(own));
			await rest(loopDownMs, over);
			await this.#inTurn(node, async own => this.#cluster.restart(own));
			await rest(upMs, over);
		}
	}

	/** One after the other for each node: one that starts cannot be paused before it is up. */
	async #inTurn(node: number, work: (node: NodeId) => Promise<void>): Promise<void> {
		const turn = (this.#turns.get(node) ?? Promise.resolve()).catch(() => undefined).then(() => work(nodeId(node)));
		this.#turns.set(node, turn);
		await turn;
	}
}

/** Ends early, without an error, when the signal is aborted. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
	await sleep(ms, undefined, {signal}).catch(() => undefined);
}
