/**
 * One life of a node as an actor: its threads, from their start to their end. When it fails, its supervisor starts the next
 * incarnation after a pause, for as long as the cluster lives; unless the error is damage of the node's files.
 */
import type {Milliseconds, NodeId} from '../../src/raft/types.js';
import {codeOf} from '../../src/storage/error-code.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {Actor, ActorContext} from '../runtime/actor.js';
import type {Restart, StopReason} from '../runtime/lifecycle.js';
import {Supervision} from '../runtime/supervision.js';
import type {ReplicaOptions} from '../replica/protocol.js';
import {healthyConditions, type ThreadConditions} from '../replica/thread-conditions.js';
import {deathOf, type ThreadExit} from './controlled-thread.js';
import {damageOf} from './node-damage.js';
import type {ClusterEvent} from './cluster-event.js';
import type {NodeState} from './node-state.js';
import type {Replica} from './replica.js';

/** Counts the starts of nodes, durably: see src/storage/start-check.ts. */
export interface StartLedger {
	beginStart(id: NodeId): Promise<ExpectedStart>;
	confirmStart(id: NodeId): Promise<void>;
}

/** What a node's actors share, and what others may read of it. */
export interface NodeRecord {
	readonly options: ReplicaOptions;
	state: NodeState;
	/** What is wrong with its threads on purpose, in this life and the next ones. */
	conditions: ThreadConditions;
}

export interface NodeLifeOptions {
	readonly node: NodeRecord;
	readonly starts: StartLedger;
	/** Starts the threads; see `Replica.start`. */
	readonly startReplica: (
		options: ReplicaOptions,
		loaded: (cut: CutTail | undefined) => Promise<void>,
	) => Promise<Replica>;
	/** Nothing of its threads is heard or reached any more. */
	readonly detach: (id: NodeId) => void;
	/** In `[0, 1)`. */
	readonly random: () => number;
	/** The cluster closes: threads end in good order. */
	readonly isClosing: () => boolean;
	readonly event: (event: ClusterEvent) => void;
	/** A start has ended: the node is up, or this error kept it from that. The node's state says so by now. */
	readonly begun: (error: Error | undefined) => void;
}

/** Its threads have ended, and nobody asked them to. */
export interface ThreadDied {
	readonly type: 'threadDied';
	readonly exit: ThreadExit;
}

const slowDelayMs: Milliseconds = 30_000;

/**
 * A node is tried for as long as the cluster lives: a disk that answers again, space that is free again, or descriptors
 * that are free again bring it back without anybody's help. The first tries come quickly, and a node that keeps failing
 * is tried at long intervals.
 */
export function lifeSupervision({options}: NodeRecord, quickRestartsMax: number): Supervision {
	const {directory} = options.storage;
	return new Supervision({
		strategy: error => (damageOf(error as Error, directory) === undefined ? 'restart' : 'stop'),
		restartsMax: quickRestartsMax,
		spentDelayMs: slowDelayMs,
	});
}

/** For actors that wait for threads. Each such wait has a deadline of its own; a thread that nobody waits for outlives the cluster. */
export const waitsForLives = {stopDeadlineMs: Infinity} as const;

export class NodeLife implements Actor<ThreadDied> {
	readonly #options: NodeLifeOptions;
	#replica: Replica | undefined;

	constructor(options: NodeLifeOptions) {
		this.#options = options;
	}

	async started({self}: ActorContext<ThreadDied>): Promise<void> {
		const {node, begun} = this.#options;
		node.state = {type: 'starting'};
		try {
			const replica = await this.#startThreads();
			this.#replica = replica;
			void replica.exited.then(exit => self.tell({type: 'threadDied', exit}));
			node.state = {type: 'up', replica};
			// Not waited for: `exited` tells of a thread that does not answer any more.
			if (node.conditions !== healthyConditions) replica.setConditions(node.conditions).catch(() => undefined);
		} catch (error) {
			throw this.#failed(error);
		}
		this.#options.event({type: 'nodeUp', id: node.options.id});
		begun(undefined);
	}

	receive({exit}: ThreadDied): void {
		throw this.#failed(exit.error ?? deathOf(exit, 'stop'));
	}

	restarting({error, delayMs}: Restart): void {
		const {node, event, begun} = this.#options;
		node.state = {type: 'waiting', error: error as Error};
		if (isOfDisk(error as Error)) event({type: 'diskFailed', id: node.options.id, error: error as Error});
		event({type: 'nodeRestarting', id: node.options.id, delayMs, error: error as Error});
		begun(error as Error);
	}

	async stopped(reason: StopReason): Promise<void> {
		const {node, event, begun, isClosing} = this.#options;
		const {id, storage} = node.options;
		const error = reason.type === 'failed' ? (reason.error as Error) : undefined;
		const damage = error === undefined ? undefined : damageOf(error, storage.directory);
		if (error === undefined || damage === undefined) {
			node.state = {type: 'down'};
			await this.#endThreads(isClosing());
		} else {
			node.state = {type: 'damaged', error, damage};
			event({type: 'nodeDamaged', id, error, damage});
		}
		begun(error);
	}

	async #startThreads(): Promise<Replica> {
		const {node, starts, random, event} = this.#options;
		const {id} = node.options;
		// A node's lives must not repeat each other's chance: a late answer to one could answer the next.
		const seed = Math.floor(random() * 2 ** 32);
		const storage = {...node.options.storage, expectedStart: await starts.beginStart(id)};
		return this.#options.startReplica({...node.options, storage, seed}, async cut => {
			await starts.confirmStart(id);
			if (cut !== undefined) event({type: 'logTailCut', id, ...cut});
		});
	}

	/** Those of a life that failed have ended. */
	async #endThreads(inGoodOrder: boolean): Promise<void> {
		const {node, detach, event} = this.#options;
		const {id} = node.options;
		if (!inGoodOrder) {
			detach(id);
			return this.#replica?.kill();
		}
		const failures = (await this.#replica?.stop()) ?? [];
		for (const error of failures) event({type: 'nodeStopFailed', id, error: named(id, error)});
	}

	#failed(thrown: unknown): Error {
		const {id} = this.#options.node.options;
		this.#options.detach(id);
		return named(id, thrown instanceof Error ? thrown : new Error(String(thrown)));
	}
}

/** A read, a write or a name of the directory failed, and not what the files hold. */
function isOfDisk(error: Error): boolean {
	const code = codeOf(error);
	return code === 'ERR_STORAGE_FAILED' || code === 'ERR_DIRECTORY_UNUSABLE';
}

/** Says of which node it is the error. */
export function named(id: NodeId, error: Error): Error {
	const prefix = `node ${id}: `;
	if (!error.message.startsWith(prefix)) error.message = `${prefix}${error.message}`;
	return error;
}
