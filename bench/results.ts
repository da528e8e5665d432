/** What a run found out; the JSON file is this. */
import type {CrashTimeline} from './crash.js';
import type {Machine} from './machine.js';
import type {Plan, Point} from './plan.js';
import type {SoakResult} from './soak.js';
import type {Durability, Measurement, SystemId} from './systems/system.js';

export interface Results {
	readonly formatVersion: 1;
	readonly startedAt: string;
	readonly machine: Machine;
	readonly plan: Plan | undefined;
	readonly systems: readonly {readonly id: SystemId; readonly title: string; readonly limit: SystemId}[];
	readonly skipped: readonly Skipped[];
	readonly cells: readonly Cell[];
	readonly crashes: readonly CrashResult[];
	readonly soak: SoakResult | undefined;
}

/** A system that could not take part, and why. */
export interface Skipped {
	readonly system: SystemId;
	readonly nodes: number;
	readonly durability: Durability;
	readonly reason: string;
}

/** One system at one point. */
export interface Cell extends Point {
	readonly system: SystemId;
	/** In the order of the rounds; `undefined`: that round failed. */
	readonly rounds: readonly (Round | undefined)[];
	/** Medians of the rounds. */
	readonly opsPerSecond: number;
	readonly p50Us: number;
	readonly p99Us: number;
	readonly p999Us: number;
	readonly cpuSecondsPer1000: number | undefined;
	/** Median of the rounds' ratios, each to the skeleton of the same shape in the same round. */
	readonly ofSkeleton: number | undefined;
	/** The same, to etcd. */
	readonly ofEtcd: number | undefined;
	readonly failures: number;
	/** Of the round with the median throughput. */
	readonly distribution: Measurement['latencies']['distribution'];
}

export interface Round {
	readonly opsPerSecond: number;
	readonly p50Us: number;
	readonly p99Us: number;
	readonly p999Us: number;
	readonly cpuSecondsPer1000: number | undefined;
	readonly failures: number;
}

export interface CrashResult {
	readonly system: SystemId;
	readonly nodes: number;
	readonly durability: Durability;
	readonly inFlight: number;
	readonly gapsMs: readonly number[];
	readonly medianGapMs: number;
	readonly medianGapElectionTimeouts: number;
	/** The crash whose gap is the median. */
	readonly timeline: CrashTimeline;
}
