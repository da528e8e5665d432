/** Carries out a drawn schedule of faults on a real cluster, in real time. */
import type {Cluster} from '../../../actors/cluster/cluster.js';
import {NETWORK_KINDS, type FaultKind} from '../../../src/faults/fault-kinds.js';
import {type Fault, isNetworkFault, type FaultEvent} from '../../../src/faults/faults.js';
import {nodeId} from '../../../src/raft/types.js';
import type {Trial} from '../trial.js';

/** What a cluster of threads can be made to suffer; disks and clocks are for the simulator. */
export const playableKinds: readonly FaultKind[] = [...NETWORK_KINDS, 'crash', 'crashAll', 'crashLoop', 'pause'];

/** A node that loops comes back after so long. */
const loopDownMs = 50;

export class SchedulePlayer {
	readonly #trial: Trial;
	readonly #cluster: Cluster;
	/** Those that go on until their heal comes. */
	readonly #loops = new Map<string, {isOver: boolean; readonly ended: Promise<void>}>();
	readonly #down = new Map<string, readonly number[]>();

	constructor(trial: Trial, cluster: Cluster) {
		this.#trial = trial;
		this.#cluster = cluster;
	}

	/**
	 * Begins with the first event, without the calm that a schedule has before it. Resolves when all of it is over and healed; early when
	 * the trial is broken off.
	 */
	async play(events: readonly FaultEvent[]): Promise<void> {
		const startedAt = performance.now() - (events[0]?.atMs ?? 0);
		for (const event of events) {
			await this.#trial.sleep(Math.max(0, event.atMs - (performance.now() - startedAt)));
			if (this.#trial.signal.aborted) return;
			if (event.type === 'heal') await this.#heal(event.id);
			else {
				this.#trial.fault();
				await this.#inject(event.id, event.fault);
			}
		}
	}

	async #inject(id: string, fault: Fault): Promise<void> {
		if (isNetworkFault(fault)) this.#cluster.faults.set(id, fault);
		else if (fault.type === 'crash') await this.#kill(id, [fault.node]);
		else if (fault.type === 'crashAll') await this.#kill(id, this.#cluster.nodeIds);
		else if (fault.type === 'crashLoop') this.#loop(id, fault.node, fault.upMs);
		else if (fault.type === 'pause') await this.#cluster.pause(nodeId(fault.node), fault.durationMs);
		else throw new TypeError(`a cluster of threads cannot be given ${fault.type}`);
	}

	async #kill(id: string, nodes: readonly number[]): Promise<void> {
		this.#down.set(id, nodes);
		await Promise.all(nodes.map(node => this.#cluster.kill(nodeId(node))));
	}

	#loop(id: string, node: number, upMs: number): void {
		const loop = {isOver: false, ended: Promise.resolve()};
		loop.ended = (async () => {
			while (!loop.isOver && !this.#trial.signal.aborted) {
				await this.#cluster.kill(nodeId(node));
				await this.#trial.sleep(loopDownMs);
				await this.#cluster.restart(nodeId(node));
				await this.#trial.sleep(upMs);
			}
		})();
		// Told by its heal.
		loop.ended.catch(() => undefined);
		this.#loops.set(id, loop);
	}

	async #heal(id: string): Promise<void> {
		const loop = this.#loops.get(id);
		if (loop !== undefined) {
			loop.isOver = true;
			await loop.ended;
		}
		await Promise.all((this.#down.get(id) ?? []).map(node => this.#cluster.restart(nodeId(node))));
		this.#cluster.faults.clear(id);
	}
}
