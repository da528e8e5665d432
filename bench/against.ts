/**
 * Question: is this build slower than another build of ours?
 *
 * A ratio is taken between two processes that live at the same time and are loaded in turns of a fraction of a second, in the
 * order ABBA: the speed of a machine changes within seconds. Each pair of processes is new, because a process keeps the luck
 * that it had with memory and compiled code. Both run the same load.
 */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import Table from 'cli-table3';
import {ChildSystem} from './child-system.js';
import {median} from './median.js';
import {type Plan, type Point, pointsOf} from './plan.js';
import type {Progress} from './progress.js';
import {rateText, timeText} from './report/table.js';
import {makeScratch, removeScratch} from './scratch.js';
import {systemOf} from './systems/catalogue.js';
import type {Durability, Load, Measurement, SystemId} from './systems/system.js';

/** `rounds` is how many pairs of processes there are. */
export type AgainstPlan = Pick<
	Plan,
	'nodes' | 'durabilities' | 'workloads' | 'inFlight' | 'systems' | 'rounds' | 'breakInMs' | 'measureMs' | 'seed'
>;

/** What one load gave: a number for each pair of processes, this build's divided by the other's. */
export interface Comparison extends Point {
	readonly system: SystemId;
	readonly throughput: readonly number[];
	/** The same in the first quarter of the break-in: while V8 still compiles, more code is slower. */
	readonly cold: readonly number[];
	readonly p50: readonly number[];
	readonly p99: readonly number[];
	/** Operations for a CPU second; empty where that cannot be known. */
	readonly perCpu: readonly number[];
	readonly opsPerSecond: readonly number[];
	readonly otherOpsPerSecond: readonly number[];
	readonly p50Us: readonly number[];
}

/** What can be started from another build. */
export const comparable: readonly SystemId[] = ['threadraft', 'threadraft-redis'];

const turnsOfEach = 12;
const breakInRounds = 4;

/** The compiled code of a checkout; `undefined` when there is none. */
export function buildIn(directory: string): string | undefined {
	const dist = path.resolve(directory, 'dist');
	const isBuilt = existsSync(path.join(dist, 'actors', 'cluster', 'cluster.js'));
	return isBuilt ? pathToFileURL(`${dist}${path.sep}`).href : undefined;
}

/** One system, and the points at which it is measured. */
interface Group {
	readonly id: SystemId;
	readonly nodes: number;
	readonly durability: Durability;
	readonly points: readonly Point[];
}

function groupsOf(plan: AgainstPlan): readonly Group[] {
	return plan.nodes.flatMap(nodes =>
		plan.durabilities.flatMap(durability =>
			plan.systems.map(id => {
				const {workloads} = systemOf(id);
				const points = pointsOf(plan, nodes, durability).filter(({workload}) => workloads.includes(workload));
				return {id, nodes, durability, points};
			}),
		),
	);
}

/** How many loads there will be. */
export const loadsAgainst = (plan: AgainstPlan): number =>
	plan.rounds * groupsOf(plan).reduce((sum, {points}) => sum + points.length, 0);

export async function runAgainst(
	plan: AgainstPlan,
	build: string,
	dataDirectory: string,
	progress: Progress,
): Promise<readonly Comparison[]> {
	const found: Comparison[] = [];
	for (const group of groupsOf(plan)) {
		const pairs: (readonly PairFinding[])[] = [];
		for (let pair = 0; pair < plan.rounds; pair++) {
			pairs.push(await runPair({plan, group, pair, build, dataDirectory}, progress));
		}
		for (const [offset, point] of group.points.entries()) {
			const findings = pairs.flatMap(each => each[offset] ?? []);
			found.push(comparisonOf(group.id, point, findings));
		}
	}
	return found;
}

interface Pair {
	readonly plan: AgainstPlan;
	readonly group: Group;
	readonly pair: number;
	readonly build: string;
	readonly dataDirectory: string;
}

interface Sums {
	readonly own: Sum;
	readonly other: Sum;
}

interface PairFinding extends Sums {
	readonly cold: Sums;
}

