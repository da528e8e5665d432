/** Cells from rounds: medians, and ratios that are taken pair by pair, round by round, before the median. */
import {median, medianBy} from './median.js';
import type {Point} from './plan.js';
import type {Cell, Round} from './results.js';
import {systemOf} from './systems/catalogue.js';
import type {Measurement, SystemId} from './systems/system.js';

/** What one point gave: for each system a measurement of each round, `undefined` where it failed. */
export type PointRounds = ReadonlyMap<SystemId, readonly (Measurement | undefined)[]>;

export function summarise(point: Point, rounds: PointRounds): readonly Cell[] {
	return [...rounds].map(([system, measurements]) => cellOf(point, system, measurements, rounds));
}

function cellOf(
	point: Point,
	system: SystemId,
	measurements: readonly (Measurement | undefined)[],
	rounds: PointRounds,
): Cell {
	const all = measurements.map(measurement => (measurement === undefined ? undefined : roundOf(measurement)));
	const good = all.filter(round => round !== undefined);
	const cpu = good.flatMap(({cpuSecondsPer1000}) => cpuSecondsPer1000 ?? []);
	const middle = medianBy(
		measurements.filter(measurement => measurement !== undefined),
		rateOf,
	);
	return {
		...point,
		system,
		rounds: all,
		opsPerSecond: median(good.map(({opsPerSecond}) => opsPerSecond)),
		p50Us: median(good.map(({p50Us}) => p50Us)),
		p99Us: median(good.map(({p99Us}) => p99Us)),
		p999Us: median(good.map(({p999Us}) => p999Us)),
		cpuSecondsPer1000: cpu.length === 0 ? undefined : median(cpu),
		ofSkeleton: ratio(measurements, rounds.get(systemOf(system).limit)),
		ofEtcd: ratio(measurements, rounds.get('etcd')),
		failures: good.reduce((sum, {failures}) => sum + failures, 0),
		distribution: middle?.latencies.distribution ?? [],
	};
}

function roundOf(measurement: Measurement): Round {
	const {latencies, cpuSeconds, operations, failures} = measurement;
	const {p50Us, p99Us, p999Us} = latencies;
	const cpuSecondsPer1000 = cpuSeconds === undefined ? undefined : (cpuSeconds / operations) * 1000;
	return {opsPerSecond: rateOf(measurement), p50Us, p99Us, p999Us, cpuSecondsPer1000, failures};
}

const rateOf = ({operations, seconds}: Measurement): number => operations / seconds;

function ratio(
	measured: readonly (Measurement | undefined)[],
	against: readonly (Measurement | undefined)[] | undefined,
): number | undefined {
	const ratios = measured.flatMap((measurement, round) => {
		const other = against?.[round];
		return measurement === undefined || other === undefined ? [] : rateOf(measurement) / rateOf(other);
	});
	return ratios.length === 0 ? undefined : median(ratios);
}
