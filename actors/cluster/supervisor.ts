/**
 * Starts the replicas, watches them, and starts anew what died by itself: one for one, with growing pauses, and only so
 * often within a minute. A node that was killed on purpose stays down until it is restarted on purpose.
 */
import type {NodeId} from '../../src/raft/types.js';
import type {Router} from '../network/router.js';
import {Supervision} from '../runtime/supervision.js';
import type {ReplicaOptions, ReplicaStatus} from '../replica/protocol.js';
import {ClusterStateError} from './errors.js';
import {Replica} from './replica.js';

export type NodeState =
	| {readonly type: 'up'; readonly replica: Replica}
	| {readonly type: 'starting'}
	/** Killed on purpose, or `error` says what made the supervisor give up. */
	| {readonly type: 'down'; readonly error: Error | undefined}
	/** Died by itself; comes back after a pause. */
	| {readonly type: 'waiting'; readonly error: Error | undefined; readonly timer: NodeJS.Timeout};

export type SupervisorEvent =
	| {readonly type: 'nodeUp'; readonly id: NodeId}
	| {readonly type: 'nodeDown'; readonly id: NodeId; readonly error: Error | undefined}
	| {readonly type: 'nodeRestarting'; readonly id: NodeId; readonly delayMs: number; readonly error: Error | undefined}
	/** Its restart budget is spent: it stays down until `restart`. */
	| {readonly type: 'nodeGivenUp'; readonly id: NodeId; readonly error: Error | undefined};

export interface SupervisorOptions {
	readonly replicas: readonly ReplicaOptions[];
	readonly router: Router;
	readonly kvThread: boolean;
	readonly restartsPerMinute: number;
	readonly random: () => number;
	readonly now: () => number;
	readonly event: (event: SupervisorEvent) => void;
}

interface Supervised {
	options: ReplicaOptions;
	readonly supervision: Supervision;
	state: NodeState;
	/** Commands on one node run one after the other. */
	queue: Promise<unknown>;
}

export class Supervisor {
	readonly #options: SupervisorOptions;
	readonly #nodes: ReadonlyMap<NodeId, Supervised>;
	#isStopped = false;

	constructor(options: SupervisorOptions) {
		this.#options = options;
		this.#nodes = new Map(
			options.replicas.map(replica => [
				replica.id,
				{
					options: replica,
					supervision: new Supervision({restartsMax: options.restartsPerMinute, withinMs: 60_000}),
					state: {type: 'down', error: undefined},
					queue: Promise.resolve(),
				},
			]),
		);
	}

	/** Starts all. If one cannot start, all are stopped again and its error is thrown. */
	async start(): Promise<void> {
		const results = await Promise.allSettled([...this.#nodes.keys()].map(id => this.restart(id)));
		const failure = results.find(result => result.status === 'rejected');
		if (failure === undefined) return;
		await this.stop();
		throw failure.reason;
	}

	stateOf(id: NodeId): NodeState {
		return this.#node(id).state;
	}

	/** `undefined` for a node that is down or does not answer in time. */
	async status(id: NodeId, timeoutMs: number): Promise<ReplicaStatus | undefined> {
		const {state} = this.#node(id);
		return state.type === 'up' ? state.replica.status(timeoutMs).catch(() => undefined) : undefined;
	}

	/** Ends the node's threads at once, wherever they are. It stays down until `restart`. */
	async kill(id: NodeId): Promise<void> {
		const node = this.#node(id);
		await this.#inOrder(node, async () => {
			const {state} = node;
			if (state.type === 'waiting') clearTimeout(state.timer);
			node.state = {type: 'down', error: undefined};
			this.#options.router.detachNode(id);
			if (state.type === 'up') await state.replica.kill();
		});
		this.#options.event({type: 'nodeDown', id, error: undefined});
	}

	/** Starts a node that is down; one that is up is killed first. Its data is what its disk holds. */
	async restart(id: NodeId): Promise<void> {
		if (this.#isStopped) throw new ClusterStateError('the cluster is closed: start a new one');
		const node = this.#node(id);
		if (node.state.type === 'up') await this.kill(id);
		await this.#inOrder(node, () => this.#startNode(node));
	}

	async pause(id: NodeId, ms: number): Promise<void> {
		const {state} = this.#node(id);
		if (state.type !== 'up') throw new ClusterStateError(`node ${id} is not up: restart it first`);
		await state.replica.pause(ms);
	}

	/** Stops all nodes in good order; what they have taken is finished. */
	async stop(): Promise<void> {
		this.#isStopped = true;
		await Promise.all(
			[...this.#nodes.values()].map(node =>
				this.#inOrder(node, async () => {
					const {state} = node;
					if (state.type === 'waiting') clearTimeout(state.timer);
					node.state = {type: 'down', error: undefined};
					if (state.type === 'up') await state.replica.stop();
				}),
			),
		);
	}

	#node(id: NodeId): Supervised {
		const node = this.#nodes.get(id);
		if (node === undefined)
			throw new ClusterStateError(`there is no node ${id}: nodes are 0 to ${this.#nodes.size - 1}`);
		return node;
	}

	async #inOrder<T>(node: Supervised, action: () => Promise<T>): Promise<T> {
		const result = node.queue.then(action);
		node.queue = result.catch(() => undefined);
		return result;
	}

	async #startNode(node: Supervised): Promise<void> {
		if (node.state.type === 'up' || this.#isStopped) return;
		if (node.state.type === 'waiting') clearTimeout(node.state.timer);
		const {id} = node.options;
		node.state = {type: 'starting'};
		try {
			// A node's lives must not repeat each other's chance: a late answer to one could answer the next.
			const seed = Math.floor(this.#options.random() * 2 ** 32);
			const replica = await Replica.start({...node.options, seed}, this.#options.router, this.#options);
			node.state = {type: 'up', replica};
			node.options = {...node.options, storage: {...node.options.storage, mustExist: true}};
			void replica.exited.then(({error}) => this.#died(node, replica, error));
			this.#options.event({type: 'nodeUp', id});
		} catch (thrown) {
			const error = thrown instanceof Error ? thrown : new Error(String(thrown));
			error.message = `node ${id}: ${error.message}`;
			node.state = {type: 'down', error};
			throw error;
		}
	}

	/** Decides on a death that nobody asked for. */
	#died(node: Supervised, replica: Replica, error: Error | undefined): void {
		if (this.#isStopped || node.state.type !== 'up' || node.state.replica !== replica) return;
		const {id} = node.options;
		const {router, event, now, random} = this.#options;
		router.detachNode(id);
		const decision = node.supervision.decide(now(), random());
		if (decision.type !== 'restart') {
			node.state = {type: 'down', error};
			event({type: 'nodeGivenUp', id, error});
			return;
		}
		const timer = setTimeout(() => void this.#revive(node), decision.delayMs);
		node.state = {type: 'waiting', error, timer};
		event({type: 'nodeRestarting', id, delayMs: decision.delayMs, error});
	}

	async #revive(node: Supervised): Promise<void> {
		await this.#inOrder(node, () => this.#startNode(node)).catch((error: unknown) => {
			this.#options.event({type: 'nodeGivenUp', id: node.options.id, error: error as Error});
		});
	}
}
