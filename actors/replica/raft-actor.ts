/** The raft node as an actor: the core, its driver, its storage. */
import type {Random} from '../../src/base/random.js';
import type {RaftEvent} from '../../src/raft/events.js';
import {RaftDriver} from '../../src/raft/driver.js';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import {RaftNode} from '../../src/raft/raft-node.js';
import type {
	LogEntry,
	LogIndex,
	Milliseconds,
	NodeId,
	PersistentState,
	RaftMessage,
	ServiceInput,
} from '../../src/raft/types.js';
import {unreachable} from '../../src/base/errors.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import type {Actor, ActorContext} from '../runtime/actor.js';
import type {RaftActorMessage, ReplicaOptions, ReplicaStatus} from './protocol.js';

export interface RaftActorOptions {
	readonly replica: ReplicaOptions;
	readonly storage: RaftStorage;
	/** What the storage has loaded. */
	readonly state: PersistentState;
	readonly random: Random;
	readonly now: () => Milliseconds;
	readonly send: (to: NodeId, message: RaftMessage) => void;
	/** See `DriverOptions`. */
	readonly sent: () => void;
	readonly service: (input: ServiceInput) => void;
	readonly event: (event: RaftEvent) => void;
	/** The node has stopped and says why; its thread must end. */
	readonly failed: (error: Error) => void;
	readonly context: ActorContext<RaftActorMessage>;
}

/** Bytes of a snapshot that are loaded in one go: about a millisecond of work. */
const installChunkBytes = 128 * 2 ** 10;

export class RaftActor implements Actor<RaftActorMessage> {
	readonly #now: () => Milliseconds;
	readonly #node: RaftNode;
	readonly #driver: RaftDriver;
	readonly #context: ActorContext<RaftActorMessage>;
	/** When the timer fires. */
	#timerAt: Milliseconds = Infinity;

	constructor({replica, storage, state, random, now, send, sent, service, event, failed, context}: RaftActorOptions) {
		this.#context = context;
		this.#now = now;
		const {id, voters, limits, maxRaftState} = replica;
		const initialConfiguration = {voters, learners: []};
		this.#node = new RaftNode({id, initialConfiguration, random: () => random.float(), limits}, state, now());
		this.#driver = new RaftDriver({
			node: this.#node,
			storage,
			now,
			send,
			sent,
			service,
			event,
			schedule: deadline => this.#schedule(deadline),
			failed,
			maxRaftState,
			snapshotChunkBytes: installChunkBytes,
		});
	}

	started(): void {
		this.#driver.start();
	}

	receive(message: RaftActorMessage): void {
		this.#context.atSliceEnd(this.#flush);
		switch (message.type) {
			case 'message':
			case 'peerDown':
			case 'noLeader':
				return this.#driver.deliver(message);
			case 'service':
				return this.#driver.fromService(message.output);
			case 'timer':
				return this.#wake();
			default:
				return unreachable(message);
		}
	}

	status(): ReplicaStatus {
		const {lastApplied, snapshotBytes} = this.#driver;
		return {
			...this.#node.status(),
			lastApplied,
			snapshotBytes,
			silentPeers: this.#node.silentPeers,
			newestTerms: this.#node.newestTerms,
		};
	}

	/** See `RaftDriver`. */
	takeSnapshot(index: LogIndex): void {
		this.#driver.takeSnapshot(index);
	}

	/** See `RaftDriver`. Resolves with what became of it; never, when the node stops before. */
	async transferLeadership(to: NodeId | undefined): Promise<TransferOutcome> {
		return new Promise(resolve => {
			this.#driver.transferLeadership(to, resolve);
			this.#driver.flush();
		});
	}

	/** Entries of `[from, to)` that the snapshot does not hold, for people who look and for judges of a whole cluster. */
	entries(from: LogIndex, to: LogIndex): readonly LogEntry[] {
		return this.#node.entries(from, to);
	}

	/** What came together is one step: one batch for the disk, one message for each follower. */
	readonly #flush = (): void => this.#driver.flush();

	stopped(): void {
		this.#driver.stop();
	}

	/** Deadlines mostly move away (each heartbeat moves the election's): the timer is only ever armed earlier. */
	#schedule(deadline: Milliseconds): void {
		if (deadline >= this.#timerAt) return;
		this.#timerAt = deadline;
		this.#context.timers.start('deadline', {type: 'timer'}, Math.max(0, Math.ceil(deadline - this.#now())));
	}

	#wake(): void {
		this.#timerAt = Infinity;
		if (this.#now() >= this.#node.nextDeadline()) this.#driver.deliver({type: 'tick'});
		else this.#schedule(this.#node.nextDeadline());
	}
}
