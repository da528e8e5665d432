/**
 * Starts the replicas, watches them, and starts anew what failed by itself, one for one, with growing pauses, for as long
 * as the cluster lives. A node whose files are damaged is left alone, and so is one that was killed on purpose: until
 * they are restarted on purpose.
 */
import {existsSync} from 'node:fs';
import type {NodeId} from '../../src/raft/types.js';
import {releaseAbandoned} from '../../src/storage/directory-lock.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import type {Router} from '../network/router.js';
import type {ReplicaOptions, ReplicaStatus} from '../replica/protocol.js';
import {deathOf, type ThreadExit} from './controlled-thread.js';
import {ClusterStateError, NodesFailedError} from './errors.js';
import {type Availability, availabilityOf} from './health.js';
import {damageOf, isInUse} from './node-damage.js';
import type {NodeState, SupervisorEvent} from './node-state.js';
import {Replica} from './replica.js';
import {RestartPauses} from './restart-pauses.js';
import type {ResolvedThreadEntries} from './thread-entries.js';

/** Counts the starts of nodes, durably: see src/storage/start-check.ts. */
export interface StartLedger {
	beginStart(id: NodeId): Promise<ExpectedStart>;
	confirmStart(id: NodeId): Promise<void>;
}

export interface SupervisorOptions {
	readonly replicas: readonly ReplicaOptions[];
	readonly router: Router;
	readonly starts: StartLedger;
	/** Where the threads begin. */
	readonly entries: ResolvedThreadEntries;
	readonly restartsPerMinute: number;
	readonly random: () => number;
	readonly now: () => number;
	readonly event: (event: SupervisorEvent) => void;
}

interface Supervised {
	readonly options: ReplicaOptions;
	readonly pauses: RestartPauses;
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
					pauses: new RestartPauses(options.restartsPerMinute),
					state: {type: 'down'},
					queue: Promise.resolve(),
				},
			]),
		);
	}

	/**
	 * Starts all. It is enough that one is up, and that those that are not damaged are a majority: what is not damaged is
	 * tried again until it is up. Otherwise all are stopped again, and the error of the node that failed is thrown, or a
	 * `NodesFailedError` with those of several.
	 */
	async start(): Promise<void> {
		const results = await Promise.allSettled([...this.#nodes.keys()].map(id => this.restart(id)));
		const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason as Error] : []));
		const states = [...this.#nodes.values()].map(({state}) => state.type);
		const usable = states.filter(state => state !== 'damaged').length;
		const canServe = states.includes('up') && usable > states.length / 2;
		const inUse = failures.find(isInUse);
		if (canServe && inUse === undefined) return;
		await this.stop();
		const [first] = failures;
		throw inUse ?? (failures.length === 1 ? first : new NodesFailedError(failures, this.#nodes.size));
	}

	stateOf(id: NodeId): NodeState {
		return this.#node(id).state;
	}

	get availability(): Availability {
		return availabilityOf([...this.#nodes.values()].map(({state}) => state.type));
	}

	/** The life of a node that is up: when that has ended, its calls reject. */
	replicaOf(id: NodeId): Replica | undefined {
		const {state} = this.#node(id);
		return state.type === 'up' ? state.replica : undefined;
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
			node.state = {type: 'down'};
			this.#options.router.detachNode(id);
			if (state.type === 'up') await state.replica.kill();
		});
		this.#options.event({type: 'nodeDown', id});
	}

	/**
	 * Starts a node that is not up; one that is up is killed first. Its data is what its disk holds. Rejects with what keeps
	 * it from starting; unless that is damage, it is tried again by itself.
	 */
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

	/** Stops all nodes in good order; what they have taken is finished. Resolves with what went wrong, when all have ended. */
	async stop(): Promise<readonly Error[]> {
		this.#isStopped = true;
		const failures = await Promise.all(
			[...this.#nodes.values()].map(node => this.#inOrder(node, () => this.#stopNode(node))),
		);
		return failures.flat();
	}

	async #stopNode(node: Supervised): Promise<readonly Error[]> {
		const {state} = node;
		const {id} = node.options;
		if (state.type === 'waiting') clearTimeout(state.timer);
		node.state = {type: 'down'};
		const failures = state.type === 'up' ? await state.replica.stop() : [];
		const {directory, owner} = node.options.storage;
		// A thread that was killed could not let go of its directory, and while this process lives, others may take it for used.
		if (existsSync(directory)) releaseAbandoned(directory, owner);
		for (const error of failures) this.#options.event({type: 'nodeStopFailed', id, error: named(id, error)});
		return failures;
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
		const {random, router, event, now, starts, entries} = this.#options;
		node.state = {type: 'starting'};
		try {
			// A node's lives must not repeat each other's chance: a late answer to one could answer the next.
			const seed = Math.floor(random() * 2 ** 32);
			const storage = {...node.options.storage, expectedStart: await starts.beginStart(id)};
			const replica = await Replica.start({...node.options, storage, seed}, router, entries, async cut => {
				await starts.confirmStart(id);
				if (cut !== undefined) event({type: 'logTailCut', id, ...cut});
			});
			node.state = {type: 'up', replica, since: now()};
			void replica.exited.then(exit => this.#died(node, replica, exit));
			event({type: 'nodeUp', id});
		} catch (thrown) {
			const error = named(id, thrown instanceof Error ? thrown : new Error(String(thrown)));
			router.detachNode(id);
			this.#couldNotStart(node, error);
			throw error;
		}
	}

	#couldNotStart(node: Supervised, error: Error): void {
		const {id, storage} = node.options;
		const damage = damageOf(error, storage.directory);
		if (damage === undefined) {
			this.#tryLater(node, error, 0);
			return;
		}
		node.state = {type: 'damaged', error, damage};
		this.#options.event({type: 'nodeDamaged', id, error, damage});
	}

	/** A death that nobody asked for. */
	#died(node: Supervised, replica: Replica, exit: ThreadExit): void {
		const {state} = node;
		if (this.#isStopped || state.type !== 'up' || state.replica !== replica) return;
		const {id} = node.options;
		this.#options.router.detachNode(id);
		const error = exit.error ?? deathOf(exit, 'stop');
		this.#tryLater(node, named(id, error), this.#options.now() - state.since);
	}

	#tryLater(node: Supervised, error: Error, upMs: number): void {
		const {id} = node.options;
		const delayMs = node.pauses.next(upMs, this.#options.random());
		const timer = setTimeout(() => {
			// What keeps it from starting has been told by an event, and the next try is set.
			void this.#inOrder(node, async () => {
				// Somebody may have killed it, or have started it, before its turn came.
				if (node.state.type === 'waiting') await this.#startNode(node);
			}).catch(() => undefined);
		}, delayMs);
		node.state = {type: 'waiting', error, timer};
		this.#options.event({type: 'nodeRestarting', id, delayMs, error});
	}
}

/** Says of which node it is the error. */
function named(id: NodeId, error: Error): Error {
	const prefix = `node ${id}: `;
	if (!error.message.startsWith(prefix)) error.message = `${prefix}${error.message}`;
	return error;
}
