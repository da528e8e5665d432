import test from 'ava';
import {median, medianBy} from '../../bench/median.js';
import {verdictOf} from '../../bench/soak.js';
import type {SoakSample} from '../../bench/soak-load.js';
import {summarise} from '../../bench/summarise.js';
import type {Measurement} from '../../bench/systems/system.js';

const point = {nodes: 3, durability: 'memory', workload: 'write', inFlight: 64} as const;

const measured = (operations: number, cpuSeconds?: number): Measurement => ({
	operations,
	seconds: 1,
	failures: 0,
	cpuSeconds,
	latencies: {p50Us: 1, p99Us: 2, p999Us: 3, distribution: [[50, operations]]},
});

const soakSampleOf = (fields: Partial<SoakSample>): SoakSample => ({
	atSeconds: 10,
	opsPerSecond: 1000,
	p99Us: 100,
	failures: 0,
	rssMiB: 300,
	heapMiB: 40,
	elections: 0,
	...fields,
});

test('a ratio is the median of the ratios of each round, not the ratio of the medians', t => {
	const rounds = new Map([
		['skeleton', [measured(100), measured(200), measured(400)]],
		['threadraft', [measured(90), measured(20), measured(200)]],
	] as const);
	const cell = summarise(point, rounds).find(({system}) => system === 'threadraft');
	// Pair by pair 0.9, 0.1, 0.5; the medians are 90 and 200.
	t.is(cell?.ofSkeleton, 0.5);
	t.is(cell?.opsPerSecond, 90);
	t.deepEqual(cell?.distribution, [[50, 90]]);
	t.is(cell?.ofEtcd, undefined);
});

test('a round that failed is missing from medians and ratios', t => {
	const rounds = new Map([
		['skeleton', [undefined, measured(200, 1)]],
		['threadraft', [measured(1), measured(100, 0.5)]],
	] as const);
	const cell = summarise(point, rounds).find(({system}) => system === 'threadraft');
	t.is(cell?.ofSkeleton, 0.5);
	t.is(cell?.cpuSecondsPer1000, 5);
	t.is(cell?.rounds.length, 2);
});

test('a median is one of the numbers', t => {
	t.is(median([3, 1, 2]), 2);
	t.is(median([4, 1, 3, 2]), 2);
	t.is(median([]), NaN);
	t.deepEqual(
		medianBy([{n: 3}, {n: 1}, {n: 2}], ({n}) => n),
		{n: 2},
	);
});

test('a soak is flat while throughput and memory stay, whatever its first stretch was like', t => {
	const steady = Array.from({length: 9}, () => soakSampleOf({}));
	t.true(verdictOf([soakSampleOf({opsPerSecond: 10_000, rssMiB: 50}), ...steady]).isFlat);
	const slower = steady.map((sample, n) => ({...sample, opsPerSecond: sample.opsPerSecond * (1 - n / 20)}));
	t.false(verdictOf([soakSampleOf({}), ...slower]).isFlat);
	const larger = steady.map((sample, n) => ({...sample, rssMiB: sample.rssMiB + 20 * n}));
	t.is(verdictOf([soakSampleOf({}), ...larger]).rssChangeMiB, 120);
	t.false(verdictOf([soakSampleOf({}), ...larger]).isFlat);
	t.false(verdictOf([soakSampleOf({}), ...steady, soakSampleOf({elections: 1})]).isFlat);
});
