/** One sheet an axis: CPU time, throughput and latency over it. */
import {layOut, type Panel, type PanelSeries} from '../report/panels.js';
import {svgOf} from '../report/svg.js';
import {axisTexts, type AxisId} from './plan.js';
import type {Sample, ScaleCell} from './results.js';

const colors = {write: '#1d4ed8', read: '#15803d'} as const;

export const plotName = (axis: AxisId): string => `scale-${axis}.svg`;

/** The axis as SVG. */
export function plotOfAxis(axis: AxisId, cells: readonly ScaleCell[], rounds: number): string {
	const found = cells.filter(cell => cell.axis === axis);
	const line = (workload: 'write' | 'read', of: keyof Sample, name: string, type = 'solid'): PanelSeries => ({
		type: 'line',
		name,
		symbolSize: 7,
		data: found.filter(cell => cell.workload === workload).map(({at, median}) => [String(at), median[of]]),
		lineStyle: {color: colors[workload], type, width: 2},
		itemStyle: {color: colors[workload]},
	});
	const panels: readonly Panel[] = [
		{title: 'CPU us of an operation', series: [line('write', 'cpuUs', 'writes'), line('read', 'cpuUs', 'reads')]},
		{
			title: 'operations a second',
			series: [line('write', 'opsPerSecond', 'writes'), line('read', 'opsPerSecond', 'reads')],
		},
		{
			title: 'latency, us: p50, and p99 dashed',
			series: [
				line('write', 'p50Us', 'writes'),
				line('read', 'p50Us', 'reads'),
				line('write', 'p99Us', 'writes', 'dashed'),
				line('read', 'p99Us', 'reads', 'dashed'),
			],
		},
	];
	const {option, size} = layOut({
		title: `Over ${axisTexts[axis].name}`,
		subtitle: `Medians of ${rounds} rounds, all nodes and clients in one process. Logarithmic.`,
		columns: panels.length,
		panels,
		xAxis: {
			type: 'category',
			name: axisTexts[axis].name,
			boundaryGap: false,
			data: [...new Set(found.map(({at}) => String(at)))],
		},
		yAxis: {type: 'log', name: ''},
		legend: ['writes', 'reads'],
	});
	return svgOf(option, size);
}
