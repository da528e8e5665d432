/**
 * A whole cluster in this process: every node on a worker thread, a router between them that can inject faults, and
 * clerks to talk to it.
 *
 *      Clerk ─┐            ┌─▶ replica thread 0: RaftActor, KvActor, write-ahead log
 *      Clerk ─┼─▶ Router ◀─┼─▶ replica thread 1: ...
 *      Clerk ─┘            └─▶ replica thread 2: ...
 *                Supervisor: starts, watches, restarts
 */
import {performance} from 'node:perf_hooks';
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import type {Fault} from '../../src/faults/faults.js';
import {Random} from '../../src/base/random.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';
import type {DiskFaultSettings} from '../../src/storage/faulty-disk.js';
import type {KvTypes} from '../../src/kv/words.js';
import {OperationError} from '../../src/service/errors.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {isAborted, unlessAborted, WaitAbortedError, type WaitOptions} from '../abort.js';
import {Clerk} from '../clerk/clerk.js';
import {MachineClerk} from '../clerk/machine-clerk.js';
import {loadMachine} from '../replica/load-machine.js';
import type {ClerkOptions} from '../clerk/clerk-host.js';
import type {ClusterMetrics} from '../metrics/cluster-metrics.js';
import {processMetrics} from '../metrics/process-metrics.js';
import {ThreadMeter} from '../metrics/thread-meter.js';
import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import {Router, type RouterCounters} from '../network/router.js';
import type {SettledCounters} from '../network/settled-counters.js';
import {backupCluster, type LivingNode} from '../recovery/backup-cluster.js';
import type {BackupReport} from '../recovery/backup-file.js';
import type {DataDirectory} from './data-directory.js';
import {checkArgument, milliseconds, text, wholeNumber} from '../options/check-options.js';
import {ClusterStateError, ClusterUnavailableError, ThreadError} from './errors.js';
import {type ClusterOptions, resolveClusterOptions, type ResolvedClusterOptions} from './options.js';
import {decodeError} from '../codec/error-codec.js';
import {FaultInjection} from './faults/fault-injection.js';
import type {NamedFault} from './faults/named-fault.js';
import {type EffectListener, EffectStream, type MissedEffects} from './effect-stream.js';
import {type Availability, type ClusterHealth, healthOf, leaderOf} from './health.js';
import {openDirectory, replicaOptions} from './replica-options.js';
import type {ClusterEvent} from './cluster-event.js';
import {notUp} from './node-actor.js';
import {type LogOptions, type NodeLog, readNodeLog, type SnapshotReport, takeNodeSnapshot} from './node-log.js';
import type {Replica} from './replica.js';
import {ClusterEmitter} from './cluster-emitter.js';
import type {NodeStatus} from './node-state.js';
import {Supervisor} from './supervisor.js';

/** How long a status waits for a node that is busy or paused. */
const statusTimeoutMs = 500;
const leaderPollMs = 20;
/** How long a backup waits for a node to prove that it leads; then it looks for another leader. */
const barrierTimeoutMs = 5000;

/** What the cluster knows of its clerks on this thread. */
interface LocalClerk {
	readonly pendingCount: number;
	close(): void;
}

/** How metrics are collected. All of it can be left out. */
export interface MetricsOptions {
	/** How long a node that is busy or paused is waited for, ms. @default 500 */
	readonly timeoutMs?: number;
}

/** How effects are listened to. All of it can be left out. */
export interface EffectOptions {
	/** How long a leader is waited for, ms. @default 10000 */
	readonly timeoutMs?: number;
	/** Ends the wait, or the listening, when it is aborted. */
	readonly signal?: AbortSignal | undefined;
	/** Is told when effects may have been lost. @default nobody */
	readonly missed?: (missed: MissedEffects) => void;
}

/**
 * Nodes on threads of their own, and the network between them.
 *
 * @typeParam T of the state machine; that of keys and values unless `ClusterOptions.machine` names another
 */
