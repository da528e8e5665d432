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
import type {MessagePort} from 'node:worker_threads';
import type {FaultPlan} from '../../src/faults/fault-plan.js';
import type {Fault} from '../../src/faults/faults.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';
import type {DiskFaultSettings} from '../../src/storage/faulty-disk.js';
import {kvIdentity, type KvTypes} from '../../src/kv/words.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import type {WaitOptions} from '../abort.js';
import type {Clerk} from '../clerk/clerk.js';
import type {ClerkOptions} from '../clerk/clerk-host.js';
import type {MachineClerk} from '../clerk/machine-clerk.js';
import type {ClusterMetrics} from '../metrics/cluster-metrics.js';
import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import type {RouterCounters} from '../network/router-counters.js';
import type {SettledCounters} from '../network/settled-counters.js';
import {checkArgument, milliseconds, text, wholeNumber} from '../options/check-options.js';
import {backupCluster, type LivingNode} from '../recovery/backup-cluster.js';
import type {BackupReport} from '../recovery/backup-file.js';
import {loadMachine} from '../replica/load-machine.js';
import {ClusterEmitter} from './cluster-emitter.js';
import {buildParts, type ClusterParts, type Foundation} from './cluster-parts.js';
import type {EffectOptions} from './effect-listening.js';
import type {EffectListener} from './effect-stream.js';
import {closedError} from './errors.js';
import type {InjectedFault, NamedFault} from './faults/named-fault.js';
import {type Availability, type ClusterHealth, healthOf} from './health.js';
import {statusTimeoutMs} from './leader-watch.js';
import {type LeadershipTransfer, transferLeadership, type TransferOptions} from './leadership-transfer.js';
import {notUp} from './node-actor.js';
import {type LogOptions, type NodeLog, readNodeLog, type SnapshotReport, takeNodeSnapshot} from './node-log.js';
import type {NodeStatus} from './node-state.js';
import {type ClusterOptions, resolveClusterOptions} from './options.js';
import type {Replica} from './replica.js';
import {openDirectory} from './replica-options.js';

/** How long a backup waits for a node to prove that it leads; then it looks for another leader. */
const barrierTimeoutMs = 5000;

/** How metrics are collected. All of it can be left out. */
export interface MetricsOptions {
	/** How long a node that is busy or paused is waited for, ms. @default 500 */
	readonly timeoutMs?: number;
}

/**
 * Nodes on threads of their own, and the network between them.
 *
 * @typeParam T of the state machine; that of keys and values unless `ClusterOptions.machine` names another
 */
export class Cluster<T extends MachineTypes = KvTypes> extends ClusterEmitter implements AsyncDisposable {
	/** The network's faults. A change takes effect by itself: for what is sent after it, and for replies that arrive after it. */
	readonly faults: FaultPlan;
	readonly #foundation: Omit<Foundation<T>, 'tell'>;
	readonly #parts: ClusterParts<T>;
	#closing: Promise<void> | undefined;

	private constructor(foundation: Omit<Foundation<T>, 'tell'>) {
		// Of each node what was put back, and what recovery has cut off.
		super({heldMax: 2 * foundation.nodes.length});
		this.#foundation = foundation;
		this.#parts = buildParts({...foundation, tell: event => this.tell(event)});
		this.faults = this.#parts.plan;
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
		// Here only its name and its words are wanted: the state is the replicas'.
		const named = resolved.machine === undefined ? kvIdentity : await loadMachine(resolved.machine);
		const machine = named as unknown as Pick<Machine<T>, 'name' | 'words'>;
		const nodes = Array.from({length: resolved.nodes}, (_, id) => nodeId(id));
		const directory = await openDirectory(resolved, machine.name, owner);
		const cluster = new Cluster({options: resolved, nodes, machine, directory, owner});
		for (const node of directory.putBack) cluster.tell({type: 'directoryPutBack', id: nodeId(node)});
		try {
			await cluster.#parts.supervisor.start();
			return cluster;
		} catch (error) {
			// What goes wrong with stopping a cluster that did not start adds nothing to the reason for that.
			await cluster.close().catch(() => undefined);
			throw error;
		}
	}

