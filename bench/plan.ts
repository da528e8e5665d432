/** What one run of the bench measures. */
import type {Durability, SystemId, Workload} from './systems/system.js';

export interface Plan {
	readonly nodes: readonly number[];
	readonly durabilities: readonly Durability[];
	readonly workloads: readonly Workload[];
	readonly inFlight: readonly number[];
	readonly systems: readonly SystemId[];
	readonly rounds: number;
	/** Each point, once on each system before the first round: V8 compiles in the first seconds, and longer where there is more code. 0: not at all. */
	readonly breakInMs: number;
	/** Before each measurement. */
	readonly warmUpMs: number;
	readonly measureMs: number;
	/** Leader crashes of each system that has a leader to kill; the median one is shown. */
	readonly crashes: number;
	readonly crashBeforeMs: number;
	readonly crashAfterMs: number;
	readonly seed: number;
}

/** One cell of the tables; the same load on every system of a group. */
export interface Point {
	readonly nodes: number;
	readonly durability: Durability;
	readonly workload: Workload;
	readonly inFlight: number;
}

const ours: readonly SystemId[] = [
	'skeleton',
	'threadraft',
	'skeleton-thread',
	'threadraft-thread',
	'skeleton-single',
	'threadraft-redis',
];

/** Everything, in about an hour. */
export const fullPlan: Plan = {
	nodes: [3, 5],
	durabilities: ['memory', 'durable'],
	workloads: ['write', 'read', 'mixed'],
	inFlight: [1, 16, 64, 256, 1024],
	systems: [...ours, 'etcd', 'redis'],
	rounds: 5,
	breakInMs: 1000,
	warmUpMs: 250,
	measureMs: 1000,
	crashes: 9,
	crashBeforeMs: 1000,
	crashAfterMs: 3000,
	seed: 1,
};

/** A first impression in under a minute on two cores. */
export const quickPlan: Plan = {
	...fullPlan,
	nodes: [3],
	workloads: ['write', 'read'],
	// Not 1024: that many connections at once take redis-benchmark a second each time.
	inFlight: [1, 64, 256],
	systems: ['skeleton', 'threadraft', 'threadraft-redis', 'etcd'],
	rounds: 3,
	breakInMs: 0,
	warmUpMs: 20,
	measureMs: 80,
	crashes: 1,
	crashBeforeMs: 300,
	crashAfterMs: 1500,
};

/** Whether the bench still runs at all; the figures mean nothing. */
export const smokePlan: Plan = {
	...quickPlan,
	durabilities: ['durable'],
	workloads: ['write', 'mixed'],
	inFlight: [8],
	// Without the one that shares all of its code with its neighbours.
	systems: [...ours.filter(id => id !== 'skeleton-thread'), 'etcd', 'redis'],
	rounds: 1,
	breakInMs: 10,
	warmUpMs: 10,
	measureMs: 30,
	crashBeforeMs: 50,
	crashAfterMs: 400,
};

/** Points of one group: the systems stay up from one to the next. */
export const pointsOf = (
	plan: Pick<Plan, 'workloads' | 'inFlight'>,
	nodes: number,
	durability: Durability,
): readonly Point[] =>
	plan.workloads.flatMap(workload => plan.inFlight.map(inFlight => ({nodes, durability, workload, inFlight})));
