/** Carries out a schedule of faults on a simulated cluster, and undoes them. */
import {sample} from '../faults/distribution.js';
import {
	isNetworkFault,
	type ClockFault,
	type DiskAfterCrash,
	type DiskFault,
	type Fault,
	type FaultEvent,
	type ProcessFault,
} from '../faults/faults.js';
import type {FaultPlan} from '../faults/fault-plan.js';
import {nodeEndpoint} from '../faults/endpoint.js';
import type {NetworkFault} from '../faults/network-fault.js';
import type {Random} from '../base/random.js';
import {isOfDuel, turnedOn} from './duel.js';
import type {Schedule} from './events.js';
import type {SimulationParameters} from './parameters.js';
import type {ClusterNode} from './cluster-node.js';
import type {Death} from './node-context.js';

export interface InjectorContext {
	readonly parameters: SimulationParameters;
	readonly nodes: readonly ClusterNode[];
	readonly plan: FaultPlan;
	readonly random: Random;
	readonly now: () => number;
	readonly schedule: Schedule;
	/** The node dies, with everything that waits for it. */
	readonly crash: (node: ClusterNode, death: Death) => void;
}

/** Faults of a node go on for as long as they are set; a heal takes them back. */
type Undo = () => void;

export class FaultInjector {
	readonly #context: InjectorContext;
	readonly #undo = new Map<string, Undo>();
	/** Crashed on purpose, and not to be started before that is healed. */
	readonly #keptDown = new Set<number>();
	readonly #crashLoops = new Map<number, number>();
	/** Chance that what is being injected strikes the leader. */
	#aimAtLeader: number;
	/** Nodes whose data may be damaged: a minority. */
	readonly #damageable: ReadonlySet<number>;

	constructor(context: InjectorContext, damageable: readonly number[]) {
		this.#context = context;
		this.#aimAtLeader = context.parameters.aimAtLeader;
		this.#damageable = new Set(damageable);
	}

	take(event: FaultEvent): void {
		if (event.type === 'heal') this.heal(event.id);
		else this.inject(event.id, event.fault);
	}

	inject(id: string, fault: Fault): void {
		this.#aimAtLeader = isOfDuel(id) ? 1 : this.#context.parameters.aimAtLeader;
		if (isNetworkFault(fault)) return this.#injectNetwork(id, fault);
		switch (fault.type) {
			case 'crash':
			case 'crashAll':
			case 'crashLoop':
			case 'pause':
			case 'slowNode':
				return this.#injectProcess(id, fault);
			case 'clockOffset':
			case 'clockDrift':
			case 'clockJump':
			case 'timerSkew':
				return this.#injectClock(id, fault, this.#aim(fault.node));
			default:
				return this.#injectDisk(id, fault);
		}
	}

	heal(id: string): void {
		this.#context.plan.clear(id);
		this.#undo.get(id)?.();
		this.#undo.delete(id);
	}

