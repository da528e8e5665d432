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
import type {Effect, Input} from './effects.js';
import {assert, unreachable} from '../base/errors.js';
import type {RaftNode} from './raft-node.js';
import {
	type InstallSnapshot,
	type LogIndex,
	type Milliseconds,
	type NodeId,
	type RaftMessage,
	type ServiceInput,
	type ServiceOutput,
	type SnapshotMeta,
	type WriteBatch,
} from './types.js';

type Done = (error?: Error) => void;

interface SnapshotWriter {
	write(data: Uint8Array, done: Done): void;
	finish(done: Done): void;
	abort(): void;
}

interface SnapshotReader {
	readonly snapshot: SnapshotMeta;
	readonly size: number;
	read(offset: number, length: number): Uint8Array;
	close(): void;
}

/** What the driver needs of a `RaftStorage`. */
export interface DriverStorage {
	write(batch: WriteBatch, done: Done): void;
	createSnapshot(snapshot: SnapshotMeta): SnapshotWriter;
	openSnapshot(): SnapshotReader | undefined;
}

export interface DriverOptions {
	readonly node: RaftNode;
	readonly storage: DriverStorage;
	readonly now: () => Milliseconds;
	readonly send: (to: NodeId, message: RaftMessage) => void;
	/**
	 * What was sent can leave: no more comes for now, or the disk is written first. A leader's entries must be on their way
	 * before it waits for its own disk (dissertation §10.2.1). @default nothing: each message leaves by itself
	 */
	readonly sent?: () => void;
	/** Handed over in order; the service may answer at once, by `fromService`. */
	readonly service: (input: ServiceInput) => void;
	/** After each flush: when the next `tick` is due. */
	readonly schedule: (deadline: Milliseconds) => void;
	/** The node has stopped: a broken invariant, or a storage that failed. Told once; nothing happens after it. */
	readonly failed: (error: Error) => void;
	/** Bytes of log that make the service take a snapshot; `undefined`: never. */
	readonly maxRaftState: number | undefined;
	/** Bytes of one chunk handed to the service when a snapshot is loaded. */
	readonly snapshotChunkBytes: number;
}

/** The service loads a snapshot; committed entries wait until it has. */
interface Installation {
	readonly snapshot: SnapshotMeta;
	/** Undefined until the batch that makes the snapshot current is durable. */
	source: SnapshotReader | undefined;
	offset: number;
	/** The last chunk was handed over. */
	isComplete: boolean;
	readonly heldApplies: ServiceInput[];
}

type StoreChunk = Extract<Effect, {type: 'storeSnapshotChunk'}>;

/** A deferred snapshot may let the log grow this many times beyond `maxRaftState`, no further. */
const deferredGrowthMax = 4;

export class RaftDriver {
	readonly #options: DriverOptions;
	#inputs: Input[] = [];
	#outputs: ServiceOutput[] = [];
	#isTakingOutputs = false;
	#isFlushing = false;
	#isStopped = false;
	/** The service's state includes this index (figure 2). */
	#lastApplied: LogIndex = 0;
	/** Highest index that was handed to the service. */
	#handedIndex: LogIndex = 0;

	#installation: Installation | undefined;
	/** The service's own snapshot: asked for, then streamed. */
	#taking: {sink: SnapshotWriter | undefined} | undefined;
	/** Somebody waits for a snapshot that includes this index, however short the log is. */
	#wantedIndex: LogIndex = 0;
	/** A service on another thread may still send chunks, up to this index, of a snapshot that was abandoned. */
	#abandonedIndex: LogIndex = 0;
	/** A snapshot that a leader sends. */
	#receiving: SnapshotWriter | undefined;
	/**
	 * The snapshot whose last chunk is written: storage makes it durable, then the step that hears of it names it in a
	 * batch. Storage keeps one such snapshot, so no other is begun meanwhile.
	 */
	#finishing: 'inStorage' | 'inNextStep' | undefined;
	/** A leader's first chunk, until another snapshot is finished. */
	#waitingChunk: StoreChunk | undefined;
	/** The current snapshot, open for followers and for who asks its size. */
	#sending: SnapshotReader | undefined;