async function runPair(
	{plan, group: {id, nodes, durability, points}, pair, build, dataDirectory}: Pair,
	progress: Progress,
): Promise<readonly PairFinding[]> {
	const place = await makeScratch(dataDirectory);
	const [own, other] = [new ChildSystem(systemOf(id)), new ChildSystem(systemOf(id))];
	try {
		const start = async (child: ChildSystem, name: string, code: {readonly build?: string}): Promise<void> =>
			child.start({nodes, durability, directory: path.join(place, name), ports: [], ...code});
		const starts = [async () => start(own, 'own', {}), async () => start(other, 'other', {build})];
		// Another one first each time: who starts first has the better place in memory.
		for (const begin of pair % 2 === 0 ? starts : starts.reverse()) await begin();
		const colds = await breakIn(plan, points, {own, other});
		const findings: PairFinding[] = [];
		for (const [offset, point] of points.entries()) {
			progress.step(`${systemOf(id).title}, ${point.workload}, ${point.inFlight} in flight, pair ${pair + 1}`);
			const sums = newSums();
			for (let turn = 0; turn < turnsOfEach; turn++) {
				const load: Load = {...point, warmUpMs: 0, measureMs: plan.measureMs, seed: plan.seed + turn + offset};
				const order = turn % 2 === 0 ? (['own', 'other'] as const) : (['other', 'own'] as const);
				for (const who of order) sums[who].add(await (who === 'own' ? own : other).measure(load));
			}
			findings.push({...sums, cold: colds[offset] ?? newSums()});
		}
		return findings;
	} finally {
		await Promise.all([own.stop(), other.stop()]);
		await removeScratch(place);
	}
}

/**
 * V8 compiles in the first seconds, and one that is compiled already must not run against one that is not. With one operation in
 * flight that takes longest: few operations run. Gives what the first round measured, by point.
 */
async function breakIn(
	plan: AgainstPlan,
	points: readonly Point[],
	{own, other}: {readonly own: ChildSystem; readonly other: ChildSystem},
): Promise<readonly Sums[]> {
	const measureMs = plan.breakInMs / breakInRounds;
	const colds = points.map(newSums);
	for (let round = 0; round < breakInRounds; round++) {
		for (const [offset, point] of points.entries()) {
			const load = {...point, warmUpMs: 0, measureMs, seed: plan.seed};
			const measured = [await own.measure(load), await other.measure(load)] as const;
			if (round > 0) continue;
			colds[offset]?.own.add(measured[0]);
			colds[offset]?.other.add(measured[1]);
		}
	}
	return colds;
}

const newSums = (): Sums => ({own: new Sum(), other: new Sum()});

/** Of all turns of one process at one load. */
class Sum {
	#operations = 0;
	#seconds = 0;
	#cpuSeconds = 0;
	readonly #p50s: number[] = [];
	readonly #p99s: number[] = [];

	add({operations, seconds, cpuSeconds, latencies}: Measurement): void {
		this.#operations += operations;
		this.#seconds += seconds;
		// Unknown once, unknown as a whole.
		this.#cpuSeconds += cpuSeconds ?? NaN;
		this.#p50s.push(latencies.p50Us);
		this.#p99s.push(latencies.p99Us);
	}

	get rate(): number {
		return this.#operations / this.#seconds;
	}

	get perCpu(): number {
		return this.#operations / this.#cpuSeconds;
	}

	get p50Us(): number {
		return median(this.#p50s);
	}

	get p99Us(): number {
		return median(this.#p99s);
	}
}

function comparisonOf(system: SystemId, point: Point, pairs: readonly PairFinding[]): Comparison {
	const ratios = (numberOf: (sum: Sum) => number): readonly number[] =>
		pairs.map(({own, other}) => numberOf(own) / numberOf(other));
	return {
		...point,
		system,
		throughput: ratios(({rate}) => rate),
		cold: pairs.map(({cold}) => cold.own.rate / cold.other.rate).filter(ratio => !Number.isNaN(ratio)),
		p50: ratios(({p50Us}) => p50Us),
		p99: ratios(({p99Us}) => p99Us),
		perCpu: ratios(({perCpu}) => perCpu).filter(ratio => !Number.isNaN(ratio)),
		opsPerSecond: pairs.map(({own}) => own.rate),
		otherOpsPerSecond: pairs.map(({other}) => other.rate),
		p50Us: pairs.map(({own}) => own.p50Us),
	};
}

/** A row for each load; each ratio is a median, with the lowest and the highest of the pairs. */
export function againstText(found: readonly Comparison[]): string {
	const table = new Table({
		head: [
			'',
			'in flight',
			'ops/s',
			'other ops/s',
			'p50',
			'throughput',
			'cold',
			'per CPU second',
			'p50 ratio',
			'p99 ratio',
		],
		colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
		style: {head: [], border: []},
		chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''},
	});
	for (const {system, nodes, durability, workload, inFlight, ...numbers} of found) {
		table.push([
			`${systemOf(system).title}, ${nodes} nodes, ${durability}, ${workload}`,
			String(inFlight),
			rateText(median(numbers.opsPerSecond)),
			rateText(median(numbers.otherOpsPerSecond)),
			timeText(median(numbers.p50Us)),
			spread(numbers.throughput),
			spread(numbers.cold),
			spread(numbers.perCpu),
			spread(numbers.p50),
			spread(numbers.p99),
		]);
	}
	return table.toString();
}

function spread(ratios: readonly number[]): string {
	if (ratios.length === 0) return '';
	const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
	return `${median(ratios).toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}
