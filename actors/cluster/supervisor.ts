/**
 * Starts the nodes, watches them, and starts anew what failed by itself, one for one, with growing pauses, for as long
 * as the cluster lives. A node whose files are damaged is left alone, and so is one that was killed on purpose: until
 * they are restarted on purpose. It is the actor system of the main thread:
 *
 *      ActorSystem ─┬─ /node-0 (NodeActor) ── /node-0/life-1 (NodeLife) ── threads of node 0
 *                   ├─ /node-1 (NodeActor) ── ...
 */
import type {Milliseconds, NodeId} from '../../src/raft/types.js';
import type {NodeMetrics} from '../metrics/cluster-metrics.js';
import type {ReplicaOptions, ReplicaStatus} from '../replica/protocol.js';
import {healthyConditions, type ThreadConditions} from '../replica/thread-conditions.js';
import type {ReplyTo} from '../runtime/ask.js';
import {ActorStoppedError, AskFailedError} from '../runtime/errors.js';
import type {ActorRef} from '../runtime/ref.js';
import {ActorSystem} from '../runtime/system.js';
import {closedError, ClusterStateError, NodesFailedError} from './errors.js';
import {type Availability, availabilityOf} from './health.js';
import {NodeActor, type NodeActorOptions, type NodeCommand, notUp} from './node-actor.js';
import {isInUse} from './node-damage.js';
import {type NodeRecord, type StartLedger, waitsForLives} from './node-life.js';
import type {ClusterEvent} from './cluster-event.js';
import type {NodeState} from './node-state.js';
import {Replica, type ReplicaSurroundings} from './replica.js';

export interface SupervisorOptions extends ReplicaSurroundings {
	readonly replicas: readonly ReplicaOptions[];
	readonly starts: StartLedger;
	readonly restartsPerMinute: number;
	readonly random: () => number;
	readonly event: (event: ClusterEvent) => void;
}

interface Supervised extends NodeRecord {
	readonly actor: ActorRef<NodeCommand>;
	/** Lives that have begun. */
	starts: number;
}

const noMetrics: Omit<NodeMetrics, 'id' | 'starts'> = {isUp: false, raft: undefined, server: undefined, threads: []};
/** A node that is busy for longer hears of it later. */
const effectsTimeoutMs: Milliseconds = 500;
/** More than all waits of a start together, and of those commands that wait before it. */
const commandTimeoutMs: Milliseconds = 10 * 60_000;

export class Supervisor {
	readonly #options: SupervisorOptions;
	readonly #system: ActorSystem;
	readonly #nodes: ReadonlyMap<NodeId, Supervised>;
	#isStopped = false;
	/** All are being started for the first time, and not yet a majority is up. */
	#isBeginning = false;
	/** What went wrong while the nodes stopped. */
	#failures: Error[] = [];

	constructor(options: SupervisorOptions) {
		this.#options = options;
		this.#system = new ActorSystem({name: 'supervisor', random: options.random});
		this.#nodes = new Map(options.replicas.map(replica => [replica.id, this.#supervise(replica)]));
	}

