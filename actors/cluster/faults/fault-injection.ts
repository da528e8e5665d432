/**
 * All faults of a cluster, as data: sets each of them, lists them, and takes them back.
 *
 *      inject(fault) ─┬─ of the network ──▶ FaultPlan ──▶ Router
 *                     ├─ of a process ────▶ ProcessFaults ──▶ Supervisor: kill, restart, pause
 *                     ├─ of a disk ───────▶ memory that the node's thread shares; or its files
 *                     └─ of a clock ──────▶ Supervisor ──▶ the clock of the node's threads
 */
import type {Random} from '../../../src/base/random.js';
import {checkFault} from '../../../src/faults/check-fault.js';
import {nodeEndpoint} from '../../../src/faults/endpoint.js';
import {FaultRefusedError} from '../../../src/faults/fault-error.js';
import type {FaultPlan} from '../../../src/faults/fault-plan.js';
import {
	type ClockFault,
	describeFault,
	type DiskFault,
	type Fault,
	isClockFault,
	isDiskFault,
	isNetworkFault,
	nameOfFault,
	type ProcessFault,
} from '../../../src/faults/faults.js';
import type {NetworkFault} from '../../../src/faults/network-fault.js';
import {type NodeId, nodeId} from '../../../src/raft/types.js';
import {type DiskFaultSettings, SharedDiskFaults} from '../../../src/storage/faulty-disk.js';
import {Alarm, newAlarmMemory} from '../../replica/thread-control.js';
import {healthyConditions, type ThreadConditions} from '../../replica/thread-conditions.js';
import type {FaultsChanged, FaultSet, FaultCleared} from '../cluster-event.js';
import {closedError, ClusterStateError} from '../errors.js';
import type {SharedWithNode} from '../replica-options.js';
import {flipBit, removeFile} from './disk-damage.js';
import {diskSettings} from './disk-settings.js';
import {FaultList} from './fault-list.js';
import type {InjectedFault, NamedFault} from './named-fault.js';
import {type NodeControl, ProcessFaults, type Undo} from './process-faults.js';
import {refuseUnlessReal} from './refusals.js';

export interface FaultInjectionOptions {
	readonly nodes: readonly NodeId[];
	readonly plan: FaultPlan;
	readonly random: Random;
	/** The clock of the plan, ms. */
	readonly now: () => number;
	readonly tell: (event: FaultSet | FaultCleared | FaultsChanged) => void;
}

/** What the injection needs of the supervisor. */
export interface FaultControl extends NodeControl {
	setConditions(id: NodeId, conditions: ThreadConditions): void;
	leapClock(id: NodeId, byMs: number): Promise<void>;
	resumeClock(id: NodeId): Promise<void>;
}

/** What there is when the cluster is built. */
interface Surroundings {
	readonly control: FaultControl;
	readonly directoryOf: (id: NodeId) => string;
	readonly processes: ProcessFaults;
}

export class FaultInjection {
	readonly #options: FaultInjectionOptions;
	readonly #list: FaultList;
	readonly #shared: ReadonlyMap<NodeId, SharedWithNode>;
	/** What was set of a disk as settings and not as a fault. */
	readonly #diskBase = new Map<NodeId, DiskFaultSettings>();
	/** Of the faults that have something to take back. */
	readonly #undo = new Map<string, Undo>();
	/** Of the faults that are over by themselves. */
	readonly #endings = new Map<string, {readonly timer: NodeJS.Timeout; readonly atMs: number}>();
	/** The newest fault that has the next sync of a node fail: it may not have been asked for yet. */
	readonly #failedSyncs = new Map<NodeId, string>();
	/** Nodes whose files were damaged for good. */
	readonly #damaged = new Set<number>();
	#surroundings: Surroundings | undefined;

