/**
 * Carries out a node's effects: the one place where the core meets storage, transport and service. The real actor and
 * the simulator run this very code, so the ordering rules exist once and are the ones that are tested.
 *
 *      transport ◀── send ── ┌────────────┐ ── persist ──▶ storage
 *      transport ── deliver ▶│ RaftDriver │◀── done ────── storage
 *      service ◀─ ServiceIn─ └────────────┘ ◀─ ServiceOutput ─ service
 *
 * Inputs are queued and taken a turn at a time: whatever came since the last `flush` is one step of the core.
 */
import type {DriverStorage} from './driver-storage.js';
import type {Effect, Input} from './effects.js';
import type {RaftEvent} from './events.js';
import {FailureGuard} from './failure-guard.js';
import {unreachable} from '../base/errors.js';
import type {RaftNode} from './raft-node.js';
import {ServiceFeed} from './service-feed.js';
import {SnapshotCourier} from './snapshot-courier.js';
import {SnapshotSender} from './snapshot-sender.js';
import type {TransferOutcome} from './transfer-outcome.js';
import type {
	LogIndex,
	Milliseconds,
	NodeId,
	RaftMessage,
	ServiceInput,
	ServiceOutput,
	SnapshotMeta,
	WriteBatch,
} from './types.js';

/** The node, and what it is given of the world. */
export interface DriverOptions {
	readonly node: RaftNode;
	readonly storage: DriverStorage;
	/** Monotonic ms. */
	readonly now: () => Milliseconds;
	/** May lose the message, or deliver it late or twice. */
	readonly send: (to: NodeId, message: RaftMessage) => void;
	/**
	 * What was sent can leave: no more comes for now, or the disk is written first. A leader's entries must be on their way
	 * before it waits for its own disk (dissertation §10.2.1). @default nothing: each message leaves by itself
	 */
	readonly sent?: () => void;
	/** Handed over in order; the service may answer at once, by `fromService`. */
	readonly service: (input: ServiceInput) => void;
	/** For whoever watches. @default nobody does */
	readonly event?: (event: RaftEvent) => void;
	/** After each flush: when the next `tick` is due. */
	readonly schedule: (deadline: Milliseconds) => void;
	/** The node has stopped: a broken invariant, or a storage that failed. Told once; nothing happens after it. */
	readonly failed: (error: Error) => void;
	/** Bytes of log that make the service take a snapshot; `undefined`: never. */
	readonly maxRaftState: number | undefined;
	/** Bytes of one chunk handed to the service when a snapshot is loaded. */
	readonly snapshotChunkBytes: number;
}

/**
 * Carries out the effects of one node, in their order, on a storage and a network that its user brings. It owns no clock
 * and no timer.
 */
export class RaftDriver {
	readonly #options: DriverOptions;
	readonly #guard: FailureGuard;
	readonly #feed: ServiceFeed;
	readonly #courier: SnapshotCourier;
	readonly #sender: SnapshotSender;
	#inputs: Input[] = [];
	#outputs: ServiceOutput[] = [];
	/** Who asked for a transfer, and is to be told what becomes of it. */
	readonly #transfers = new Map<number, (outcome: TransferOutcome) => void>();
	#lastTransferId = 0;
	#isTakingOutputs = false;
	#isFlushing = false;