	/** Everything is over: whole links, whole disks, true clocks, and every node runs that can. Who sleeps, sleeps on. */
	healAll(): void {
		this.#context.plan.reset();
		for (const undo of this.#undo.values()) undo();
		this.#undo.clear();
		this.#keptDown.clear();
		this.#crashLoops.clear();
		for (const node of this.#context.nodes) {
			node.disk.faults.failingSyncs = 'none';
			// A leader whose clock stands still would be deposed when all should be quiet.
			node.clock.resume(this.#context.now());
			node.clockChanged();
		}
		for (const node of this.#context.nodes) if (!node.isUp && !node.isCorrupt) this.#startSoon(node, 0);
	}

	/** For good. */
	breakDown(node: ClusterNode): void {
		this.#keptDown.add(node.id);
		this.#context.crash(node, 'process');
	}

	/** A node has stopped by itself: somebody starts it again, after a while. */
	restartLater(node: ClusterNode): void {
		if (!this.#keptDown.has(node.id) && !node.isCorrupt) this.#startSoon(node, this.#context.parameters.restartMs);
	}

	restart(node: ClusterNode): void {
		if (node.isUp || this.#keptDown.has(node.id) || node.isCorrupt) return;
		node.start();
		const upMs = this.#crashLoops.get(node.id);
		if (upMs === undefined) return;
		this.#context.schedule(upMs, {type: 'crashAgain', node: node.id, life: node.life});
	}

	crashAgain(node: ClusterNode): void {
		if (!this.#crashLoops.has(node.id)) return;
		this.#context.crash(node, this.#context.random.pick(['process', 'random', 'drop'] as const));
		this.#startSoon(node, this.#context.parameters.restartMs);
	}

	#startSoon(node: ClusterNode, delayMs: number): void {
		this.#context.schedule(delayMs, {type: 'restart', node: node.id, life: node.life});
	}

	/** Many a fault hurts only where the leader is. */
	#aim(node: number): ClusterNode {
		const {nodes, random} = this.#context;
		const isAimed = random.chance(this.#aimAtLeader);
		return (isAimed ? leaderOf(nodes) : undefined) ?? (nodes[node] as ClusterNode);
	}

	#injectNetwork(id: string, fault: NetworkFault): void {
		if (isOfDuel(id)) return this.#context.plan.set(id, turnedOn(this.#aim(0).id, fault));
		const isOfNode = fault.type === 'isolate' && fault.endpoint.startsWith('node:');
		if (!isOfNode) return this.#context.plan.set(id, fault);
		const node = this.#aim(Number(fault.endpoint.slice('node:'.length)));
		return this.#context.plan.set(id, {...fault, endpoint: nodeEndpoint(node.id)});
	}

	// -------------------------------------------------------------------------------------------------- processes

	#injectProcess(id: string, fault: ProcessFault): void {
		switch (fault.type) {
			case 'crash':
				return this.#crashUntilHealed(id, [this.#aim(fault.node)], fault.disk);
			case 'crashAll':
				return this.#crashUntilHealed(id, this.#context.nodes, fault.disk);
			case 'crashLoop':
				return this.#crashLoop(id, this.#aim(fault.node), fault.upMs);
			case 'pause':
				return this.#pause(this.#aim(fault.node), fault.durationMs, fault.clockStops);
			case 'slowNode': {
				const node = this.#aim(fault.node);
				node.slowness = fault.factor;
				this.#undo.set(id, () => (node.slowness = 1));
				return;
			}
			default:
				return fault satisfies never;
		}
	}

	#crashUntilHealed(id: string, nodes: readonly ClusterNode[], disk: DiskAfterCrash): void {
		const {random} = this.#context;
		const struck = nodes.filter(({id}) => !this.#keptDown.has(id));
		for (const node of struck) {
			const strike = (): void => {
				this.#keptDown.add(node.id);
				this.#context.crash(node, this.#deathOf(disk));
			};
			// Much hangs on what was written and not told, or just told, when a node died: such moments are sought.
			if (node.isUp && random.chance(0.4)) node.doom = {strike, isAfter: random.chance(0.5)};
			else strike();
		}
		this.#undo.set(id, () => {
			for (const node of struck) {
				node.doom = undefined;
				this.#keptDown.delete(node.id);
				this.restartLater(node);
			}
		});
	}

	#deathOf(disk: DiskAfterCrash): Death {
		if (disk === 'kept') return 'process';
		return this.#context.random.chance(0.5) ? 'random' : 'drop';
	}