	/**
	 * Starts all. It is enough that one is up, and that those that are not damaged are a majority: what is not damaged is
	 * tried again until it is up. Otherwise all are stopped again, and the error of the node that failed is thrown, or a
	 * `NodesFailedError` with those of several.
	 */
	async start(): Promise<void> {
		this.#isBeginning = true;
		const results = await Promise.allSettled([...this.#nodes.keys()].map(id => this.restart(id)));
		this.#isBeginning = false;
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
		return this.replicaOf(id)
			?.status(timeoutMs)
			.catch(() => undefined);
	}

	/** Of each node that is up and answers in time; `isUp` is false of the others. Never rejects. */
	async metrics(timeoutMs: number): Promise<readonly NodeMetrics[]> {
		return Promise.all(
			Array.from(this.#nodes, async ([id, {starts}]) => {
				const counted = await this.replicaOf(id)?.metrics(timeoutMs);
				return {id, starts, ...(counted ?? noMetrics)};
			}),
		);
	}

	/** Has all nodes that are up tell their machine's effects, or none of them, as there are listeners. Never rejects. */
	async tellEffects(): Promise<void> {
		await Promise.all([...this.#nodes.keys()].map(id => this.#tellEffects(id)));
	}

	/** Ends the node's threads at once, wherever they are. It stays down until `restart`. */
	async kill(id: NodeId): Promise<void> {
		const {actor} = this.#node(id);
		try {
			await command(actor, replyTo => ({type: 'kill', replyTo}));
		} catch (error) {
			if (!this.#isStopped) throw error;
			// The end of the cluster is that of the node.
			await this.#system.terminated;
		}
	}

	/**
	 * Starts a node that is not up; one that is up is killed first. Its data is what its disk holds. Rejects with what keeps
	 * it from starting; unless that is damage, it is tried again by itself.
	 */
	async restart(id: NodeId): Promise<void> {
		const {actor, state} = this.#node(id);
		if (state.type === 'up') await this.kill(id);
		await command(actor, replyTo => ({type: 'start', replyTo}));
	}

	/** Resolves when it begins. `clockStops`: the node's clock stands still as well. Throws for a node that is not up. */
	async pause(id: NodeId, ms: number, clockStops: boolean): Promise<void> {
		if (this.replicaOf(id) === undefined) throw notUp(id);
		await command(this.#node(id).actor, replyTo => ({type: 'pause', ms, clockStops, replyTo}));
	}

	/** What is wrong with the node's threads from now on, in later lives as well. */
	setConditions(id: NodeId, conditions: ThreadConditions): void {
		this.#node(id).conditions = conditions;
		// Not waited for: a thread that is paused hears of it when it goes on, and one that ends needs not hear of it.
		this.replicaOf(id)
			?.setConditions(conditions)
			.catch(() => undefined);
	}

	/** The node's clock leaps. Throws for a node that is not up: it has no clock. */
	async leapClock(id: NodeId, byMs: number): Promise<void> {
		const replica = this.replicaOf(id);
		if (replica === undefined) throw notUp(id);
		await replica.leapClock(byMs);
	}

	/** The node's clock goes on, if it stands still. A node that is not up has lost its clock. */
	async resumeClock(id: NodeId): Promise<void> {
		await this.replicaOf(id)?.resumeClock();
	}

	/** Stops all nodes in good order; what they have taken is finished. Resolves with what went wrong, when all have ended. */
	async stop(): Promise<readonly Error[]> {
		this.#isStopped = true;
		this.#options.router.clusterEnds();
		await Promise.all([...this.#nodes.values()].map(({actor}) => actor.stop()));
		await this.#system.stop();
		const failures = this.#failures;
		this.#failures = [];
		return failures;
	}

	#supervise(options: ReplicaOptions): Supervised {
		const {router, starts, random, restartsPerMinute} = this.#options;
		const node: NodeRecord & {starts: number} = {
			options,
			state: {type: 'down'},
			conditions: healthyConditions,
			starts: 0,
		};
		const actorOptions: NodeActorOptions = {
			node,
			starts,
			startReplica: (given, loaded) => {
				node.starts += 1;
				return Replica.start(given, {...this.#options, event: event => this.#tell(event)}, loaded);
			},
			detach: id => router.detachNode(id),
			random,
			isClosing: () => this.#isStopped,
			event: event => this.#tell(event),
			quickRestartsMax: restartsPerMinute,
		};
		const spawnOptions = {...waitsForLives, name: `node-${options.id}`};
		return Object.assign(node, {actor: this.#system.spawn(() => new NodeActor(actorOptions), spawnOptions)});
	}

	#node(id: NodeId): Supervised {
		const node = this.#nodes.get(id);
		if (node === undefined)
			throw new ClusterStateError(`there is no node ${id}: nodes are 0 to ${this.#nodes.size - 1}`);
		return node;
	}

	#noteBeginning(): void {
		const states = [...this.#nodes.values()].map(({state}) => state.type);
		if (states.filter(state => state === 'up').length <= states.length / 2) return;
		this.#isBeginning = false;
		this.#options.router.nodesBegan();
	}

	async #tellEffects(id: NodeId): Promise<void> {
		const {isHeard, through} = this.#options.effects;
		// One that has ended needs not be told; one that is slow hears of it when it goes on.
		await this.replicaOf(id)
			?.tellEffects(isHeard ? through : undefined, effectsTimeoutMs)
			.catch(() => undefined);
	}

	#tell(event: ClusterEvent): void {
		// Somebody may have begun to listen while it started.
		if (event.type === 'nodeUp' && this.#options.effects.isHeard) void this.#tellEffects(event.id);
		if (event.type === 'nodeUp' && this.#isBeginning) this.#noteBeginning();
		if (event.type === 'nodeStopFailed') this.#failures.push(event.error);
		try {
			this.#options.event(event);
		} catch (error) {
			// A listener that throws is a bug of its owner, and must not end a node.
			setImmediate(() => {
				throw error;
			});
		}
	}
}

async function command(
	actor: ActorRef<NodeCommand>,
	makeCommand: (replyTo: ReplyTo<void>) => NodeCommand,
): Promise<void> {
	try {
		await actor.ask(makeCommand, {timeoutMs: commandTimeoutMs});
	} catch (error) {
		const isStopped = error instanceof AskFailedError && error.cause instanceof ActorStoppedError;
		throw isStopped ? closedError() : error;
	}
}
