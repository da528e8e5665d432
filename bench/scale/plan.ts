/** What the scale bench measures: one axis after the other, with all else as it is at the base. */
import type {Workload} from '../systems/system.js';

export const axisIds = ['in-flight', 'keys', 'value-bytes', 'clients', 'clients-in-turn', 'nodes'] as const;
export type AxisId = (typeof axisIds)[number];

/** A cluster, what it holds, and how it is loaded. */
export interface Point {
	readonly nodes: number;
	readonly keys: number;
	readonly valueBytes: number;
	/** Clerks; whichever has been idle for longest takes the next operation. */
	readonly clients: number;
	readonly inFlight: number;
}

export interface ScalePlan {
	readonly axes: Readonly<Record<AxisId, readonly number[]>>;
	/** Each in a process of its own, one axis after the other. */
	readonly rounds: number;
	/** Writes and reads before the first point of each cluster, each for so long: V8 compiles in the first seconds. */
	readonly breakInMs: number;
	readonly warmUpMs: number;
	readonly measureMs: number;
	readonly seed: number;
}

export const workloads = ['write', 'read'] as const satisfies readonly Workload[];

export const base: Point = {nodes: 3, keys: 1000, valueBytes: 100, clients: 1, inFlight: 64};

/** A cluster keeps 10,000 sessions, and forgets the longest silent one for each beyond them; some clients may open a second one. */
const clientsMax = 9e3;

export const fullPlan: ScalePlan = {
	axes: {
		'in-flight': [1, 4, 16, 64, 256, 1024],
		keys: [1e3, 1e4, 1e5, 1e6],
		'value-bytes': [10, 100, 1e3, 1e4, 1e5, 1e6],
		clients: [1, 10, 100, 1e3, clientsMax],
		'clients-in-turn': [1, 10, 100, 1e3, clientsMax],
		nodes: [1, 3, 5, 7, 9],
	},
	rounds: 3,
	breakInMs: 1000,
	warmUpMs: 600,
	measureMs: 1200,
	seed: 1,
};

export const quickPlan: ScalePlan = {...fullPlan, rounds: 1, warmUpMs: 300, measureMs: 700};

/** Only whether it runs. */
export const smokePlan: ScalePlan = {
	...quickPlan,
	axes: {
		'in-flight': [4],
		keys: [10, 100],
		'value-bytes': [10, 1e4],
		clients: [1, 5],
		'clients-in-turn': [3],
		nodes: [1, 2],
	},
	breakInMs: 10,
	warmUpMs: 10,
	measureMs: 30,
};

/** In flight at once, at most, of large values. */
const inFlightBytesMax = 8 * 2 ** 20;
const stateBytesMax = 64 * 2 ** 20;

export function pointAt(axis: AxisId, at: number): Point {
	switch (axis) {
		case 'in-flight':
			return {...base, inFlight: at};
		case 'keys':
			return {...base, keys: at};
		case 'value-bytes': {
			const keys = Math.min(base.keys, Math.floor(stateBytesMax / at));
			return {...base, keys, valueBytes: at, inFlight: Math.min(base.inFlight, Math.floor(inFlightBytesMax / at))};
		}
		case 'clients':
			return {...base, clients: at, inFlight: at};
		case 'clients-in-turn':
			return {...base, clients: at};
		case 'nodes':
			return {...base, nodes: at};
		default:
			return axis satisfies never;
	}
}

/** With whose cost that of an axis is compared: the first of these that is as many clients as there are requests. */
export const firstCompared: Readonly<Partial<Record<AxisId, number>>> = {clients: 100, 'clients-in-turn': 100};

export const axisTexts: Readonly<Record<AxisId, {readonly name: string; readonly note: string}>> = {
	'in-flight': {name: 'operations in flight', note: 'One client sends what it has in one request.'},
	keys: {name: 'keys', note: 'Each operation is on any of them, with equal chance.'},
	'value-bytes': {
		name: 'bytes of a value',
		note: 'From 200,000 bytes on fewer than 64 operations are in flight, so that they are 8 MiB at most; from 70,000 bytes on there are fewer than 1000 keys.',
	},
	clients: {
		name: 'clients, each with one operation in flight',
		note: 'Every operation is a request of its own. A cluster keeps 10,000 sessions, so no more clients write at a time.',
	},
	'clients-in-turn': {
		name: 'clients that take turns, 64 operations in flight together',
		note: 'One client sends its 64 operations in few requests; of many clients every operation is a request of its own.',
	},
	nodes: {name: 'nodes', note: 'All in one process on the cores of this machine.'},
};