	constructor(options: DriverOptions) {
		this.#options = options;
	}

	/** Loads the stored snapshot, if there is one, into the service. Once, before anything else. */
	start(): void {
		const source = this.#guard(() => this.#options.storage.openSnapshot());
		if (source !== undefined) this.#install(source.snapshot, source);
		this.flush();
	}

	deliver(input: Input): void {
		if (!this.#isStopped) this.#inputs.push(input);
	}

	/** What a service says while it is being told something waits its turn, so that a stream of chunks needs no deep stack. */
	fromService(output: ServiceOutput): void {
		if (this.#isStopped) return;
		this.#outputs.push(output);
		if (this.#isTakingOutputs) return;
		this.#isTakingOutputs = true;
		this.#guard(() => {
			for (let next = this.#outputs.shift(); next !== undefined; next = this.#outputs.shift()) this.#takeOutput(next);
		});
		this.#isTakingOutputs = false;
	}

	#takeOutput(output: ServiceOutput): void {
		switch (output.type) {
			case 'propose':
			case 'read':
				return void this.#inputs.push(output);
			case 'applied':
				this.#lastApplied = Math.max(this.#lastApplied, output.index);
				return void this.#inputs.push(output);
			case 'snapshotChunk':
				return this.#takeChunk(output.index, output.data, output.done);
			case 'installChunkLoaded':
				return this.#installNext(output.index);
			default:
				return unreachable(output);
		}
	}

	/** Steps until nothing is left to do; to be called once a turn, after the turn's inputs were delivered. */
	flush(): void {
		if (this.#isFlushing || this.#isStopped) return;
		this.#isFlushing = true;
		this.#guard(() => {
			while (this.#inputs.length > 0 && !this.#isStopped) this.#step();
		});
		this.#isFlushing = false;
		this.#options.sent?.();
		if (!this.#isStopped) this.#options.schedule(this.#options.node.nextDeadline());
	}

	/** Lets go of open snapshots. The storage is its owner's to close. */
	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#inputs = [];
		this.#outputs = [];
		this.#installation?.source?.close();
		this.#sending?.close();
		this.#taking?.sink?.abort();
		this.#receiving?.abort();
	}

	/** The highest index that the service's state includes (figure 2). */
	get lastApplied(): LogIndex {
		return this.#lastApplied;
	}

	/** Bytes of the current snapshot; 0 where there is none. */
	get snapshotBytes(): number {
		return this.#isStopped ? 0 : (this.#guard(() => this.#currentSnapshot())?.size ?? 0);
	}

	#step(): void {
		const inputs = this.#inputs;
		this.#inputs = [];
		const {node, now} = this.#options;
		const isFinishedTold = this.#finishing === 'inNextStep';
		for (const effect of node.step(inputs, now())) this.#perform(effect);
		if (isFinishedTold) this.#snapshotIsSettled();
		this.#takeSnapshotIfDue();
	}

	#perform(effect: Effect): void {
		if (this.#isStopped) return;
		switch (effect.type) {
			case 'send':
				return this.#options.send(effect.to, effect.message);
			case 'persist':
				return this.#persist(effect.sequence, effect.batch);
			case 'service':
				return this.#tellService(effect.input);
			case 'sendSnapshot':
				return this.#sendChunk(effect.to, effect.message, effect.bytesMax);
			case 'storeSnapshotChunk':
				return this.#storeChunk(effect);
			case 'dropReceivedSnapshot':
				return this.#dropReceived();
			case 'installSnapshot':
				return this.#install(effect.snapshot, undefined);
			default:
				return unreachable(effect);
		}
	}