	/** All nodes, from 0, whatever state they are in. */
	get nodeIds(): readonly NodeId[] {
		return [...this.#foundation.nodes];
	}

	/** Bytes of keys and values beyond which writes that add to them are refused. */
	get maxMemoryBytes(): number {
		return this.#foundation.options.maxMemoryBytes;
	}

	/** Messages and bytes since the start. */
	get traffic(): Readonly<RouterCounters> {
		return this.#parts.router.counters;
	}

	/** How operations of this cluster's clerks on this thread ended, since the start. */
	get operations(): Readonly<SettledCounters> {
		return this.#parts.router.settled;
	}

	/**
	 * Shows messages as they pass the network, with what the faults make of each, until the function that it returns is called.
	 * While nobody listens it costs nothing. Under load there are tens of thousands a second: `perSecondMax` bounds what is told.
	 */
	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions = {}): () => void {
		return this.#parts.router.taps.add(listener, options);
	}

	/** Raft requests that reached a node since it was last started. */
	deliveredTo(id: NodeId): number {
		return this.#parts.router.delivered.get(id) ?? 0;
	}

	/**
	 * A client of a cluster of keys and values, on this thread. Close it when it is no longer needed; the cluster closes what
	 * is left. Throws a `ClusterStateError` when the cluster is closed or runs another machine, and an `OptionError`.
	 */
	clerk(this: Cluster, options: ClerkOptions = {}): Clerk {
		return this.#parts.clients.clerk(options);
	}

	/**
	 * A client of a cluster of any machine, in that machine's own types. Throws a `ClusterStateError` when the cluster is
	 * closed, and an `OptionError`.
	 */
	machineClerk(options: ClerkOptions = {}): MachineClerk<T> {
		return this.#parts.clients.machineClerk(options);
	}

	/** For a clerk on another thread: transfer the port, and give it to `Clerk.connect` there. */
	clerkPort(): {readonly port: MessagePort; readonly client: number; readonly servers: readonly NodeId[]} {
		return this.#parts.clients.port();
	}

	/** The state of each node, by number. A node that does not answer within 500 ms has no `replica`. Never rejects. */
	async status(): Promise<readonly NodeStatus[]> {
		return this.#parts.watch.status();
	}

	/** What the states of the nodes alone allow, without asking them: `serving` only means that a majority is up. */
	get availability(): Availability {
		return this.#parts.supervisor.availability;
	}

