/** What a run of the scale bench found out; the JSON file is this. */
import type {Machine} from '../machine.js';
import type {AxisId, Point, ScalePlan} from './plan.js';

export interface Sample {
	readonly opsPerSecond: number;
	readonly p50Us: number;
	readonly p99Us: number;
	/** CPU of the whole process, clients and all nodes, for one operation. */
	readonly cpuUs: number;
	readonly failures: number;
	/** Resident memory of the process afterwards. */
	readonly rssMiB: number;
}

/** What the process of an axis tells. */
export interface AxisSample {
	readonly at: number;
	readonly workload: 'write' | 'read';
	readonly sample: Sample;
}

export interface ScaleCell {
	readonly axis: AxisId;
	readonly at: number;
	readonly point: Point;
	readonly workload: 'write' | 'read';
	readonly rounds: readonly Sample[];
	/** Of each figure by itself. */
	readonly median: Sample;
}

export interface ScaleResults {
	readonly formatVersion: 1;
	readonly startedAt: string;
	readonly machine: Machine;
	readonly plan: ScalePlan;
	readonly command: string;
	readonly cells: readonly ScaleCell[];
}
