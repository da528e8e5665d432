/** The page of a run, as Markdown, and the same as text for the terminal. */
import {rateText, timeText} from '../report/table.js';
import {axisIds, axisTexts, firstCompared, type AxisId} from './plan.js';
import type {ScaleCell, ScaleResults} from './results.js';

/** Above this share of busy cores the figures are another program's as well. */
const quietLoadMax = 0.2;

const head = ['at', 'writes/s', 'CPU us', 'p50', 'p99', 'reads/s', 'CPU us', 'p50', 'p99', 'RSS MiB'];

/** How an operation's cost grows over an axis. */
export interface Growth {
	readonly axis: AxisId;
	readonly workload: 'write' | 'read';
	readonly from: number;
	readonly to: number;
	/** CPU of the last point over that of the first. */
	readonly ratio: number;
}

/** From the first point that is compared to the last. */
export function growthOf(cells: readonly ScaleCell[]): readonly Growth[] {
	return axisIds.flatMap(axis =>
		(['write', 'read'] as const).flatMap((workload): readonly Growth[] => {
			const compared = cells.filter(
				cell => cell.axis === axis && cell.workload === workload && cell.at >= (firstCompared[axis] ?? 0),
			);
			const [first] = compared;
			const last = compared.at(-1);
			if (first === undefined || last === undefined || first === last) return [];
			return [{axis, workload, from: first.at, to: last.at, ratio: last.median.cpuUs / first.median.cpuUs}];
		}),
	);
}

const count = (number: number): string => number.toLocaleString('en');

function rowsOf(axis: AxisId, cells: readonly ScaleCell[]): readonly string[] {
	const found = cells.filter(cell => cell.axis === axis);
	const values = [...new Set(found.map(({at}) => at))];
	return values.map(at => {
		const here = found.filter(cell => cell.at === at);
		const rss = Math.max(...here.map(({median}) => median.rssMiB));
		return tableRow([count(at), ...here.flatMap(figuresOf), String(rss)]);
	});
}

function figuresOf({median: {opsPerSecond, cpuUs, p50Us, p99Us, failures}}: ScaleCell): readonly string[] {
	const rate = `${rateText(opsPerSecond)}${failures > 0 ? ` (${failures} failed)` : ''}`;
	return [rate, threeDigits(cpuUs), timeText(p50Us), timeText(p99Us)];
}

const threeDigits = (number: number): string =>
	Number.isNaN(number) ? '' : number >= 100 ? number.toFixed(0) : number.toPrecision(3);

const tableRow = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function tableOf(axis: AxisId, cells: readonly ScaleCell[]): readonly string[] {
	const ruler = head.map((_, column) => (column === 0 ? '--:' : '--:'));
	return [tableRow(head), `|${ruler.join('|')}|`, ...rowsOf(axis, cells)];
}

const growthText = ({workload, from, to, ratio}: Growth): string =>
	`${workload}s ${Number.isFinite(ratio) ? ratio.toFixed(2) : '(not measured)'} from ${count(from)} to ${count(to)}`;

function sectionOf(axis: AxisId, cells: readonly ScaleCell[], plot: string | undefined): readonly string[] {
	const {name, note} = axisTexts[axis];
	const ratios = growthOf(cells)
		.filter(growth => growth.axis === axis)
		.map(growthText);
	const growth = ratios.length === 0 ? [] : [`CPU of an operation: ${ratios.join(', ')}.`, ''];
	const picture = plot === undefined ? [] : [`![Over ${name}](${plot})`, ''];
	return [`## Over ${name}`, '', note, '', ...tableOf(axis, cells), '', ...growth, ...picture];
}

/** `plots`: the names of the files of the plots, by axis. */
export function pageOf(results: ScaleResults, plots: ReadonlyMap<AxisId, string>): string {
	const {cells, plan, machine, startedAt, command} = results;
	const isBusy = machine.loadPerCore > quietLoadMax;
	const axes = axisIds.filter(axis => plan.axes[axis].length > 0);
	const sections = axes.flatMap(axis => sectionOf(axis, cells, plots.get(axis)));
	return [
		'# What an operation costs as things grow',
		'',
		`This page is made by a command, in the folder of the project:`,
		'',
		`    ${command}`,
		'',
		...(isBusy ? ['**Other programs kept the cores busy: the figures below are noise.**', ''] : []),
		`${startedAt.slice(0, 10)}, ${machine.cores} x ${machine.cpu}, Node ${machine.node}; other programs took ${(machine.loadPerCore * 100).toFixed(0)} % of the`,
		`cores just before. Medians of ${plan.rounds} rounds; each axis of each round has a process of its own, in which are all nodes and all clients.`,
		'Where an axis does not say otherwise there are three nodes in memory, 1000 keys, values of 100 bytes, and one client with 64',
		'operations in flight. *CPU us* is the CPU time of the whole process for one operation, clients and all nodes together: unlike throughput it does',
		'not depend on how many cores there are.',
		'',
		...sections,
	]
		.join('\n')
		.trimEnd()
		.concat('\n');
}
