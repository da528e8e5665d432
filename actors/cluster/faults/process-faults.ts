/** Faults of whole nodes: they crash, crash again and again, lose their disk, or stand still. */
import {setTimeout as sleep} from 'node:timers/promises';
import {unreachable} from '../../../src/base/errors.js';
import type {ProcessFault} from '../../../src/faults/faults.js';
import {type NodeId, nodeId} from '../../../src/raft/types.js';
import type {NodeState} from '../node-state.js';
import {ClusterStateError} from '../errors.js';
import {hasBeenStarted, putBack, setAside} from '../set-aside.js';

/** Takes a fault back. */
export type Undo = () => void | Promise<void>;

/** What can be done to a node. */
export interface NodeControl {
	kill(id: NodeId): Promise<void>;
	restart(id: NodeId): Promise<void>;
	pause(id: NodeId, ms: number, clockStops: boolean): Promise<void>;
	stateOf(id: NodeId): NodeState;
}

export interface ProcessFaultOptions {
	readonly nodes: readonly NodeId[];
	readonly directoryOf: (id: NodeId) => string;
	/** Whether a fault that is set keeps the node down. */
	readonly isKeptDown: (node: number) => boolean;
	/** Ends the pause of a node. */
	readonly wake: (id: NodeId) => void;
}

/** A node that crashes again and again comes back after so long, ms. */
const loopDownMs = 50;

export class ProcessFaults {
	readonly #control: NodeControl;
	readonly #options: ProcessFaultOptions;
	readonly #loops = new Set<{readonly over: AbortController; ended: Promise<void>}>();
	/** Directories that are set aside. */
	readonly #aside = new Set<string>();

	constructor(control: NodeControl, options: ProcessFaultOptions) {
		this.#control = control;
		this.#options = options;
	}

	/** Resolves when it has begun. */
	async inject(fault: Exclude<ProcessFault, {type: 'slowNode'}>): Promise<Undo> {
		switch (fault.type) {
			case 'crash':
				return fault.disk === 'wiped' ? this.#wipe(nodeId(fault.node)) : this.#crash([nodeId(fault.node)]);
			case 'crashAll':
				return this.#crash(this.#options.nodes);
			case 'crashLoop':
				return this.#crashLoop(nodeId(fault.node), fault.upMs);
			case 'pause':
				return this.#pause(fault);
			default:
				return unreachable(fault);
		}
	}

	/** No node is killed or started by a fault any more. */
	async quiet(): Promise<void> {
		for (const {over} of this.#loops) over.abort();
		await Promise.all(Array.from(this.#loops, ({ended}) => ended));
	}

	/** The nodes have ended. */
	async putAllBack(): Promise<void> {
		for (const directory of this.#aside) await putBack(directory);
		this.#aside.clear();
	}

	async #crash(nodes: readonly NodeId[]): Promise<Undo> {
		await Promise.all(nodes.map(id => this.#control.kill(id)));
		return async () => {
			const isDown = (id: NodeId): boolean => this.#control.stateOf(id).type === 'down';
			const free = nodes.filter(id => isDown(id) && !this.#options.isKeptDown(id));
			await Promise.all(free.map(id => this.#control.restart(id)));
		};
	}

	/**
	 * The node starts on an empty disk, and refuses to: the cluster knows how often it has been started, and a node that has
	 * forgotten its vote and its log could elect a second leader, or elect one without what was acknowledged (§5.2, §5.4.1).
	 * It never takes part, so putting its disk back is the same as if it had been down.
	 */
	async #wipe(id: NodeId): Promise<Undo> {
		const directory = this.#options.directoryOf(id);
		// One that has never taken part may start on an empty disk, and what it promises there would be lost with that.
		if (!hasBeenStarted(directory))
			throw new ClusterStateError(`node ${id} has never been started, so its disk cannot be lost: restart it first`);
		await this.#control.kill(id);
		await setAside(directory);
		this.#aside.add(directory);
		// That it does not start is what is to be seen: its state and an event tell it.
		await this.#control.restart(id).catch(() => undefined);
		return async () => {
			await this.#control.kill(id);
			await putBack(directory);
			this.#aside.delete(directory);
			if (!this.#options.isKeptDown(id)) await this.#control.restart(id);
		};
	}

	async #crashLoop(id: NodeId, upMs: number): Promise<Undo> {
		await this.#control.kill(id);
		const over = new AbortController();
		const loop = {over, ended: this.#loop(id, upMs, over.signal)};
		this.#loops.add(loop);
		return async () => {
			over.abort();
			await loop.ended;
			this.#loops.delete(loop);
			if (this.#control.stateOf(id).type === 'down' && !this.#options.isKeptDown(id)) await this.#control.restart(id);
		};
	}

	/** Never rejects: what keeps the node from starting the cluster's events tell. */
	async #loop(id: NodeId, upMs: number, signal: AbortSignal): Promise<void> {
		try {
			for (;;) {
				await sleep(loopDownMs, undefined, {signal});
				await this.#control.restart(id).catch(() => undefined);
				await sleep(upMs, undefined, {signal});
				await this.#control.kill(id);
			}
		} catch {
			// It is over, or the cluster is.
		}
	}

	async #pause({node, durationMs, clockStops}: ProcessFault & {type: 'pause'}): Promise<Undo> {
		const id = nodeId(node);
		await this.#control.pause(id, durationMs, clockStops);
		return () => this.#options.wake(id);
	}
}