export class Cluster<T extends MachineTypes = KvTypes> extends ClusterEmitter implements AsyncDisposable {
	/** The network's faults. A change takes effect by itself: for what is sent after it, and for replies that arrive after it. */
	readonly faults: FaultPlan;
	readonly #options: ResolvedClusterOptions;
	readonly #router: Router;
	readonly #supervisor: Supervisor;
	readonly #random: Random;
	readonly #directory: DataDirectory;
	readonly #machine: Machine<T>;
	readonly #clerks = new Set<LocalClerk>();
	readonly #mainThread = new ThreadMeter('main');
	readonly #effects: EffectStream<T>;
	readonly #injection: FaultInjection;
	#closing: Promise<void> | undefined;

	private constructor(options: ResolvedClusterOptions, machine: Machine<T>, directory: DataDirectory, owner: string) {
		// Of each node what was put back, and what recovery has cut off.
		super({heldMax: 2 * options.nodes});
		this.#machine = machine;
		this.#options = options;
		this.#directory = directory;
		this.#random = Random.fromSeed(options.seed);
		this.faults = new FaultPlan({faults: []}, {nodeCount: options.nodes});
		const now = (): number => performance.now();
		const [plan, random, nodes] = [this.faults, this.#random, this.nodeIds];
		this.#injection = new FaultInjection({plan, random, nodes, now, tell: event => this.#tellOf(event)});
		this.#router = new Router({plan: this.faults, random: this.#random, now});
		this.#effects = new EffectStream({
			schedule: (delayMs, callback) => {
				const timer = setTimeout(callback, delayMs);
				return () => clearTimeout(timer);
			},
			// A listener that throws is a bug of its owner, as it is for events.
			threw: error => void setImmediate(throwIt, error),
			decodeError: error => decodeError(error, []),
		});
		this.#supervisor = new Supervisor({
			effects: this.#effects,
			replicas: replicaOptions(options, directory, owner, id => this.#injection.sharedWith(id)),
			router: this.#router,
			starts: directory,
			entries: options.threads,
			restartsPerMinute: options.restartsPerMinute,
			random: () => this.#random.float(),
			event: event => this.tell(event),
		});
		const directoryOf = (id: NodeId): string => directory.nodeDirectory(id);
		this.#injection.connect(this.#supervisor, directoryOf);
	}

	/**
	 * Starts all nodes on what their directories hold, and resolves when each has read its log or has failed to (a leader
	 * may not be elected yet: clerks wait for that). A node that cannot start does not stop the others: `status` tells
	 * whether it is damaged, or is tried again. Throws an `OptionError`; a `DataDirectoryError` for what concerns the whole
	 * directory; and when none can start, or a majority is damaged, the error of that node or a `NodesFailedError`.
	 */
	static async start<T extends MachineTypes = KvTypes>(options: ClusterOptions = {}): Promise<Cluster<T>> {
		const resolved = resolveClusterOptions(options);
		const owner = `${process.pid}-${performance.now()}-${Math.random()}`;
		// Here only for its name and its words: the state is the replicas'.
		const machine = (await loadMachine({module: resolved.machine, valueBytesMax: 0})) as unknown as Machine<T>;
		const cluster = new Cluster(resolved, machine, await openDirectory(resolved, machine.name, owner), owner);
		for (const node of cluster.#directory.putBack) cluster.tell({type: 'directoryPutBack', id: nodeId(node)});
		try {
			await cluster.#supervisor.start();
			return cluster;
		} catch (error) {
			// What goes wrong with stopping a cluster that did not start adds nothing to the reason for that.
			await cluster.close().catch(() => undefined);
			throw error;
		}
	}

	/** All nodes, from 0, whatever state they are in. */
	get nodeIds(): readonly NodeId[] {
		return Array.from({length: this.#options.nodes}, (_, id) => nodeId(id));
	}

	/** Bytes of keys and values beyond which writes that add to them are refused. */
	get maxMemoryBytes(): number {
		return this.#options.maxMemoryBytes;
	}

	/** Messages and bytes since the start. */
	get traffic(): Readonly<RouterCounters> {
		return this.#router.counters;
	}

	/** How operations of this cluster's clerks on this thread ended, since the start. */
	get operations(): Readonly<SettledCounters> {
		return this.#router.settled;
	}

	/**
	 * Shows messages as they pass the network, with what the faults make of each, until the function that it returns is called.
	 * While nobody listens it costs nothing. Under load there are tens of thousands a second: `perSecondMax` bounds what is told.
	 */
	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions = {}): () => void {
		return this.#router.taps.add(listener, options);
	}

	/** Raft requests that reached a node since it was last started. */
	deliveredTo(id: NodeId): number {
		return this.#router.delivered.get(id) ?? 0;
	}

	/**
	 * A client of a cluster of keys and values, on this thread. Close it when it is no longer needed; the cluster closes what
	 * is left. Throws a `ClusterStateError` when the cluster is closed or runs another machine, and an `OptionError`.
	 */
	clerk(this: Cluster, options: ClerkOptions = {}): Clerk {
		if (this.#machine.name !== 'kv') {
			const message = `the cluster runs the machine '${this.#machine.name}', which has no keys: use machineClerk()`;
			throw new ClusterStateError(message);
		}
		return this.#newClerk(options, (own, refusal) => Clerk.local(this.#router, this.nodeIds, own, refusal));
	}

	/**
	 * A client of a cluster of any machine, in that machine's own types. Throws a `ClusterStateError` when the cluster is
	 * closed, and an `OptionError`.
	 */
	machineClerk(options: ClerkOptions = {}): MachineClerk<T> {
		const machine = {words: this.#machine.words, servers: this.nodeIds};
		return this.#newClerk(options, (own, refusal) => MachineClerk.local(this.#router, machine, own, refusal));
	}

	/** For a clerk on another thread: transfer the port, and give it to `Clerk.connect` there. */
	clerkPort(): {readonly port: MessagePort; readonly client: number; readonly servers: readonly NodeId[]} {
		const {port1, port2} = new MessageChannel();
		return {port: port2, client: this.#router.attachClientPort(port1), servers: this.nodeIds};
	}

	/** What each node is at, by number. A node that does not answer within 500 ms has no `replica`. Never rejects. */
	async status(): Promise<readonly NodeStatus[]> {
		return Promise.all(
			this.nodeIds.map(async id => {
				const replica = await this.#supervisor.status(id, statusTimeoutMs);
				const state = this.#supervisor.stateOf(id);
				return {
					id,
					state: state.type,
					replica,
					error: state.type === 'waiting' || state.type === 'damaged' ? state.error : undefined,
					damage: state.type === 'damaged' ? state.damage : undefined,
					faults: this.#injection.of(id),
				};
			}),
		);
	}

	/** What the states of the nodes alone allow, without asking them: `serving` only means that a majority is up. */
	get availability(): Availability {
		return this.#supervisor.availability;
	}

	/**
	 * What can be counted and measured of the cluster at this moment: plain data, with times in ms and sizes in bytes. A node that does
	 * not answer in time has `isUp: false`, and nothing else is told of it. What costs something is measured only from the first call
	 * on, until two minutes after the last: stages of commits (samples) and the delay of event loops. Never rejects, but with an `OptionError`.
	 */
	async metrics({timeoutMs = statusTimeoutMs}: MetricsOptions = {}): Promise<ClusterMetrics> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		const nodes = await this.#supervisor.metrics(timeoutMs);
		const {messages, bytes, clientRequests, lost, undeliverable} = this.#router.counters;
		const {messages: delayed, bytes: delayedBytes} = this.#router.delayed;
		const {answered, failed} = this.operations;
		let operationsPending = 0;
		for (const {pendingCount} of this.#clerks) operationsPending += pendingCount;
		return {
			nodes,
			network: {messages, bytes, clientRequests, lost, undeliverable, delayed, delayedBytes},
			clerks: {clerks: this.#clerks.size, operationsPending, answered, failed},
			mainThread: this.#mainThread.read(),
			process: processMetrics(),
		};
	}

	/** Whether it can serve now, and what is wrong. */
	async health(): Promise<ClusterHealth> {
		return healthOf(await this.status());
	}

	/** The leader of the newest term that any node knows of itself; `undefined` while there is none. */
	async leader(): Promise<NodeId | undefined> {
		return leaderOf(await this.status());
	}

	/**
	 * Waits for a leader. Rejects with a `ClusterStateError` after `timeoutMs`, with an `OptionError` for a time that is none, and
	 * with a `WaitAbortedError`.
	 */
	async waitForLeader(timeoutMs: number, {signal}: WaitOptions = {}): Promise<NodeId> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		return unlessAborted(signal, 'a leader', () => this.#nextLeader(timeoutMs, signal));
	}

	async #nextLeader(timeoutMs: number, signal: AbortSignal | undefined): Promise<NodeId> {
		const deadline = performance.now() + timeoutMs;
		for (;;) {
			const leader = await this.leader();
			if (leader !== undefined) return leader;
			if (performance.now() >= deadline || signal?.aborted === true) {
				throw new ClusterStateError(`no leader within ${timeoutMs} ms: is a majority of the nodes up and connected?`);
			}
			await new Promise(resolve => void setTimeout(resolve, leaderPollMs));
		}
	}

	/**
	 * Writes the state of now into one file, for `restoreBackup`, while the nodes go on: every write that was acknowledged
	 * before the call is in it. Rejects with a `BackupError` when no leader could give a snapshot within `timeoutMs`, with
	 * a `BackupFileError` when the file exists or cannot be written, with an `OptionError`, and with a `WaitAbortedError`; then there
	 * is no file.
	 */
	async backup(file: string, timeoutMs = 60_000, {signal}: WaitOptions = {}): Promise<BackupReport> {
		checkArgument('file', text(), file);
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		if (this.#closing !== undefined) throw new ClusterStateError('the cluster is closed: start a new one');
		return backupCluster(async () => this.#livingLeader(), file, {timeoutMs, now: () => performance.now(), signal});
	}

	/**
	 * Entries of a node's log as it holds them now, committed or not: the last 20, or a part. Rejects with a `ClusterStateError` for
	 * a node that is not up, with a `ThreadError` for one that does not answer in time, and with an `OptionError`.
	 */
	async log(id: NodeId, options: LogOptions = {}): Promise<NodeLog<T>> {
		const {from = 1, to = 1, countMax = 20, timeoutMs = 0} = options;
		checkArgument('from', wholeNumber(1), from);
		checkArgument('to', wholeNumber(1), to);
		checkArgument('countMax', wholeNumber(1, 1000), countMax);
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		return readNodeLog(id, this.#living(id), this.#machine.words, options);
	}

	/**
	 * Has a node take a snapshot of all that it has applied, and drop its log up to there; resolves when that is done, or at once
	 * where its snapshot includes all of that already. Rejects with a `ClusterStateError` for a node that is not up, or has not
	 * done it in time; with a `ThreadError` for one that does not answer; and with an `OptionError`.
	 */
	async takeSnapshot(id: NodeId, timeoutMs = 60_000): Promise<SnapshotReport> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		return takeNodeSnapshot(id, this.#living(id), timeoutMs, () => performance.now());
	}

	#living(id: NodeId): Replica {
		const replica = this.#supervisor.replicaOf(id);
		if (replica === undefined) throw notUp(id);
		return replica;
	}

	/**
	 * Tells a listener what the machine emits, on this thread: each effect once, in the order of the log. Resolves when that has
	 * begun, with how to end it. From then on every effect is told of each write that is begun later, and of none that was
	 * acknowledged before the call. Effects are lost only if every replica that applied their write ends before it tells, and the
	 * others came past it by a snapshot: then `missed` is told which. Rejects with a `ClusterStateError` when no leader answers in
	 * time or the cluster is closed, and with an `OptionError`.
	 */
	async onEffect(
		listener: EffectListener<T>,
		{timeoutMs = 10_000, missed = () => undefined, signal}: EffectOptions = {},
	): Promise<() => void> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		const silence = (): void => {
			if (!this.#effects.isHeard) void this.#supervisor.tellEffects();
		};
		try {
			const what = 'the beginning of effects';
			const after = await unlessAborted(signal, what, () => this.#presentRevision(timeoutMs, signal));
			const remove = this.#effects.add({listener, missed, after});
			const end = (): void => {
				signal?.removeEventListener('abort', end);
				remove();
				silence();
			};
			signal?.addEventListener('abort', end);
			await this.#supervisor.tellEffects();
			if (signal?.aborted === true) throw new WaitAbortedError(what, signal.reason);
			return end;
		} catch (error) {
			silence();
			throw error;
		}
	}

	/** Ends a node's threads at once. Its data stays, and it stays down until `restart`, or until the fault `crash` is healed. */
	async kill(id: NodeId): Promise<void> {
		this.#injection.sharedWith(id);
		if (this.#injection.isClosed) await this.#supervisor.kill(id);
		else await this.#injection.inject({type: 'crash', node: id, disk: 'kept'});
	}

	/**
	 * Starts a node from its data; one that is up is killed first. Rejects with what keeps it from starting: unless that is
	 * damage, it is tried again by itself.
	 */
	async restart(id: NodeId): Promise<void> {
		await this.#injection.restarting(id);
		await this.#supervisor.restart(id);
	}

	/** Blocks a node's event loop for that long. Resolves when that begins. Throws an `OptionError` for a time that is none. */
	async pause(id: NodeId, ms: number): Promise<void> {
		checkArgument('ms', milliseconds(0), ms);
		this.#injection.sharedWith(id);
		await this.#injection.inject({type: 'pause', node: id, durationMs: ms, clockStops: false});
	}

	/**
	 * Sets a fault of the network, of a process, of a disk or of a clock, and resolves when it acts. One of the same name is
	 * taken back first; without a name it gets one by its kind and its place, such as `slowSync 2`. Throws a `FaultError` for a
	 * fault that makes no sense, a `FaultRefusedError` for one that this cluster is not given, and a `ClusterStateError` for
	 * a node that is not up where it has to be.
	 */
	async inject(fault: Fault, name?: string): Promise<NamedFault> {
		return this.#injection.inject(fault, name);
	}

	/** All faults that are set, in the order in which they were; those of `faults`, `kill` and `pause` too. */
	get injected(): readonly NamedFault[] {
		return this.#injection.list;
	}

	/**
	 * Takes the faults of these names back, or all; answers which there were. Nodes that were crashed are started. Rejects with
	 * what keeps one from starting.
	 */
	async heal(names?: readonly string[]): Promise<readonly NamedFault[]> {
		return this.#injection.heal(names);
	}

	/** Operations of a node's disk that failed, were late or were changed by a fault, since the start of the cluster. */
	diskFaultHits(id: NodeId): number {
		return this.#injection.sharedWith(id).diskFaults.hits;
	}

	/**
	 * Makes operations of a node's disk fail or take long, from the next one on, until other settings are given; `{}` takes them
	 * back. They stay when the node's thread ends and starts again. `inject` sets the same as faults with names.
	 */
	setDiskFaults(id: NodeId, settings: DiskFaultSettings): void {
		this.#injection.setDiskFaults(id, settings);
	}

	/** What is wrong on purpose with a node's disk; `{}`: nothing. */
	diskFaults(id: NodeId): DiskFaultSettings {
		return this.#injection.diskFaults(id);
	}

	/**
	 * Stops clerks, nodes and network, in this order; everything settles. What went wrong meanwhile it rejects with, when
	 * all threads have ended and all directories are free. Idempotent.
	 */
	async close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	/** The same as `close`, for `await using`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	/** A listener that throws is a bug of its owner, and must not keep a fault from being set or taken back. */
	#tellOf(event: ClusterEvent): void {
		try {
			this.tell(event);
		} catch (error) {
			setImmediate(throwIt, error);
		}
	}

	async #livingLeader(): Promise<LivingNode | undefined> {
		const id = await this.leader();
		// Before the read: who answers it is then this very life of the node.
		const replica = id === undefined ? undefined : this.#supervisor.replicaOf(id);
		if (id === undefined || replica === undefined) return undefined;
		return {
			identity: this.#directory.identityOf(id),
			directory: this.#directory.nodeDirectory(id),
			readAsLeader: () => this.#readAsLeader(id, barrierTimeoutMs),
			status: () => replica.status(statusTimeoutMs),
			takeSnapshot: index => replica.takeSnapshot(index, barrierTimeoutMs),
		};
	}

	/** Resolves when this node, as a leader, has answered a read: it has then applied all that was acknowledged before. */
	async #readAsLeader(id: NodeId, timeoutMs: number, signal?: AbortSignal): Promise<void> {
		const machine = {words: this.#machine.words, servers: [id]};
		const clerk = MachineClerk.local(this.#router, machine, {timeoutMs});
		try {
			await clerk.barrier({signal});
		} finally {
			clerk.close();
		}
	}

	/** A revision that no write acknowledged so far is beyond. The leader tells effects from there on. */
	async #presentRevision(timeoutMs: number, signal: AbortSignal | undefined): Promise<number> {
		const deadline = performance.now() + timeoutMs;
		for (let left = timeoutMs; left >= 0 && !isAborted(signal); left = deadline - performance.now()) {
			if (this.#closing !== undefined) throw new ClusterStateError('the cluster is closed: start a new one');
			const id = await this.leader();
			// Before the read: who answers it is then this very life of the node.
			const replica = id === undefined ? undefined : this.#supervisor.replicaOf(id);
			if (id !== undefined && replica !== undefined) {
				try {
					await this.#readAsLeader(id, Math.max(1, left), signal);
					// Nobody waits any more, and the node must not begin to tell.
					if (isAborted(signal)) break;
					const told = await replica.tellEffects(this.#effects.through, barrierTimeoutMs);
					this.#effects.skipTo(told);
					return told;
				} catch (error) {
					// It leads no more, or has ended: another one is asked.
					if (!(error instanceof OperationError) && !(error instanceof ThreadError)) throw error;
				}
			}
			await new Promise(resolve => void setTimeout(resolve, leaderPollMs));
		}
		const message = `no leader answered within ${timeoutMs} ms, so no effects are told: is a majority of the nodes up and connected?`;
		throw new ClusterStateError(message);
	}

	async #close(): Promise<void> {
		this.#mainThread.close();
		for (const clerk of this.#clerks) clerk.close();
		await this.#injection.quiet();
		const failures = await this.#supervisor.stop();
		await this.#injection.close();
		this.#router.close();
		await this.#directory.close();
		this.endEvents();
		if (failures.length > 1) throw new AggregateError(failures, failures.map(({message}) => message).join('; '));
		if (failures[0] !== undefined) throw failures[0];
	}

	#newClerk<Client extends LocalClerk>(
		options: ClerkOptions,
		make: (options: ClerkOptions, refusal: (() => Error | undefined) | undefined) => Client,
	): Client {
		if (this.#closing !== undefined) throw new ClusterStateError('the cluster is closed: start a new one');
		const closed = (): void => {
			this.#clerks.delete(clerk);
			options.closed?.();
		};
		const refusal = options.refuseWhileDown === true ? () => this.#refusal() : undefined;
		const clerk = make({...options, closed}, refusal);
		this.#clerks.add(clerk);
		return clerk;
	}

	#refusal(): ClusterUnavailableError | undefined {
		const {availability} = this.#supervisor;
		return availability === 'serving' ? undefined : new ClusterUnavailableError(availability);
	}
}

function throwIt(error: unknown): never {
	throw error;
}
