/**
 * A cluster of real nodes and drivers on virtual time, with a network, disks and services that misbehave by seed.
 * Everything that happens is judged at once (see `harness/judge.ts`). One seed, one run, bit for bit.
 */
import {strict as check} from 'node:assert';
import {RaftDriver} from '../../src/raft/driver.js';
import {defaultRaftLimits, type RaftLimits} from '../../src/raft/options.js';
import {RaftNode, type RaftStatus} from '../../src/raft/raft-node.js';
import {
	type Configuration,
	type LogIndex,
	nodeId,
	type NodeId,
	type RaftMessage,
	type ServiceInput,
	type ServiceOutput,
	type Term,
} from '../../src/raft/types.js';
import {TestStorage} from './harness/disk.js';
import {EventQueue} from './harness/event-queue.js';
import {Judge, type Witness} from './harness/judge.js';
import {LogImage} from './harness/log-image.js';
import {TestNetwork} from './harness/network.js';
import {Random} from './harness/random.js';
import {TestService} from './harness/service.js';

export interface ClusterOptions {
	readonly seed: number;
	readonly voters: number;
	readonly learners?: number;
	readonly limits?: Partial<RaftLimits>;
	/** @default never */
	readonly maxRaftState?: number | undefined;
	/** Mean ms until a disk operation is done; 0: before its call returns. @default 1 */
	readonly diskMeanMs?: number;
	/** Mean ms between a node and its service, each way; 0: a plain call. @default 0 */
	readonly serviceMeanMs?: number;
	/** Sees every message that leaves a node; `false` swallows it. */
	readonly onSend?: (from: NodeId, to: NodeId, message: RaftMessage) => boolean | void;
}

interface Life {
	readonly node: RaftNode;
	readonly driver: RaftDriver;
	readonly storage: TestStorage;
	readonly service: TestService;
	tickAt: number;
	/** Questions without an answer. */
	readonly proposals: Set<number>;
	readonly reads: Map<number, {readonly floor: LogIndex; readonly onAnswer: (isReady: boolean) => void}>;
	readonly toService: Channel;
	readonly fromService: Channel;
}

/** Keeps its order, whatever sleeps. */
interface Channel {
	lastAt: number;
	readonly waiting: (() => void)[];
}

export class TestNode implements Witness {
	readonly id: NodeId;
	memory = new LogImage();
	durable = new LogImage();
	applied: LogIndex = 0;
	life: Life | undefined;
	pausedUntil = 0;
	/** Until then its disk finishes nothing. */
	diskStalledUntil = 0;
	diskMeanMs: number;

	constructor(id: NodeId, diskMeanMs: number) {
		this.id = id;
		this.diskMeanMs = diskMeanMs;
	}

	status(): RaftStatus | undefined {
		return this.life?.node.status();
	}
}

export class TestCluster {
	readonly random: Random;
	readonly judge: Judge;
	readonly network: TestNetwork;
	readonly nodes: readonly TestNode[];
	readonly configuration: Configuration;
	readonly limits: RaftLimits;
	/** Proposals that were applied where they were proposed, by index. */
	readonly acknowledged = new Map<LogIndex, Term>();
	readonly #options: ClusterOptions;
	readonly #events = new EventQueue();
	#nextQuestion = 1;
	#failure: Error | undefined;

	constructor(options: ClusterOptions) {
		this.#options = options;
		this.random = new Random(options.seed);
		this.limits = {...defaultRaftLimits, ...options.limits};
		const ids = Array.from({length: options.voters + (options.learners ?? 0)}, (_, id) => nodeId(id));
		this.configuration = {voters: ids.slice(0, options.voters), learners: ids.slice(options.voters)};
		this.nodes = ids.map(id => new TestNode(id, options.diskMeanMs ?? 1));
		this.judge = new Judge(this.configuration, this.limits, this.nodes);
		this.network = new TestNetwork(
			this.random,
			(delayMs, action) => this.#events.schedule(delayMs, action),
			(from, to, message) => this.#onLife(this.node(to), life => this.#deliver(to, life, from, message)),
		);
		for (const id of ids) this.start(id);
	}

	get now(): number {
		return this.#events.now;
	}