	#crashLoop(id: string, node: ClusterNode, upMs: number): void {
		this.#crashLoops.set(node.id, upMs);
		this.#undo.set(id, () => this.#crashLoops.delete(node.id));
		this.crashAgain(node);
	}

	#pause(node: ClusterNode, durationMs: number, clockStops: boolean): void {
		if (!node.isUp) return;
		const until = this.#context.now() + durationMs;
		node.pausedUntil = Math.max(node.pausedUntil, until);
		if (clockStops) node.clock.stop(this.#context.now(), until);
		node.clockChanged();
	}

	// ------------------------------------------------------------------------------------------------------ disks

	#injectDisk(id: string, fault: DiskFault): void {
		const isDamage = fault.type === 'bitFlip' || fault.type === 'missingFile';
		const node = isDamage ? (this.#context.nodes[fault.node] as ClusterNode) : this.#aim(fault.node);
		const {faults} = node.disk;
		const {chances} = node.watchedDisk;
		const {random, parameters} = this.#context;
		switch (fault.type) {
			case 'slowSync': {
				const most = sample(fault.delay, random);
				faults.syncLatencyMs = [most / 2, most];
				this.#undo.set(id, () => (faults.syncLatencyMs = parameters.diskSyncMs));
				return;
			}
			case 'stalledSync':
				faults.areSyncsStalled = true;
				this.#undo.set(id, () => {
					faults.areSyncsStalled = false;
					node.disk.releaseSyncs();
				});
				return;
			case 'failedSync':
				faults.failingSyncs = 'next';
				return;
			case 'writeError':
				chances.write = fault.probability;
				this.#undo.set(id, () => (chances.write = 0));
				return;
			case 'readError':
				chances.read = fault.probability;
				this.#undo.set(id, () => (chances.read = 0));
				return;
			case 'diskFull':
				faults.capacityBytes = usedBytes(node) + random.integer(0, 2000);
				this.#undo.set(id, () => (faults.capacityBytes = Infinity));
				return;
			case 'bitFlip':
				return this.#flipBit(node);
			// For real disks: the nemesis draws `failedSync`, `writeError` and `readError` instead.
			case 'operationError':
			// The simulated disk does these by itself at every power cut, or cannot do them: see implied-faults.ts.
			case 'bitFlipOnRead':
			case 'missingFile':
			case 'tornWrite':
			case 'reorderedWrites':
			case 'lostRename':
			case 'unorderedCompletions':
			// What betrays a node is not drawn.
			case 'lostWrite':
			case 'misdirectedWrite':
				return;
			default:
				return fault satisfies never;
		}
	}

	#flipBit(node: ClusterNode): void {
		if (!this.#damageable.has(node.id)) return;
		const files = [...node.disk.files()].filter(
			([name, bytes]) => /^(?:log|snapshot)-\d+$/.test(name) && bytes.length > 0,
		);
		if (files.length === 0) return;
		const [name, bytes] = this.#context.random.pick(files);
		node.isDamaged = true;
		// What was only set aside for later says nothing when it is damaged.
		const usedBytes = Math.max(1, bytes.findLastIndex(byte => byte !== 0) + 1);
		node.disk.flipBit(name, this.#context.random.integer(0, usedBytes * 8 - 1));
		// Nobody looks at it again before the next start.
		if (!node.isUp || this.#context.random.chance(0.5)) return;
		this.#context.crash(node, 'process');
		this.restartLater(node);
	}

	// ----------------------------------------------------------------------------------------------------- clocks

	#injectClock(id: string, fault: ClockFault, node: ClusterNode): void {
		const now = this.#context.now();
		switch (fault.type) {
			case 'clockOffset':
				return this.#jump(node, fault.offsetMs);
			case 'clockJump':
				return this.#jump(node, fault.byMs);
			case 'clockDrift':
				node.clock.drift(now, fault.rate);
				node.clockChanged();
				this.#undo.set(id, () => {
					node.clock.drift(this.#context.now(), 1);
					node.clockChanged();
				});
				return;
			case 'timerSkew':
				node.timerSkewMs = Math.max(0, fault.byMs);
				this.#undo.set(id, () => (node.timerSkewMs = 0));
				return;
			default:
				return fault satisfies never;
		}
	}

	/** A clock that never goes back answers a step back by standing still. */
	#jump(node: ClusterNode, byMs: number): void {
		const now = this.#context.now();
		if (byMs > 0) node.clock.leap(now, byMs);
		else node.clock.stop(now, now + Math.min(-byMs, stopMsMax));
		node.clockChanged();
	}
}

const stopMsMax = 2000;

/** Of several that take themselves for the leader, the one whose term is the newest. */
function leaderOf(nodes: readonly ClusterNode[]): ClusterNode | undefined {
	let leader: ClusterNode | undefined;
	for (const node of nodes) {
		const {status} = node;
		if (status?.role !== 'leader') continue;
		if (status.currentTerm > (leader?.status?.currentTerm ?? -1)) leader = node;
	}
	return leader;
}

function usedBytes(node: ClusterNode): number {
	let sum = 0;
	for (const bytes of node.disk.files().values()) sum += bytes.length;
	return sum;
}
