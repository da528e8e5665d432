/** Builds the parts of a cluster and ties them together. Each part is handed only what it uses of the others. */
import {performance} from 'node:perf_hooks';
import {Random} from '../../src/base/random.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import type {NodeId} from '../../src/raft/types.js';
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import {decodeError} from '../codec/error-codec.js';
import {Router} from '../network/router.js';
import {ClusterClients} from './cluster-clients.js';
import type {ClusterEvent} from './cluster-event.js';
import {ClusterMeter} from './cluster-meter.js';
import type {DataDirectory} from './data-directory.js';
import {EffectListening} from './effect-listening.js';
import {EffectStream} from './effect-stream.js';
import {FaultInjection} from './faults/fault-injection.js';
import {LeaderWatch} from './leader-watch.js';
import type {ResolvedClusterOptions} from './options.js';
import {replicaOptions} from './replica-options.js';
import {Supervisor} from './supervisor.js';

/** What a cluster is made from. */
export interface Foundation<T extends MachineTypes> {
	readonly options: ResolvedClusterOptions;
	readonly nodes: readonly NodeId[];
	readonly machine: Pick<Machine<T>, 'name' | 'words'>;
	readonly directory: DataDirectory;
	/** Of the locks on the nodes' directories. */
	readonly owner: string;
	readonly tell: (event: ClusterEvent) => void;
}

export interface ClusterParts<T extends MachineTypes> {
	readonly plan: FaultPlan;
	readonly router: Router;
	readonly supervisor: Supervisor;
	readonly injection: FaultInjection;
	readonly clients: ClusterClients<T>;
	readonly watch: LeaderWatch;
	readonly listening: EffectListening<T>;
	readonly meter: ClusterMeter;
}

export function buildParts<T extends MachineTypes>(foundation: Foundation<T>): ClusterParts<T> {
	const {options, nodes, machine, directory, owner, tell} = foundation;
	const random = Random.fromSeed(options.seed);
	const now = (): number => performance.now();
	const plan = new FaultPlan({faults: []}, {nodeCount: options.nodes});
	const injection = new FaultInjection({plan, random, nodes, now, tell: event => tellSafely(tell, event)});
	const router = new Router({plan, random, now});
	const stream = newEffectStream<T>();
	const supervisor = new Supervisor({
		effects: stream,
		replicas: replicaOptions(options, directory, owner, id => injection.sharedWith(id)),
		router,
		starts: directory,
		entries: options.threads,
		restartsPerMinute: options.restartsPerMinute,
		random: () => random.float(),
		event: tell,
	});
	injection.connect(supervisor, id => directory.nodeDirectory(id));
	const clients = new ClusterClients({router, nodes, machine, availability: () => supervisor.availability});
	const watch = new LeaderWatch({nodes, supervisor, faultsOf: id => injection.of(id)});
	const listening = new EffectListening({
		stream,
		livingLeader: () => watch.livingLeader(),
		readAsLeader: (id, timeoutMs, signal) => clients.readAsLeader(id, timeoutMs, signal),
		tellEffects: () => supervisor.tellEffects(),
	});
	const meter = new ClusterMeter({supervisor, router, clients});
	return {plan, router, supervisor, injection, clients, watch, listening, meter};
}

function newEffectStream<T extends MachineTypes>(): EffectStream<T> {
	return new EffectStream({
		schedule: (delayMs, callback) => {
			const timer = setTimeout(callback, delayMs);
			return () => clearTimeout(timer);
		},
		threw: throwLater,
		decodeError: error => decodeError(error, []),
	});
}

/** A listener that throws is a bug of its owner, and must not keep a fault from being set or taken back. */
function tellSafely(tell: (event: ClusterEvent) => void, event: ClusterEvent): void {
	try {
		tell(event);
	} catch (error) {
		throwLater(error);
	}
}

function throwLater(error: unknown): void {
	setImmediate(() => {
		throw error;
	});
}