	node(id: number): TestNode {
		const node = this.nodes[id];
		check.ok(node !== undefined);
		return node;
	}

	/** Of those who claim to lead, the one with the newest term. */
	leader(): TestNode | undefined {
		let found: TestNode | undefined;
		for (const node of this.nodes) {
			if (node.status()?.role !== 'leader') continue;
			if (found === undefined || node.status()!.currentTerm > found.status()!.currentTerm) found = node;
		}
		return found;
	}

	// ------------------------------------------------------------------------------------------------ life

	start(id: number): void {
		const slot = this.node(id);
		check.equal(slot.life, undefined, 'a node is started once');
		slot.memory = slot.durable.copy();
		slot.applied = slot.durable.snapshotIndex;
		this.judge.restarted(slot);
		slot.life = this.#newLife(slot);
		slot.life.driver.start();
		this.judge.inspect(slot);
	}

	#newLife(slot: TestNode): Life {
		const storage = new TestStorage(slot.durable, {
			at: (time, action) => this.#events.scheduleAt(time, () => slot.life === life && this.#onLife(slot, action)),
			delayMs: () => this.#diskDelayMs(slot),
			now: () => this.now,
			written: batch => {
				slot.memory.apply(batch, new Uint8Array(0));
				this.judge.written(slot, batch);
			},
		});
		const node = new RaftNode(
			{id: slot.id, initialConfiguration: this.configuration, random: () => this.random.next(), limits: this.limits},
			slot.durable.state(),
			this.now,
		);
		const driver = new RaftDriver({
			node,
			storage,
			now: () => this.now,
			send: (to, message) => this.#send(slot, to, message),
			service: input => this.#toService(slot, life, input),
			schedule: deadline => this.#scheduleTick(slot, life, deadline),
			failed: error => {
				this.#failure ??= error;
			},
			maxRaftState: this.#options.maxRaftState,
			snapshotChunkBytes: this.limits.snapshotChunkBytes,
		});
		const service = new TestService({
			random: this.random,
			output: output => this.#fromService(slot, life, output),
			applied: (index, fingerprint) => this.judge.applied(index, fingerprint),
			installed: fingerprints => this.judge.installed(fingerprints),
			told: input => this.#answered(life, input),
		});
		const life: Life = {
			node,
			driver,
			storage,
			service,
			tickAt: Infinity,
			proposals: new Set(),
			reads: new Map(),
			toService: {lastAt: 0, waiting: []},
			fromService: {lastAt: 0, waiting: []},
		};
		return life;
	}

	crash(id: number): void {
		const slot = this.node(id);
		const {life} = slot;
		if (life === undefined) return;
		slot.life = undefined;
		slot.pausedUntil = 0;
		life.storage.crash(this.random);
	}

	/** Runs now, or when the node wakes up. */
	#onLife(slot: TestNode, action: (life: Life) => void): void {
		const {life} = slot;
		if (life === undefined) return;
		if (slot.pausedUntil > this.now) {
			this.#events.scheduleAt(slot.pausedUntil, () => slot.life === life && this.#onLife(slot, action));
			return;
		}
		action(life);
		this.#rethrow();
		this.judge.inspect(slot);
	}

	#diskDelayMs(slot: TestNode): number | undefined {
		const stallMs = Math.max(0, slot.diskStalledUntil - this.now);
		if (slot.diskMeanMs === 0 && stallMs === 0) return undefined;
		return stallMs + this.random.exponential(slot.diskMeanMs);
	}

	// ---------------------------------------------------------------------------------------- raft and time

	#send(slot: TestNode, to: NodeId, message: RaftMessage): void {
		this.judge.sent(slot, to, message);
		if (this.#options.onSend?.(slot.id, to, message) !== false) this.network.send(slot.id, to, message);
	}

	#deliver(id: NodeId, life: Life, from: NodeId, message: RaftMessage): void {
		const {driver} = life;
		const slot = this.node(id);
		driver.deliver({type: 'message', from, message});
		// Now and then several messages make one turn.
		if (this.random.chance(0.9)) driver.flush();
		else this.#events.schedule(0.5, () => slot.life === life && this.#onLife(slot, () => driver.flush()));
	}

	#scheduleTick(slot: TestNode, life: Life, deadline: number): void {
		if (deadline === life.tickAt) return;
		life.tickAt = deadline;
		this.#events.scheduleAt(deadline, () => {
			if (slot.life !== life || life.tickAt !== deadline) return;
			this.#onLife(slot, () => {
				if (life.tickAt !== deadline) return;
				life.tickAt = Infinity;
				life.driver.deliver({type: 'tick'});
				life.driver.flush();
			});
		});
	}

	// --------------------------------------------------------------------------------------------- service

	#toService(slot: TestNode, life: Life, input: ServiceInput): void {
		if (input.type === 'apply') {
			for (const entry of input.entries) this.judge.commits(slot, entry);
			slot.applied = input.entries.at(-1)?.index ?? slot.applied;
		}
		if (input.type === 'installSnapshot') slot.applied = input.snapshot.lastIncludedIndex;
		this.#inOrder(slot, life, life.toService, () => life.service.receive(input));
	}

	#fromService(slot: TestNode, life: Life, output: ServiceOutput): void {
		this.#inOrder(slot, life, life.fromService, () => {
			life.driver.fromService(output);
			if (this.#options.serviceMeanMs !== undefined) life.driver.flush();
		});
	}

	#inOrder(slot: TestNode, life: Life, channel: Channel, action: () => void): void {
		const {serviceMeanMs = 0} = this.#options;
		if (serviceMeanMs === 0) return action();
		channel.lastAt = Math.max(channel.lastAt, this.now + this.random.exponential(serviceMeanMs));
		channel.waiting.push(action);
		this.#events.scheduleAt(
			channel.lastAt,
			() => slot.life === life && this.#onLife(slot, () => channel.waiting.shift()?.()),
		);
	}

	#answered(life: Life, input: ServiceInput): void {
		switch (input.type) {
			case 'proposed':
			case 'proposalRefused':
				check.ok(life.proposals.delete(input.proposalId), 'a proposal is answered once');
				return;
			case 'readReady':
			case 'readRefused': {
				const read = life.reads.get(input.readId);
				check.ok(read !== undefined && life.reads.delete(input.readId), 'a read is answered once');
				if (input.type === 'readReady') {
					check.ok(input.readIndex >= read.floor, `a read at ${input.readIndex} misses commit ${read.floor}`);
					const committed = Math.max(this.judge.committed.length, life.node.status().commitIndex);
					check.ok(input.readIndex <= committed, 'a read sees only what is committed');
				}
				return read.onAnswer(input.type === 'readReady');
			}
			default:
		}
	}

	// --------------------------------------------------------------------------------------------- clients

	propose(id: number, commands: readonly Uint8Array[]): void {
		const slot = this.node(id);
		this.#onLife(slot, life => {
			const proposalId = this.#nextQuestion++;
			life.proposals.add(proposalId);
			life.driver.fromService({type: 'propose', proposalId, commands});
			life.driver.flush();
		});
	}

	read(id: number, onAnswer: (isReady: boolean) => void = () => {}): void {
		const slot = this.node(id);
		this.#onLife(slot, life => {
			const readId = this.#nextQuestion++;
			life.reads.set(readId, {floor: this.judge.committed.length, onAnswer});
			life.driver.fromService({type: 'read', readId});
			life.driver.flush();
		});
	}

	// ------------------------------------------------------------------------------------------------ time

	later(delayMs: number, action: () => void): void {
		this.#events.schedule(delayMs, action);
	}

	runFor(ms: number): void {
		const end = this.now + ms;
		while (this.#events.nextAt <= end) this.#runNext();
		this.#events.now = end;
	}

	/** Whether the condition came true within that time. */
	runUntil(condition: () => boolean, withinMs: number): boolean {
		const end = this.now + withinMs;
		while (!condition()) {
			if (this.#events.nextAt > end) return false;
			this.#runNext();
		}
		return true;
	}

	#runNext(): void {
		this.#events.runNext();
		this.#rethrow();
	}

	/** What the judge throws inside of a driver is what stopped that driver. */
	#rethrow(): void {
		if (this.#failure !== undefined) throw this.#failure;
	}
}
