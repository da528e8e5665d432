/** Small multiples: panels in rows and columns under one title and one legend. */
import type {EChartsOption} from 'echarts';
import {faint, text} from './palette.js';

export interface Panel {
	readonly title: string;
	readonly series: readonly PanelSeries[];
}

/** What echarts takes as a series, less the place in the grid. */
export type PanelSeries = Readonly<Record<string, unknown>>;

export interface Sheet {
	readonly title: string;
	readonly subtitle: string;
	readonly columns: number;
	readonly panels: readonly Panel[];
	readonly xAxis: Readonly<Record<string, unknown>>;
	readonly yAxis: Readonly<Record<string, unknown>>;
	/** Names of series, in order; none: no legend. */
	readonly legend: readonly string[];
}

const size = {panelWidth: 420, panelHeight: 300, left: 78, right: 26, top: 34, bottom: 52} as const;
const headHeight = 70;
const legendRowHeight = 24;
const lineHeight = 18;
/** About a legend's entry, with its sign. */
const legendEntryWidth = 240;

/** The option, and how large the picture must be for it. */
export function layOut(sheet: Sheet): {
	readonly option: EChartsOption;
	readonly size: {readonly width: number; readonly height: number};
} {
	const columns = Math.min(sheet.columns, sheet.panels.length);
	const rows = Math.ceil(sheet.panels.length / columns);
	const width = Math.max(2, columns) * size.panelWidth;
	const panelWidth = width / columns;
	const legendRows = inRowsOf(Math.floor((width - 2 * size.right) / legendEntryWidth), sheet.legend);
	const legendTop = headHeight + (sheet.subtitle.split('\n').length - 1) * lineHeight;
	const head = legendTop + legendRows.length * legendRowHeight;
	const places = sheet.panels.map((_, offset) => ({
		left: (offset % columns) * panelWidth,
		top: head + Math.floor(offset / columns) * size.panelHeight,
	}));
	const option = {
		textStyle: text,
		title: [
			{
				text: sheet.title,
				subtext: sheet.subtitle,
				left: 20,
				top: 12,
				textStyle: {...text, fontSize: 18},
				subtextStyle: text,
			},
			...sheet.panels.map((panel, offset) => panelTitle(panel.title, places[offset]!)),
		],
		legend: legendRows.map((data, row) => ({
			data: [...data],
			left: 16,
			top: legendTop + row * legendRowHeight,
			itemWidth: 34,
			itemGap: 34,
			textStyle: text,
		})),
		grid: places.map(({left, top}) => ({
			left: left + size.left,
			top: top + size.top,
			width: panelWidth - size.left - size.right,
			height: size.panelHeight - size.top - size.bottom,
		})),
		xAxis: places.map((_, gridIndex) => ({
			...axisLook,
			...sheet.xAxis,
			nameLocation: 'middle',
			nameGap: 28,
			gridIndex,
		})),
		// The name once a row: the panels beside it have the same.
		yAxis: places.map((_, gridIndex) => yAxisOf(sheet, gridIndex, gridIndex % columns === 0)),
		series: sheet.panels.flatMap(({series}, offset) =>
			series.map(each => ({...each, xAxisIndex: offset, yAxisIndex: offset})),
		),
	};
	return {option: option as EChartsOption, size: {width, height: head + rows * size.panelHeight}};
}

function inRowsOf<T>(length: number, items: readonly T[]): readonly (readonly T[])[] {
	return Array.from({length: Math.ceil(items.length / length)}, (_, row) =>
		items.slice(row * length, (row + 1) * length),
	);
}

const yAxisOf = ({yAxis}: Sheet, gridIndex: number, isNamed: boolean) => ({
	...axisLook,
	...yAxis,
	name: isNamed ? yAxis['name'] : '',
	nameLocation: 'middle',
	nameRotate: 90,
	nameGap: 54,
	gridIndex,
});

const axisLook = {
	nameTextStyle: text,
	axisLabel: text,
	axisLine: {show: true, lineStyle: {color: '#9ca3af'}},
	splitLine: {show: true, lineStyle: {color: faint}},
} as const;

const panelTitle = (title: string, {left, top}: {readonly left: number; readonly top: number}) => ({
	text: title,
	left: left + size.left,
	top: top + 8,
	padding: 0,
	textStyle: {...text, fontSize: 14, fontWeight: 'bold'},
});
