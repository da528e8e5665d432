/** The plots: throughput against operations in flight, latency distributions, time through a leader crash, the soak. */
import type {Cell, CrashResult, Results} from '../results.js';
import type {SoakResult} from '../soak.js';
import type {SystemId} from '../systems/system.js';
import {lookOf} from './palette.js';
import {layOut, type Panel, type PanelSeries, type Sheet} from './panels.js';
import {svgOf} from './svg.js';
import {durabilityText, rateText, soakText, timeText, titleOf, workloadText} from './table.js';

export interface Plot {
	readonly fileName: string;
	readonly svg: string;
}

/** In flight, of the latency plots: the middle of what was measured. */
const preferredInFlight = 64;

export function plotsOf(results: Results): readonly Plot[] {
	const nodeCounts = [...new Set(results.cells.map(({nodes}) => nodes))];
	return [
		...nodeCounts.flatMap(nodes => {
			const cells = results.cells.filter(cell => cell.nodes === nodes && cell.rounds.length > 0);
			return [throughputPlot(nodes, cells, results), latencyPlot(nodes, cells, results)];
		}),
		...(results.crashes.length > 0 ? [crashPlot(results.crashes, results)] : []),
		...(results.soak === undefined ? [] : [soakPlot(results.soak)]),
	];
}

function throughputPlot(nodes: number, cells: readonly Cell[], results: Results): Plot {
	const title = `Throughput, ${nodes} nodes`;
	const subtitle = `Closed loop, 16-byte keys, 100-byte values, medians of ${results.plan?.rounds ?? 1} rounds. Logarithmic.`;
	const sheet = sheetOf(results, cells, {
		title,
		subtitle,
		columns: new Set(cells.map(({workload}) => workload)).size,
		panels: panelsOf(cells, panelCells =>
			bySystem(panelCells, results).map(([id, line]) =>
				lineOf(
					id,
					results,
					line
						.filter(({opsPerSecond}) => opsPerSecond > 0)
						.map(({inFlight, opsPerSecond}) => [String(inFlight), opsPerSecond]),
				),
			),
		),
		xAxis: {
			type: 'category',
			name: 'operations in flight',
			boundaryGap: false,
			data: [...new Set(cells.map(({inFlight}) => inFlight))].sort((a, b) => a - b).map(String),
		},
		yAxis: {type: 'log', name: 'operations a second', axisLabel: {formatter: short(rateText)}},
	});
	return plotOf(`throughput-${nodes}-nodes`, sheet);
}

function latencyPlot(nodes: number, all: readonly Cell[], results: Results): Plot {
	const counts = [...new Set(all.map(({inFlight}) => inFlight))];
	const shown = counts.includes(preferredInFlight) ? preferredInFlight : (counts.at(-1) ?? 0);
	const cells = all.filter(({inFlight}) => inFlight === shown);
	const sheet = sheetOf(results, cells, {
		title: `Latency distribution, ${nodes} nodes, ${shown} in flight`,
		subtitle:
			'Up: the slowest of each hundred, thousand, ten thousand. To the left is better. Of the round with the median throughput.',
		columns: new Set(cells.map(({workload}) => workload)).size,
		panels: panelsOf(cells, panelCells =>
			bySystem(panelCells, results).map(([id, [cell]]) => lineOf(id, results, tailOf(cell), {showSymbol: false})),
		),
		xAxis: {type: 'log', name: 'latency', axisLabel: {formatter: short(timeText), hideOverlap: true}},
		yAxis: {
			type: 'value',
			name: 'operations that were faster',
			min: 0,
			max: 4,
			interval: 1,
			axisLabel: {formatter: (nines: number) => ['0 %', '90 %', '99 %', '99.9 %', '99.99 %'][nines] ?? ''},
		},
	});
	return plotOf(`latency-${nodes}-nodes`, sheet);
}

function tailOf(cell: Cell | undefined): readonly (readonly [number, number])[] {
	const points = (cell?.distribution ?? []).filter(([percentile, us]) => percentile < 100 && us > 0);
	return points.map(([percentile, us]) => [us, ninesOf(percentile)] as const);
}

/** Ticks are round numbers. */
const short =
	(format: (value: number) => string) =>
	(value: number): string =>
		format(value).replace(/\.0+(?=\D|$)/, '');

/** 90 %: 1; 99 %: 2; 99.9 %: 3. */
const ninesOf = (percentile: number): number => Math.min(4, -Math.log10(1 - percentile / 100));

function crashPlot(crashes: readonly CrashResult[], results: Results): Plot {
	const panels = crashes.map((crash): Panel => ({
		title: `${titleOf(crash.system, results)}, ${crash.nodes} nodes, ${durabilityText[crash.durability]}`,
		series: [crashSeries(crash)],
	}));
	const before = Math.min(...crashes.map(({timeline}) => timeline.startsAtMs));
	const after = Math.max(
		...crashes.map(({timeline: {startsAtMs, completions, bucketMs}}) => startsAtMs + completions.length * bucketMs),
	);
	return plotOf('leader-crash', {
		title: 'Through a leader crash',
		subtitle: `Completions in each ${crashes[0]?.timeline.bucketMs} ms, ${crashes[0]?.inFlight} writes in flight; of several crashes the one with the median time without progress (red).`,
		columns: 2,
		panels,
		xAxis: {
			type: 'value',
			name: 'ms from the kill',
			min: Math.floor(before / 500) * 500,
			max: Math.ceil(after / 500) * 500,
		},
		yAxis: {type: 'value', name: 'completions', max: withHeadroom, axisLabel: {formatter: short(rateText)}},
		legend: [],
	});
}

