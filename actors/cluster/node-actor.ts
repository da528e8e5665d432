/**
 * The supervisor of one node: takes the commands on it, one after the other, and has the node's present life for a child.
 *
 *      start, kill, pause ──▶ NodeActor ── spawns, stops, restarts ──▶ NodeLife ──▶ threads
 */
import {existsSync} from 'node:fs';
import {unreachable} from '../../src/base/errors.js';
import type {NodeId} from '../../src/raft/types.js';
import {releaseAbandoned} from '../../src/storage/directory-lock.js';
import type {Actor, ActorContext} from '../runtime/actor.js';
import type {ReplyTo} from '../runtime/ask.js';
import type {ActorRef} from '../runtime/ref.js';
import type {Supervision} from '../runtime/supervision.js';
import {ClusterStateError} from './errors.js';
import {waitsForLives, lifeSupervision, named, NodeLife, type NodeLifeOptions, type ThreadDied} from './node-life.js';

/** Each is answered when it is done, or with what kept it from that. */
export type NodeCommand =
	/** Starts a node that is not up. */
	| {readonly type: 'start'; readonly replyTo: ReplyTo<void>}
	/** Ends its threads at once; it stays down until it is started. */
	| {readonly type: 'kill'; readonly replyTo: ReplyTo<void>}
	/** Blocks its event loop; done when that begins. */
	| {readonly type: 'pause'; readonly ms: number; readonly clockStops: boolean; readonly replyTo: ReplyTo<void>};

export interface NodeActorOptions extends Omit<NodeLifeOptions, 'begun'> {
	readonly quickRestartsMax: number;
}

export class NodeActor implements Actor<NodeCommand> {
	readonly #options: NodeActorOptions;
	/** Goes on from life to life. */
	readonly #supervision: Supervision;
	#life: ActorRef<ThreadDied> | undefined;
	#lives = 0;
	/** To be told how the present or next start of a life ends. */
	#whenBegun: ((error: Error | undefined) => void)[] = [];

	constructor(options: NodeActorOptions) {
		this.#options = options;
		this.#supervision = lifeSupervision(options.node, options.quickRestartsMax);
	}

	async receive(command: NodeCommand, context: ActorContext<NodeCommand>): Promise<void> {
		const {replyTo} = command;
		const answer = (error: Error | undefined): void =>
			error === undefined ? context.reply(replyTo, undefined) : context.reject(replyTo, error);
		switch (command.type) {
			case 'start':
				return answer(await this.#start(context));
			case 'kill':
				await this.#kill();
				return answer(undefined);
			case 'pause':
				// Not waited for: a thread that is blocked answers late, and may be killed meanwhile.
				return void this.#pause(command.ms, command.clockStops).then(
					() => answer(undefined),
					(error: unknown) => answer(error as Error),
				);
			default:
				return unreachable(command);
		}
	}

	/** The life of its node has ended. */
	stopped(): void {
		const {node, event} = this.#options;
		const {id, storage} = node.options;
		try {
			// A thread that was killed could not let go of its directory, and while this process lives, others may take it for used.
			if (existsSync(storage.directory)) releaseAbandoned(storage.directory, storage.owner);
		} catch (error) {
			event({type: 'nodeStopFailed', id, error: named(id, error as Error)});
		}
	}

	/** Resolves with what keeps the node from starting. */
	async #start(context: ActorContext<NodeCommand>): Promise<Error | undefined> {
		const {node, isClosing} = this.#options;
		// It is being tried again at this moment.
		if (node.state.type === 'starting') await this.#nextStart();
		if (node.state.type === 'up' || isClosing()) return undefined;
		await this.#life?.stop();
		const begun = this.#nextStart();
		this.#lives += 1;
		this.#life = context.spawn(() => new NodeLife({...this.#options, begun: error => this.#begun(error)}), {
			...waitsForLives,
			name: `life-${this.#lives}`,
			supervision: this.#supervision,
		});
		return begun;
	}

	async #kill(): Promise<void> {
		const {node, event} = this.#options;
		node.state = {type: 'down'};
		await this.#life?.stop();
		event({type: 'nodeDown', id: node.options.id});
	}

	async #pause(ms: number, clockStops: boolean): Promise<void> {
		const {state, options} = this.#options.node;
		if (state.type !== 'up') throw notUp(options.id);
		await state.replica.pause(ms, clockStops);
	}

	async #nextStart(): Promise<Error | undefined> {
		return new Promise(resolve => this.#whenBegun.push(resolve));
	}

	#begun(error: Error | undefined): void {
		for (const tell of this.#whenBegun.splice(0)) tell(error);
	}
}

export const notUp = (id: NodeId): ClusterStateError => new ClusterStateError(`node ${id} is not up: restart it first`);
