/** The rounds: each round puts each point to each system in turn, so that what drifts, drifts for all. */
import path from 'node:path';
import {ChildSystem} from './child-system.js';
import type {CrashTimeline} from './crash.js';
import {median, medianBy} from './median.js';
import {type Plan, type Point, pointsOf} from './plan.js';
import type {Progress} from './progress.js';
import type {Cell, CrashResult, Skipped} from './results.js';
import {makeScratch, removeScratch} from './scratch.js';
import {summarise} from './summarise.js';
import {systemOf} from './systems/catalogue.js';
import {freePorts} from './systems/servers.js';
import {type Durability, type Measurement, portsOf, type SystemId} from './systems/system.js';

export interface Findings {
	readonly skipped: readonly Skipped[];
	readonly cells: readonly Cell[];
	readonly crashes: readonly CrashResult[];
}

const crashInFlight = 64;
const crashable: ReadonlySet<SystemId> = new Set(['threadraft', 'etcd']);

/** How many loads there will be, crashes included. */
export function loadsOf(plan: Plan): number {
	let loads = 0;
	for (const nodes of plan.nodes) {
		for (const durability of plan.durabilities) {
			for (const id of plan.systems) {
				if (obstacle(id, {nodes, durability}) !== undefined) continue;
				const workloads = plan.workloads.filter(workload => systemOf(id).workloads.includes(workload));
				loads += workloads.length * plan.inFlight.length * plan.rounds;
				if (crashable.has(id)) loads += plan.crashes;
			}
		}
	}
	return loads;
}

/** Systems of a group run side by side, each in its process, idle but for the one that is loaded. */
export async function runGroup(
	plan: Plan,
	nodes: number,
	durability: Durability,
	dataDirectory: string,
	progress: Progress,
): Promise<Findings> {
	const place = await makeScratch(dataDirectory);
	const skipped: Skipped[] = [];
	const children: ChildSystem[] = [];
	const skip = (system: SystemId, reason: string): void => {
		skipped.push({system, nodes, durability, reason});
		progress.note(`${system}, ${nodes} nodes, ${durability}: skipped: ${reason}`);
	};
	try {
		for (const id of plan.systems) {
			const reason = obstacle(id, {nodes, durability});
			if (reason === undefined) children.push(new ChildSystem(systemOf(id)));
			else skip(id, reason);
		}
		const ready = await startAll(children, {nodes, durability}, place, skip);
		const points = pointsOf(plan, nodes, durability);
		await breakIn(plan, points, ready, progress);
		const cells = await runRounds(plan, points, ready, progress);
		const crashes = await runCrashes(plan, {nodes, durability}, ready, progress);
		return {skipped, cells, crashes};
	} finally {
		await Promise.all(children.map(child => child.stop()));
		await removeScratch(place);
	}
}

type Group = {readonly nodes: number; readonly durability: Durability};

/** Why a system cannot take part in a group. */
function obstacle(id: SystemId, group: Group): string | undefined {
	const system = systemOf(id);
	return system.durabilities.includes(group.durability)
		? system.unavailable(group)
		: `it has no ${group.durability} mode`;
}

/** Those that are ready to be loaded. What cannot start must not cost the others their hour. */
async function startAll(
	children: readonly ChildSystem[],
	{nodes, durability}: Group,
	place: string,
	skip: (system: SystemId, reason: string) => void,
): Promise<readonly ChildSystem[]> {
	const count = portsOf(nodes);
	const ports = await freePorts(children.length * count);
	const starts = children.map((child, offset) => {
		const directory = path.join(place, child.system.id);
		return child.start({nodes, durability, directory, ports: ports.slice(offset * count, (offset + 1) * count)});
	});
	const started = await Promise.allSettled(starts);
	return children.filter(({system}, offset) => {
		const start = started[offset];
		if (start?.status === 'rejected') skip(system.id, String(start.reason));
		return start?.status === 'fulfilled';
	});
}

/** Its figures are thrown away. A system that fails here will fail in its rounds, and is reported there. */
async function breakIn(
	plan: Plan,
	points: readonly Point[],
	children: readonly ChildSystem[],
	progress: Progress,
): Promise<void> {
	if (plan.breakInMs === 0) return;
	for (const child of children) {
		progress.note(`${child.system.title}: loaded once at every point before it is measured`);
		for (const point of points) {
			if (!child.system.workloads.includes(point.workload)) continue;
			const load = {...point, warmUpMs: 0, measureMs: plan.breakInMs, seed: plan.seed};
			await child.measure(load).catch(() => undefined);
		}
	}
}

async function runRounds(
	plan: Plan,
	points: readonly Point[],
	children: readonly ChildSystem[],
	progress: Progress,
): Promise<readonly Cell[]> {
	const found = points.map(point => ({
		point,
		rounds: new Map(
			children
				.filter(({system}) => system.workloads.includes(point.workload))
				.map(({system}) => [system.id, [] as (Measurement | undefined)[]] as const),
		),
	}));
	for (let round = 0; round < plan.rounds; round++) {
		for (const [offset, {point, rounds}] of found.entries()) {
			// Each time another one first, lest one always follows the same neighbour's garbage.
			for (const child of rotated(children, round + offset)) {
				const seed = plan.seed + round * points.length + offset;
				const load = {...point, warmUpMs: plan.warmUpMs, measureMs: plan.measureMs, seed};
				const measurements = rounds.get(child.system.id);
				if (measurements === undefined) continue;
				progress.step(`${child.system.title}, ${point.workload}, ${point.inFlight} in flight, ${point.nodes} nodes`);
				measurements.push(await child.measure(load).catch((error: unknown) => failed(error, progress)));
			}
		}
	}
	return found.flatMap(({point, rounds}) => summarise(point, rounds));
}

/** One load that fails must not cost the hour. It is missing from the medians, and said so. */
function failed(error: unknown, progress: Progress): undefined {
	progress.note(error instanceof Error ? error.message : String(error));
	return undefined;
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
	const start = by % Math.max(1, items.length);
	return [...items.slice(start), ...items.slice(0, start)];
}

async function runCrashes(
	plan: Plan,
	group: Group,
	children: readonly ChildSystem[],
	progress: Progress,
): Promise<readonly CrashResult[]> {
	const results: CrashResult[] = [];
	for (const child of children.filter(({system}) => crashable.has(system.id))) {
		const timelines: CrashTimeline[] = [];
		for (let n = 0; n < plan.crashes; n++) {
			progress.step(`${child.system.title}, leader crash, ${group.nodes} nodes, ${group.durability}`);
			const {crashBeforeMs: beforeMs, crashAfterMs: afterMs} = plan;
			const crash = {workload: 'write', inFlight: crashInFlight, beforeMs, afterMs, seed: plan.seed + n} as const;
			const timeline = await child.crash(crash).catch((error: unknown) => failed(error, progress));
			if (timeline !== undefined) timelines.push(timeline);
		}
		const timeline = medianBy(timelines, gapOf);
		if (timeline === undefined) continue;
		const gapsMs = timelines.map(gapOf);
		const medianGapMs = median(gapsMs);
		const medianGapElectionTimeouts = medianGapMs / timeline.electionTimeoutMs;
		const numbers = {gapsMs, medianGapMs, medianGapElectionTimeouts};
		results.push({system: child.system.id, ...group, inFlight: crashInFlight, ...numbers, timeline});
	}
	return results;
}

const gapOf = ({gap}: CrashTimeline): number => gap.toMs - gap.fromMs;