/** For the label above the curve. */
const withHeadroom = ({max}: {readonly max: number}): number => Math.ceil((max * 1.3) / 20) * 20;

function crashSeries({system, timeline, medianGapMs, medianGapElectionTimeouts}: CrashResult): PanelSeries {
	const {completions, startsAtMs, bucketMs, gap} = timeline;
	const label = `${medianGapMs.toFixed(0)} ms without progress,\n${medianGapElectionTimeouts.toFixed(2)} election timeouts`;
	return {
		type: 'line',
		step: 'end',
		showSymbol: false,
		data: completions.map((count, bucket) => [startsAtMs + bucket * bucketMs, count]),
		lineStyle: {color: lookOf[system].color, width: 1.2},
		areaStyle: {color: lookOf[system].color, opacity: 0.15},
		markArea: {
			silent: true,
			itemStyle: {color: '#dc2626', opacity: 0.18},
			label: {show: true, position: 'insideTopLeft', color: '#991b1b', fontSize: 12, formatter: label},
			data: [[{xAxis: gap.fromMs}, {xAxis: gap.toMs}]],
		},
		markLine: {
			silent: true,
			symbol: 'none',
			label: {show: false},
			lineStyle: {color: '#991b1b', type: 'dashed'},
			data: [{xAxis: 0}],
		},
	};
}

function soakPlot(soak: SoakResult): Plot {
	const at = (numberOf: (sample: SoakResult['samples'][number]) => number) =>
		soak.samples.map(sample => [sample.atSeconds / 60, numberOf(sample)]);
	const line = (name: string, color: string, data: readonly (readonly number[])[]): PanelSeries => ({
		type: 'line',
		name,
		showSymbol: false,
		data,
		lineStyle: {color, width: 2},
		itemStyle: {color},
	});
	const {workload, inFlight} = soak.options;
	return plotOf('soak', {
		title: `Soak, ${soak.nodes} nodes, ${durabilityText[soak.durability]}, ${workloadText[workload]}, ${inFlight} in flight`,
		subtitle: plain(soakText(soak)).replace(': ', ':\n'),
		columns: 2,
		panels: [
			{
				title: 'operations a second',
				series: [
					line(
						'throughput',
						'#1d4ed8',
						at(({opsPerSecond}) => opsPerSecond),
					),
				],
			},
			{
				title: 'p99, us',
				series: [
					line(
						'p99',
						'#ea580c',
						at(({p99Us}) => p99Us),
					),
				],
			},
			{
				title: 'resident memory of the process, MiB',
				series: [
					line(
						'rss',
						'#15803d',
						at(({rssMiB}) => rssMiB),
					),
				],
			},
			{
				title: 'elections in each stretch',
				series: [
					line(
						'elections',
						'#7e22ce',
						at(({elections}) => elections),
					),
				],
			},
		],
		xAxis: {type: 'value', name: 'minutes', max: 'dataMax'},
		yAxis: {type: 'value', name: '', min: 0, minInterval: 1, axisLabel: {formatter: short(rateText)}},
		legend: [],
	});
}

// oxlint-disable-next-line no-control-regex -- colours are escape sequences
const plain = (colored: string): string => colored.replaceAll(/\u001b\[\d+m/g, '');

function panelsOf(
	cells: readonly Cell[],
	seriesOf: (cells: readonly Cell[]) => readonly PanelSeries[],
): readonly Panel[] {
	const titles = [...new Set(cells.map(panelTitleOf))];
	return titles.map(title => ({title, series: seriesOf(cells.filter(cell => panelTitleOf(cell) === title))}));
}

const panelTitleOf = ({durability, workload}: Cell): string =>
	`${durabilityText[durability]}, ${workloadText[workload]}`;

function bySystem(cells: readonly Cell[], {systems}: Results): readonly (readonly [SystemId, readonly Cell[]])[] {
	return systems
		.map(({id}) => [id, cells.filter(({system}) => system === id)] as const)
		.filter(([, found]) => found.length > 0);
}

function lineOf(
	id: SystemId,
	results: Results,
	data: readonly (readonly [number | string, number])[],
	{showSymbol = true}: {readonly showSymbol?: boolean} = {},
): PanelSeries {
	const {color, line, symbol} = lookOf[id];
	return {
		type: 'line',
		name: titleOf(id, results),
		data,
		symbol,
		symbolSize: 7,
		showSymbol,
		lineStyle: {color, type: line, width: id === 'threadraft' ? 3 : 2},
		itemStyle: {color},
	};
}

const sheetOf = (results: Results, cells: readonly Cell[], sheet: Omit<Sheet, 'legend'>): Sheet => ({
	...sheet,
	legend: bySystem(cells, results).map(([id]) => titleOf(id, results)),
});

function plotOf(name: string, sheet: Sheet): Plot {
	const {option, size} = layOut(sheet);
	return {fileName: `${name}.svg`, svg: svgOf(option, size)};
}
