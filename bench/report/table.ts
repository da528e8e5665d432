/** The tables: one for each group of nodes, durability and workload; a row for each system and number in flight. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type {Cell, CrashResult, Results} from '../results.js';
import type {SoakResult} from '../soak.js';
import {systemOf} from '../systems/catalogue.js';
import type {SystemId} from '../systems/system.js';

const head = ['system', 'in flight', 'ops/s', 'p50', 'p99', 'p99.9', 'CPU s/1000', 'of skeleton', 'of etcd'];
const rightAligned = head.map((_, column) => (column === 0 ? ('left' as const) : ('right' as const)));
/** No line between rows: they belong together. */
const plainLook = {style: {head: [], border: []}, chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''}};

export function tablesOf(results: Results): string {
	const groups = grouped(results.cells);
	const parts = [...groups].map(([title, cells]) => `${pc.bold(title)}\n${tableOf(cells, results)}`);
	if (results.crashes.length > 0) parts.push(crashTable(results.crashes, results));
	return parts.join('\n\n');
}

function grouped(cells: readonly Cell[]): ReadonlyMap<string, readonly Cell[]> {
	const groups = new Map<string, Cell[]>();
	for (const cell of cells) {
		const title = `${cell.nodes} nodes, ${durabilityText[cell.durability]}, ${workloadText[cell.workload]}`;
		const group = groups.get(title);
		if (group === undefined) groups.set(title, [cell]);
		else group.push(cell);
	}
	return groups;
}

export const durabilityText = {memory: 'in memory', durable: 'durable'} as const;
export const workloadText = {write: 'writes', read: 'linearizable reads', mixed: 'half writes, half reads'} as const;

function tableOf(cells: readonly Cell[], results: Results): string {
	const table = new Table({head, ...plainLook, colAligns: rightAligned});
	const order = results.systems.map(({id}) => id);
	const sorted = [...cells].sort(
		(a, b) => order.indexOf(a.system) - order.indexOf(b.system) || a.inFlight - b.inFlight,
	);
	for (const [offset, cell] of sorted.entries()) {
		const isFirst = sorted[offset - 1]?.system !== cell.system;
		table.push(rowOf(cell, isFirst ? titleOf(cell.system, results) : ''));
	}
	return table.toString();
}

function rowOf(cell: Cell, title: string): string[] {
	return [
		title,
		String(cell.inFlight),
		`${rateText(cell.opsPerSecond)}${cell.failures > 0 ? ` (${cell.failures} failed)` : ''}`,
		timeText(cell.p50Us),
		timeText(cell.p99Us),
		timeText(cell.p999Us),
		cell.cpuSecondsPer1000 === undefined ? '' : cell.cpuSecondsPer1000.toFixed(3),
		systemOf(cell.system).limit === cell.system ? '' : ratioText(cell.ofSkeleton),
		cell.system === 'etcd' ? '' : ratioText(cell.ofEtcd),
	];
}

function crashTable(crashes: readonly CrashResult[], results: Results): string {
	const table = new Table({
		head: [
			'leader crash',
			'nodes',
			'',
			'crashes',
			'longest time without progress',
			'in election timeouts',
			'min',
			'max',
		],
		...plainLook,
	});
	for (const {system, nodes, durability, gapsMs, medianGapMs, medianGapElectionTimeouts} of crashes) {
		table.push([
			titleOf(system, results),
			nodes,
			durabilityText[durability],
			gapsMs.length,
			`${medianGapMs.toFixed(0)} ms (median)`,
			medianGapElectionTimeouts.toFixed(2),
			`${Math.min(...gapsMs).toFixed(0)} ms`,
			`${Math.max(...gapsMs).toFixed(0)} ms`,
		]);
	}
	return table.toString();
}

export function soakText({verdict, samples}: SoakResult): string {
	const percent = (change: number): string => `${change >= 0 ? '+' : ''}${(change * 100).toFixed(1)} %`;
	const mebibytes = (change: number): string => `${change >= 0 ? '+' : ''}${change.toFixed(0)} MiB`;
	const minutes = ((samples.at(-1)?.atSeconds ?? 0) / 60).toFixed(1);
	return [
		`${verdict.isFlat ? pc.green('flat') : pc.red('not flat')} over ${minutes} minutes, last third against first:`,
		`throughput ${percent(verdict.throughputChange)}, p99 ${percent(verdict.p99Change)}, RSS ${mebibytes(verdict.rssChangeMiB)}, heap ${mebibytes(verdict.heapChangeMiB)};`,
		`${verdict.elections} elections, ${verdict.failures} failed operations`,
	].join(' ');
}

export const titleOf = (id: SystemId, {systems}: Pick<Results, 'systems'>): string =>
	systems.find(system => system.id === id)?.title ?? id;

/** Three digits: the rest is noise. */
export function rateText(perSecond: number): string {
	if (Number.isNaN(perSecond)) return 'failed';
	if (perSecond >= 1e6) return `${(perSecond / 1e6).toPrecision(3)}M`;
	if (perSecond >= 1e3) return `${(perSecond / 1e3).toPrecision(3)}k`;
	return perSecond.toFixed(0);
}

export function timeText(us: number): string {
	if (Number.isNaN(us)) return '';
	if (us >= 1e6) return `${(us / 1e6).toPrecision(3)} s`;
	if (us >= 1e3) return `${(us / 1e3).toPrecision(3)} ms`;
	return `${us.toFixed(0)} us`;
}

const ratioText = (ratio: number | undefined): string => (ratio === undefined ? '' : ratio.toFixed(2));