	#persist(sequence: number, batch: WriteBatch): void {
		const {snapshot} = batch;
		this.#options.sent?.();
		this.#options.storage.write(
			batch,
			this.#whenDone(() => {
				if (snapshot !== undefined) this.#snapshotIsCurrent(snapshot);
				this.#resume({type: 'persisted', sequence});
			}),
		);
	}

	#tellService(input: ServiceInput): void {
		if (input.type === 'apply' && this.#installation !== undefined) {
			this.#installation.heldApplies.push(input);
			return;
		}
		if (input.type === 'apply') this.#handedIndex = input.entries.at(-1)?.index ?? this.#handedIndex;
		this.#options.service(input);
	}

	// ---------------------------------------------------------------------- a snapshot of the service's own

	/** Has the service take a snapshot that includes this committed index, unless the current one does. */
	takeSnapshot(index: LogIndex): void {
		if (this.#isStopped) return;
		this.#wantedIndex = Math.max(this.#wantedIndex, index);
		this.#guard(() => this.#takeSnapshotIfDue());
	}

	#takeSnapshotIfDue(): void {
		const {node, maxRaftState = Infinity} = this.#options;
		const isWanted = this.#wantedIndex > node.snapshotIndex && this.#lastApplied >= this.#wantedIndex;
		if (!isWanted && node.logBytes < maxRaftState) return;
		if (this.#taking !== undefined || this.#installation !== undefined || this.#receiving !== undefined) return;
		if (this.#finishing !== undefined || this.#lastApplied <= this.#abandonedIndex) return;
		if (node.snapshotMeta(this.#lastApplied) === undefined) return;
		if (node.isSendingSnapshot && node.logBytes < maxRaftState * deferredGrowthMax) return;
		this.#taking = {sink: undefined};
		this.#options.service({type: 'takeSnapshot'});
	}

	#takeChunk(index: LogIndex, data: Uint8Array, isLast: boolean): void {
		const taking = this.#taking;
		if (taking === undefined || index <= this.#abandonedIndex) return;
		const sink = taking.sink ?? this.#beginTaking(index);
		if (sink === undefined) return this.#abandonTaking();
		taking.sink = sink;
		sink.write(
			data,
			this.#whenDone(() => {
				if (this.#taking !== taking) return;
				if (!isLast) return this.#options.service({type: 'snapshotChunkStored', index});
				this.#taking = undefined;
				this.#finish(sink, {type: 'snapshotTaken', index});
			}),
		);
	}

	#beginTaking(index: LogIndex): SnapshotWriter | undefined {
		const snapshot = this.#options.node.snapshotMeta(index);
		return snapshot === undefined ? undefined : this.#options.storage.createSnapshot(snapshot);
	}

	#abandonTaking(): void {
		if (this.#taking === undefined) return;
		this.#taking.sink?.abort();
		this.#taking = undefined;
		this.#abandonedIndex = this.#handedIndex;
		this.#options.service({type: 'abandonSnapshot'});
	}

	/** Whatever becomes of the snapshot meanwhile: the core decides whether it is still of use. */
	#finish(sink: SnapshotWriter, input: Input): void {
		this.#finishing = 'inStorage';
		sink.finish(
			this.#whenDone(() => {
				this.#finishing = 'inNextStep';
				this.#resume(input);
			}),
		);
	}

	/** The batch that names the finished snapshot, if the core wanted it, was handed over. */
	#snapshotIsSettled(): void {
		this.#finishing = undefined;
		const chunk = this.#waitingChunk;
		this.#waitingChunk = undefined;
		if (chunk !== undefined && !this.#isStopped) this.#storeChunk(chunk);
	}

	// ------------------------------------------------------------------------------- a leader's snapshot

	#storeChunk(chunk: StoreChunk): void {
		const {snapshot, offset, data, done: isLast} = chunk;
		if (offset === 0) {
			// Storage writes one snapshot at a time, and the leader's is the newer one.
			this.#abandonTaking();
			this.#dropReceived();
			if (this.#finishing !== undefined) {
				this.#waitingChunk = chunk;
				return;
			}
			this.#receiving = this.#options.storage.createSnapshot(snapshot);
		}
		const sink = this.#receiving;
		assert(sink !== undefined, 'a transfer begins at offset 0');
		const stored: Input = {type: 'snapshotChunkStored', snapshot, offset};
		sink.write(
			data,
			this.#whenDone(() => {
				if (this.#receiving !== sink) return;
				if (!isLast) return this.#resume(stored);
				this.#receiving = undefined;
				this.#finish(sink, stored);
			}),
		);
	}

	#dropReceived(): void {
		this.#waitingChunk = undefined;
		this.#receiving?.abort();
		this.#receiving = undefined;
	}

	#install(snapshot: SnapshotMeta, source: SnapshotReader | undefined): void {
		this.#abandonTaking();
		this.#installation?.source?.close();
		// Entries that waited for an older snapshot are part of this one.
		this.#installation = {snapshot, source, offset: 0, isComplete: false, heldApplies: []};
		this.#options.service({type: 'installSnapshot', snapshot});
		if (source !== undefined) this.#installNext(snapshot.lastIncludedIndex);
	}

	#snapshotIsCurrent(snapshot: SnapshotMeta): void {
		this.#sending?.close();
		this.#sending = undefined;
		if (this.#installation?.snapshot !== snapshot) return;
		const source = this.#options.storage.openSnapshot();
		assert(
			source?.snapshot.lastIncludedIndex === snapshot.lastIncludedIndex,
			'storage has the snapshot that it made current',
		);
		this.#installation.source = source;
		this.#installNext(snapshot.lastIncludedIndex);
	}

	/** Hands the next chunk to the service, or what waited for the last one. */
	#installNext(index: LogIndex): void {
		const installation = this.#installation;
		if (installation?.source === undefined || installation.snapshot.lastIncludedIndex !== index) return;
		const {source, offset, heldApplies} = installation;
		if (installation.isComplete) {
			source.close();
			this.#installation = undefined;
			this.#lastApplied = Math.max(this.#lastApplied, index);
			this.#handedIndex = index;
			for (const input of heldApplies) this.#tellService(input);
			return;
		}
		const data = this.#guard(() => source.read(offset, this.#options.snapshotChunkBytes));
		if (data === undefined) return;
		installation.offset += data.length;
		installation.isComplete = installation.offset >= source.size;
		this.#options.service({type: 'installChunk', index, data, done: installation.isComplete});
	}

	#sendChunk(to: NodeId, message: Omit<InstallSnapshot, 'data' | 'done'>, bytesMax: number): void {
		const source = this.#currentSnapshot();
		// The one that the core speaks of may still be on its way to the disk: the next heartbeat asks again.
		if (source?.snapshot.lastIncludedIndex !== message.snapshot.lastIncludedIndex) return;
		// The offset is a follower's word.
		if (message.offset > source.size) return;
		const data = source.read(message.offset, bytesMax);
		const done = message.offset + data.length >= source.size;
		this.#options.send(to, {...message, data, done});
	}

	#currentSnapshot(): SnapshotReader | undefined {
		return (this.#sending ??= this.#options.storage.openSnapshot());
	}

	// ------------------------------------------------------------------------------------------- plumbing

	/** A storage callback: an error stops the node, because what is on the disk is no longer known. */
	#whenDone(continueWith: () => void): Done {
		return error => {
			if (this.#isStopped) return;
			if (error === undefined) this.#guard(continueWith);
			else this.#fail(error);
		};
	}

	#resume(input: Input): void {
		this.deliver(input);
		this.flush();
	}

	#guard<T>(action: () => T): T | undefined {
		try {
			return action();
		} catch (error) {
			this.#fail(error instanceof Error ? error : new Error(String(error)));
			return undefined;
		}
	}

	#fail(error: Error): void {
		if (this.#isStopped) return;
		this.stop();
		this.#options.failed(error);
	}
}