	/**
	 * What can be counted and measured of the cluster at this moment: plain data, with times in ms and sizes in bytes. A node that does
	 * not answer in time has `isUp: false` and no other values. Stages of commits (samples) and the delay of event loops cost something:
	 * they are measured only from the first call until two minutes after the last. Never rejects, but with an `OptionError`.
	 */
	async metrics({timeoutMs = statusTimeoutMs}: MetricsOptions = {}): Promise<ClusterMetrics> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		return this.#parts.meter.read(timeoutMs);
	}

	/** Whether it can serve now, and what is wrong. */
	async health(): Promise<ClusterHealth> {
		return healthOf(await this.status());
	}

	/** The leader of the newest term that any node knows of itself; `undefined` while there is none. */
	async leader(): Promise<NodeId | undefined> {
		return this.#parts.watch.leader();
	}

	/**
	 * Waits for a leader. Rejects with a `ClusterStateError` after `timeoutMs`, with an `OptionError` for a time that is none, and
	 * with a `WaitAbortedError`.
	 */
	async waitForLeader(timeoutMs: number, {signal}: WaitOptions = {}): Promise<NodeId> {
		checkArgument('timeoutMs', milliseconds(0), timeoutMs);
		return this.#parts.watch.waitForLeader(timeoutMs, signal);
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
		if (this.#closing !== undefined) throw closedError();
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
		return readNodeLog(id, this.#living(id), this.#foundation.machine.words, options);
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

	/**
	 * Has this node lead, or without one the best of the others, and resolves when it does (dissertation §3.10). The leader takes no
	 * writes meanwhile: clerks ask again by themselves, and it costs them about as long as a few writes. Rejects with a
	 * `TransferError`: for a node that there is not, is not up or leads already, without a leader, and when the transfer was given up
	 * after an election timeout (the former leader then goes on, as a rule). Rejects with an `OptionError` and a `WaitAbortedError`, too.
	 */
	async transferLeadership(to?: NodeId, options: TransferOptions = {}): Promise<LeadershipTransfer> {
		if (this.#closing !== undefined) throw closedError();
		const {supervisor} = this.#parts;
		const cluster = {
			nodeIds: this.nodeIds,
			leader: () => this.leader(),
			replicaOf: (id: NodeId) => supervisor.replicaOf(id),
		};
		return transferLeadership(cluster, to, options, () => performance.now());
	}

	#living(id: NodeId): Replica {
		const replica = this.#parts.supervisor.replicaOf(id);
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
		return this.#parts.listening.begin(listener, {timeoutMs, missed, signal});
	}

	/** Ends a node's threads at once. Its data stays, and it stays down until `restart`, or until the fault `crash` is healed. */
	async kill(id: NodeId): Promise<void> {
		this.#parts.injection.sharedWith(id);
		if (this.#parts.injection.isClosed) await this.#parts.supervisor.kill(id);
		else await this.#parts.injection.inject({type: 'crash', node: id, disk: 'kept'});
	}

	/**
	 * Starts a node from its data; one that is up is killed first. Rejects with what keeps it from starting: unless that is
	 * damage, it is tried again by itself.
	 */
	async restart(id: NodeId): Promise<void> {
		await this.#parts.injection.restarting(id);
		await this.#parts.supervisor.restart(id);
	}

	/** Blocks a node's event loop for that long. Resolves when that begins. Throws an `OptionError` for a time that is none. */
	async pause(id: NodeId, ms: number): Promise<void> {
		checkArgument('ms', milliseconds(0), ms);
		this.#parts.injection.sharedWith(id);
		await this.#parts.injection.inject({type: 'pause', node: id, durationMs: ms, clockStops: false});
	}

	/**
	 * Sets a fault of the network, of a process, of a disk or of a clock, and resolves when it acts. One of the same name is
	 * taken back first; without a name it gets one by its kind and its place, such as `slowSync 2`. Throws a `FaultError` for a
	 * fault that makes no sense, a `FaultRefusedError` for one that this cluster is not given, and a `ClusterStateError` for
	 * a node that is not up where it has to be.
	 */
	async inject(fault: Fault, name?: string): Promise<NamedFault> {
		return this.#parts.injection.inject(fault, name);
	}

	/** All faults that are set, in the order in which they were; those of `faults`, `kill` and `pause` too. */
	get injected(): readonly InjectedFault[] {
		return this.#parts.injection.list;
	}

	/**
	 * Takes the faults of these names back, or all; answers which there were. Nodes that were crashed are started. Rejects with
	 * what keeps one from starting.
	 */
	async heal(names?: readonly string[]): Promise<readonly NamedFault[]> {
		return this.#parts.injection.heal(names);
	}

	/** Operations of a node's disk that failed, were late or were changed by a fault, since the start of the cluster. */
	diskFaultHits(id: NodeId): number {
		return this.#parts.injection.sharedWith(id).diskFaults.hits;
	}

	/**
	 * Makes operations of a node's disk fail or take long, from the next one on, until other settings are given; `{}` takes them
	 * back. They stay when the node's thread ends and starts again. `inject` sets the same as faults with names.
	 */
	setDiskFaults(id: NodeId, settings: DiskFaultSettings): void {
		this.#parts.injection.setDiskFaults(id, settings);
	}

	/** What is wrong on purpose with a node's disk; `{}`: nothing. */
	diskFaults(id: NodeId): DiskFaultSettings {
		return this.#parts.injection.diskFaults(id);
	}

	/**
	 * Stops clerks, nodes and network, in this order; everything settles. When all threads have ended and all directories are free,
	 * it rejects with the errors of the way, if there were any. Idempotent.
	 */
	async close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	/** The same as `close`, for `await using`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	/** Its life is known before the read: so it is this life that answers the read, and no later one. */
	async #livingLeader(): Promise<LivingNode | undefined> {
		const leader = await this.#parts.watch.livingLeader();
		if (leader === undefined) return undefined;
		const {id, replica} = leader;
		const {directory} = this.#foundation;
		return {
			identity: directory.identityOf(id),
			directory: directory.nodeDirectory(id),
			readAsLeader: () => this.#parts.clients.readAsLeader(id, barrierTimeoutMs),
			status: () => replica.status(statusTimeoutMs),
			takeSnapshot: index => replica.takeSnapshot(index, barrierTimeoutMs),
		};
	}

	async #close(): Promise<void> {
		const {meter, clients, listening, injection, supervisor, router} = this.#parts;
		meter.close();
		listening.close();
		clients.close();
		await injection.quiet();
		const failures = await supervisor.stop();
		await injection.close();
		router.close();
		await this.#foundation.directory.close();
		this.endEvents();
		if (failures.length > 1) throw new AggregateError(failures, failures.map(({message}) => message).join('; '));
		if (failures[0] !== undefined) throw failures[0];
	}
}