	constructor(options: FaultInjectionOptions) {
		this.#options = options;
		this.#list = new FaultList(options.plan, options.tell);
		this.#shared = new Map(
			options.nodes.map(id => [id, {diskFaults: new SharedDiskFaults(), alarm: newAlarmMemory()}]),
		);
	}

	/** From here on faults can be injected. `directoryOf`: where a node has its files. */
	connect(control: FaultControl, directoryOf: (id: NodeId) => string): void {
		const processes = new ProcessFaults(control, {
			nodes: this.#options.nodes,
			directoryOf,
			isKeptDown: node => this.list.some(({fault}) => keepsDown(fault, node)),
			wake: id => this.#wake(id),
		});
		this.#surroundings = {control, directoryOf, processes};
	}

	/** Throws a `ClusterStateError` for a node that is none. */
	sharedWith(id: NodeId): SharedWithNode {
		const shared = this.#shared.get(id);
		if (shared !== undefined) return shared;
		throw new ClusterStateError(`there is no node ${id}: nodes are 0 to ${this.#shared.size - 1}`);
	}

	/** Nothing can be injected any more. */
	get isClosed(): boolean {
		return this.#list.isClosed;
	}

	get list(): readonly InjectedFault[] {
		const now = this.#options.now();
		return this.#list.all.map(named => {
			const ending = this.#endings.get(named.name);
			return {...named, leftMs: ending && Math.max(0, ending.atMs - now)};
		});
	}

	setDiskFaults(id: NodeId, settings: DiskFaultSettings): void {
		this.sharedWith(id);
		this.#diskBase.set(id, settings);
		this.#applyDisk(id);
	}

	/** What is wrong with the node's disk, whoever has set it. */
	diskFaults(id: NodeId): DiskFaultSettings {
		return this.sharedWith(id).diskFaults.settings;
	}

	/** See `Cluster.inject`. */
	async inject(fault: Fault, name?: string): Promise<NamedFault> {
		checkFault(fault, this.#options.nodes.length);
		refuseUnlessReal(fault);
		const named = {name: name ?? nameOfFault(fault), fault, text: describeFault(fault)};
		await this.#replace(named);
		if (isNetworkFault(fault)) this.#injectNetwork(named.name, fault);
		else if (isDiskFault(fault)) await this.#injectDisk(named, fault);
		else if (isClockFault(fault)) await this.#injectClock(named, fault);
		else await this.#injectProcess(named, fault);
		return named;
	}

	/** Takes these faults back, or all; answers which there were. Rejects with what kept a node from starting. */
	async heal(names?: readonly string[]): Promise<readonly NamedFault[]> {
		const isMeant = (name: string): boolean => names?.includes(name) ?? true;
		for (const [id, name] of this.#failedSyncs) if (isMeant(name)) this.#callOffFailedSync(id);
		const healed = this.list.filter(({name}) => isMeant(name));
		const results = await Promise.allSettled(healed.map(({name}) => this.#takeBack(name)));
		const failed = results.find(result => result.status === 'rejected');
		if (failed !== undefined) throw failed.reason;
		return healed;
	}

	/** What is wrong with this node alone. */
	of(id: NodeId): readonly InjectedFault[] {
		return this.list.filter(({fault}) =>
			'node' in fault ? fault.node === id : fault.type === 'isolate' && fault.endpoint === nodeEndpoint(id),
		);
	}

	/** A node was started on purpose: what keeps it down is over, without another start. */
	async restarting(id: NodeId): Promise<void> {
		for (const {name, fault} of this.list) {
			if (!('node' in fault) || fault.node !== id) continue;
			if (isPlainCrash(fault)) this.#forget(name);
			else if (fault.type === 'crash' || fault.type === 'crashLoop') await this.#takeBack(name);
		}
	}

	/** Nothing goes on by itself any more, and no sync is held up: the cluster is about to close. */
	async quiet(): Promise<void> {
		this.#list.close();
		for (const {timer} of this.#endings.values()) clearTimeout(timer);
		for (const [id, {diskFaults}] of this.#shared) {
			if (diskFaults.isSyncStalled) diskFaults.set({});
			if (this.#faultsOf(id).some(({type}) => type === 'slowNode'))
				this.#surroundings?.control.setConditions(id, healthyConditions);
			this.#wake(id);
		}
		await this.#surroundings?.processes.quiet();
	}

	/** The nodes have ended: directories that were set aside are put back. */
	async close(): Promise<void> {
		await this.#surroundings?.processes.putAllBack();
	}

	#injectNetwork(name: string, fault: NetworkFault): void {
		this.#options.plan.set(name, fault);
		if (fault.type === 'clog') this.#endAfter(name, fault.untilMs - this.#options.now());
	}

	async #injectProcess(named: NamedFault, fault: ProcessFault): Promise<void> {
		if (fault.type === 'slowNode') return this.#setNode(named, fault.node);
		if (fault.type === 'crash' && fault.disk === 'wiped') this.#refuseMajority(fault.node, fault.type);
		const {processes} = this.#connected;
		if (fault.type !== 'pause') return this.#begin(named, async () => processes.inject(fault));
		this.#undo.set(named.name, await processes.inject(fault));
		this.#list.add(named);
		this.#endAfter(named.name, fault.durationMs);
	}

	async #injectDisk(named: NamedFault, fault: DiskFault): Promise<void> {
		const id = nodeId(fault.node);
		const {directoryOf} = this.#connected;
		switch (fault.type) {
			case 'failedSync':
				this.sharedWith(id).diskFaults.failNextSync();
				this.#failedSyncs.set(id, named.name);
				return this.#list.happened(named);
			case 'bitFlip':
				this.#refuseMajority(id, fault.type);
				await flipBit(directoryOf(id), this.#options.random);
				this.#damaged.add(id);
				return this.#list.happened(named);
			case 'missingFile':
				this.#refuseMajority(id, fault.type);
				await removeFile(directoryOf(id), fault.file);
				this.#damaged.add(id);
				return this.#list.happened(named);
			default:
				this.#undo.set(named.name, () => this.#applyDisk(id));
				this.#list.add(named);
				this.#applyDisk(id);
		}
	}

	/** A sync that was to fail and was not asked for meanwhile. */
	#callOffFailedSync(id: NodeId): void {
		this.#failedSyncs.delete(id);
		this.#applyDisk(id);
	}

	async #injectClock(named: NamedFault, fault: ClockFault): Promise<void> {
		const id = nodeId(fault.node);
		const {control} = this.#connected;
		switch (fault.type) {
			case 'clockJump':
				await control.leapClock(id, fault.byMs);
				if (fault.byMs >= 0) return this.#list.happened(named);
				this.#setStandstill(named, id);
				return this.#endAfter(named.name, -fault.byMs);
			case 'clockOffset':
				await control.leapClock(id, fault.offsetMs);
				// One that is ahead stays ahead when it is healed: only differences of its readings count.
				return fault.offsetMs < 0 ? this.#setStandstill(named, id) : this.#list.add(named);
			default:
				return this.#setNode(named, id);
		}
	}

	/** A clock never goes back: to be behind, it stands still, until it is healed at the latest. */
	#setStandstill(named: NamedFault, id: NodeId): void {
		// A thread that ends meanwhile has lost its clock.
		this.#undo.set(named.name, () => this.#connected.control.resumeClock(id).catch(() => undefined));
		this.#list.add(named);
	}

	/** What goes on in the node's threads until it is taken back. */
	#setNode(named: NamedFault, node: number): void {
		const id = nodeId(node);
		this.#undo.set(named.name, () => {
			this.#applyConditions(id);
			// A slow thread may be standing still for long.
			this.#wake(id);
		});
		this.#list.add(named);
		this.#applyConditions(nodeId(node));
	}

	/** It is listed while it begins, and no more when it could not. */
	async #begin(named: NamedFault, begin: () => Promise<Undo>): Promise<void> {
		this.#list.add(named);
		try {
			const undo = await begin();
			if (this.#list.has(named)) this.#undo.set(named.name, undo);
			else await undo();
		} catch (error) {
			this.#forget(named.name);
			throw error;
		}
	}

	/** The fault of this name gives way. A node that is down already is not started before it is killed. */
	async #replace({name, fault}: NamedFault): Promise<void> {
		const before = this.list.find(each => each.name === name)?.fault;
		const areDown = [before, fault].every(
			each => each !== undefined && (isPlainCrash(each) || each.type === 'crashAll'),
		);
		if (areDown) this.#forget(name);
		else await this.#takeBack(name);
	}

	/** It is over by itself then. */
	#endAfter(name: string, ms: number): void {
		const timer = setTimeout(() => this.#forget(name), Math.min(Math.max(0, ms), 2 ** 31 - 1));
		this.#endings.set(name, {timer, atMs: this.#options.now() + ms});
	}

	async #takeBack(name: string): Promise<void> {
		const undo = this.#undo.get(name);
		this.#forget(name);
		await undo?.();
	}

	#forget(name: string): void {
		this.#undo.delete(name);
		clearTimeout(this.#endings.get(name)?.timer);
		this.#endings.delete(name);
		this.#list.remove(name);
	}

	#wake(id: NodeId): void {
		new Alarm(this.sharedWith(id).alarm).ring();
	}

	#faultsOf(id: NodeId): readonly Fault[] {
		return this.list.flatMap(({fault}) => ('node' in fault && fault.node === id ? [fault] : []));
	}

	#applyDisk(id: NodeId): void {
		const {diskFaults} = this.sharedWith(id);
		diskFaults.set(diskSettings(this.#diskBase.get(id) ?? {}, this.#faultsOf(id).filter(isDiskFault)));
	}

	#applyConditions(id: NodeId): void {
		let {clockRate, timerSkewMs, slowness} = healthyConditions;
		for (const fault of this.#faultsOf(id)) {
			if (fault.type === 'clockDrift') clockRate = fault.rate;
			else if (fault.type === 'timerSkew') timerSkewMs = fault.byMs;
			else if (fault.type === 'slowNode') slowness = fault.factor;
		}
		this.#connected.control.setConditions(id, {clockRate, timerSkewMs, slowness});
	}

	/** A majority has to keep what was acknowledged. */
	#refuseMajority(node: number, type: Fault['type']): void {
		const wiped = this.list.flatMap(({fault}) =>
			fault.type === 'crash' && fault.disk === 'wiped' ? [fault.node] : [],
		);
		const damaged = new Set([...this.#damaged, ...wiped, node]);
		const {length} = this.#options.nodes;
		if (damaged.size <= (length - 1) / 2) return;
		const others = [...damaged].filter(id => id !== node).join(', ');
		const message =
			`node ${node} is not given ${type === 'crash' ? 'an empty disk' : type}: ` +
			(others === ''
				? `of ${length} nodes it is needed for a majority`
				: `the files of node ${others} are gone already`) +
			', and the cluster could lose what it has acknowledged';
		throw new FaultRefusedError('ERR_FAULT_UNSAFE', message);
	}

	get #connected(): Surroundings {
		if (this.#surroundings === undefined || this.#list.isClosed) throw closedError();
		return this.#surroundings;
	}
}

const isPlainCrash = (fault: Fault): boolean => fault.type === 'crash' && fault.disk === 'kept';

function keepsDown(fault: Fault, node: number): boolean {
	return fault.type === 'crashAll' || (fault.type === 'crash' && fault.node === node);
}