	constructor(options: DriverOptions) {
		const {node, storage, send, service, snapshotChunkBytes, maxRaftState = Infinity} = options;
		this.#options = options;
		this.#guard = new FailureGuard(error => {
			this.#letGo();
			options.failed(error);
		});
		this.#feed = new ServiceFeed({service, storage, guard: this.#guard, snapshotChunkBytes});
		this.#sender = new SnapshotSender({storage, send});
		this.#courier = new SnapshotCourier({
			log: node,
			storage,
			feed: this.#feed,
			guard: this.#guard,
			resume: input => this.#resume(input),
			maxRaftState,
		});
	}

	/** Loads the stored snapshot, if there is one, into the service. Once, before anything else. */
	start(): void {
		const reader = this.#guard.run(() => this.#options.storage.openSnapshot());
		if (reader !== undefined) this.#feed.install(reader.snapshot, reader);
		this.flush();
	}

	/** Takes an input, for the next `run`. After a stop it is dropped. */
	deliver(input: Input): void {
		if (!this.#guard.isStopped) this.#inputs.push(input);
	}

	/** What a service says while it is being told something waits its turn, so that a stream of chunks needs no deep stack. */
	fromService(output: ServiceOutput): void {
		if (this.#guard.isStopped) return;
		this.#outputs.push(output);
		if (this.#isTakingOutputs) return;
		this.#isTakingOutputs = true;
		this.#guard.run(() => {
			for (let next = this.#outputs.shift(); next !== undefined; next = this.#outputs.shift()) this.#takeOutput(next);
		});
		this.#isTakingOutputs = false;
	}

	/** Steps until nothing is left to do; to be called once a turn, after the turn's inputs were delivered. */
	flush(): void {
		if (this.#isFlushing || this.#guard.isStopped) return;
		this.#isFlushing = true;
		this.#guard.run(() => {
			while (this.#inputs.length > 0 && !this.#guard.isStopped) this.#step();
		});
		this.#isFlushing = false;
		this.#options.sent?.();
		if (!this.#guard.isStopped) this.#options.schedule(this.#options.node.nextDeadline());
	}

	/** Lets go of open snapshots. The storage is its owner's to close. */
	stop(): void {
		if (this.#guard.isStopped) return;
		this.#guard.stop();
		this.#letGo();
	}

	/** Has the service take a snapshot that includes this committed index, unless the current one does. */
	takeSnapshot(index: LogIndex): void {
		if (!this.#guard.isStopped) this.#guard.run(() => this.#courier.want(index));
	}

	/**
	 * Hands the leadership over, to the best of the others without `to`; for the next `flush`. `settled` is told what has become of
	 * it, at once or within two election timeouts; never, when the node stops before.
	 */
	transferLeadership(to: NodeId | undefined, settled: (outcome: TransferOutcome) => void): void {
		if (this.#guard.isStopped) return;
		this.#lastTransferId += 1;
		this.#transfers.set(this.#lastTransferId, settled);
		this.deliver({type: 'transferLeadership', transferId: this.#lastTransferId, to});
	}

	/** The highest index that the service's state includes (figure 2). */
	get lastApplied(): LogIndex {
		return this.#feed.lastApplied;
	}

	/** Bytes of the current snapshot; 0 where there is none. */
	get snapshotBytes(): number {
		return this.#guard.isStopped ? 0 : (this.#guard.run(() => this.#sender.snapshotBytes) ?? 0);
	}

	#takeOutput(output: ServiceOutput): void {
		switch (output.type) {
			case 'propose':
			case 'read':
				return void this.#inputs.push(output);
			case 'applied':
				this.#feed.applied(output.index);
				return void this.#inputs.push(output);
			case 'snapshotChunk':
				return this.#courier.takeChunk(output.index, output.data, output.done);
			case 'installChunkLoaded':
				return this.#feed.loadNext(output.index);
			default:
				return unreachable(output);
		}
	}

	#step(): void {
		const inputs = this.#inputs;
		this.#inputs = [];
		const {node, now, event} = this.#options;
		const isFinishedTold = this.#courier.isFinishedToldNext;
		for (const effect of node.step(inputs, now())) this.#perform(effect);
		for (const told of node.events) event?.(told);
		if (isFinishedTold) this.#courier.finishedIsSettled();
		this.#courier.takeIfDue();
	}

	#perform(effect: Effect): void {
		if (this.#guard.isStopped) return;
		switch (effect.type) {
			case 'send':
				return this.#options.send(effect.to, effect.message);
			case 'persist':
				return this.#persist(effect.sequence, effect.batch);
			case 'service':
				return this.#feed.tell(effect.input);
			case 'sendSnapshot':
				return this.#sender.send(effect.to, effect.message, effect.bytesMax);
			case 'storeSnapshotChunk':
				return this.#courier.storeChunk(effect);
			case 'dropReceivedSnapshot':
				return this.#courier.dropReceived();
			case 'installSnapshot':
				return this.#install(effect.snapshot);
			case 'transferSettled':
				return this.#transferSettled(effect.transferId, effect.outcome);
			default:
				return unreachable(effect);
		}
	}

	#persist(sequence: number, batch: WriteBatch): void {
		const {snapshot} = batch;
		this.#options.sent?.();
		this.#options.storage.write(
			batch,
			this.#guard.whenDone(() => {
				if (snapshot !== undefined) this.#snapshotIsCurrent(snapshot);
				this.#resume({type: 'persisted', sequence});
			}),
		);
	}

	#install(snapshot: SnapshotMeta): void {
		this.#courier.abandonTaking();
		this.#feed.install(snapshot, undefined);
	}

	#snapshotIsCurrent(snapshot: SnapshotMeta): void {
		this.#sender.close();
		this.#feed.snapshotIsCurrent(snapshot);
	}

	#transferSettled(transferId: number, outcome: TransferOutcome): void {
		const settled = this.#transfers.get(transferId);
		this.#transfers.delete(transferId);
		settled?.(outcome);
	}

	#resume(input: Input): void {
		this.deliver(input);
		this.flush();
	}

	#letGo(): void {
		this.#inputs = [];
		this.#outputs = [];
		this.#transfers.clear();
		this.#feed.stop();
		this.#sender.close();
		this.#courier.stop();
	}
}
