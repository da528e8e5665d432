/**
 * A recorded life on one time axis, fitted to a width: for each node a row of what it was, above them the throughput, below them what
 * happened, line by line.
 *
 *     21:03:10                  +10 s              +20 s
 *     ops/s   ▁▆▇▇▇▇▁ ▁▆▇▇▇▇▇▇▇▇▇▇▇▇▇   max 8123
 *     node 0  ·······XXXXXXX···········
 *     node 1  LLLLLLL       LLLLLLLLLLL
 *     faults         ──────
 */
import type {Colors} from 'picocolors/types.js';
import {eventText} from '../cluster/event-text.js';
import type {ClusterRecord, RecordedEvent, RecordEntry} from './cluster-record.js';

/** How it is to be drawn. */
export interface TimelineOptions {
	/** Characters of a line. */
	readonly columns: number;
	readonly colours: Colors;
	/** For a screen reader: no rows, only what happened, line by line. */
	readonly isPlain: boolean;
	/** Lines in all, the rows first: of what happened only the newest are told, so that the rows stay in sight. @default no bound */
	readonly rowsMax?: number;
}

/** What stands before each row. */
const labelColumns = 8;
const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const columnsMin = 40;
/** Lines of what happened, at the most and, however low the terminal is, at the least. */
const toldMax = 30;
const toldMin = 4;
/** Loads tell what they did ten times a second, now a little earlier and now a little later: less is no rate. */
const binMs = 300;

interface Axis {
	readonly fromMs: number;
	readonly msPerColumn: number;
	readonly columns: number;
}

/** What a node is in one column of its row. */
type Mark = 'L' | 'C' | '·' | 'X' | '?' | ' ';

const legend = 'L leads  C asks for votes  · follows  X down  ? not up';

/** Ends without a line break. */
export function timelineText({head, entries}: ClusterRecord, options: TimelineOptions): string {
	const {isPlain, colours} = options;
	if (entries.every(({type}) => type === 'nodes') || head.lengthMs <= 0) return 'nothing has happened yet';
	if (isPlain) return newest(toldLines(entries, options.columns), toldMax).join('\n');
	const axis = axisOf(head.lengthMs, entries, Math.max(columnsMin, options.columns));
	const drawn = [
		row('', axisText(axis), ''),
		row('ops/s', throughputText(axis, entries), ''),
		...Array.from({length: head.nodes}, (_, id) =>
			row(`node ${id}`, coloured(nodeText(axis, entries, id), colours), ''),
		),
		row('faults', faultsText(axis, entries), ''),
		row('', marksText(axis, entries), ''),
	];
	const peak = `${' '.repeat(labelColumns)}${peakText(axis, entries)}  ${legend}`;
	const rows = [...drawn.filter(line => line.trim() !== ''), fit(peak, options.columns)];
	const room = Math.min(toldMax, Math.max(toldMin, (options.rowsMax ?? Infinity) - rows.length));
	return [...rows, ...newest(toldLines(entries, options.columns), room)].join('\n');
}

const row = (label: string, cells: string, end: string): string =>
	`${label.padEnd(labelColumns)}${cells}${end}`.trimEnd();

function axisOf(lengthMs: number, entries: readonly RecordEntry[], columns: number): Axis {
	// An entry may be older than what was asked for: the state of the nodes at the beginning.
	const first = entries.find(({type}) => type !== 'nodes')?.atMs ?? 0;
	const begin = entries.reduce(
		(earliest, entry) => (entry.type === 'sample' ? Math.min(earliest, entry.atMs - entry.lengthMs) : earliest),
		first,
	);
	const width = columns - labelColumns;
	const fromMs = Math.max(0, begin);
	return {fromMs, msPerColumn: Math.max(1, (lengthMs - fromMs) / width), columns: width};
}

const columnOf = ({fromMs, msPerColumn, columns}: Axis, atMs: number): number =>
	Math.min(columns - 1, Math.max(0, Math.floor((atMs - fromMs) / msPerColumn)));

/** Times at even distances, as far as they have room. */
function axisText(axis: Axis): string {
	const cells = Array.from({length: axis.columns}, () => ' ');
	const step = Math.max(16, Math.ceil(axis.columns / 8));
	for (let column = 0; column + 9 <= axis.columns; column += step) {
		write(cells, column, `|${shortTime(axis.fromMs + column * axis.msPerColumn)}`);
	}
	return cells.join('');
}

function write(cells: string[], start: number, text: string): void {
	for (const [offset, character] of Array.from(text).entries()) {
		if (start + offset < cells.length) cells[start + offset] = character;
	}
}

/** Since the recording began. */
function shortTime(ms: number): string {
	const seconds = ms / 1000;
	if (seconds < 60) return `${seconds.toFixed(1)}s`;
	const minutes = Math.floor(seconds / 60);
	const rest = Math.floor(seconds % 60)
		.toString()
		.padStart(2, '0');
	return `${minutes}m${rest}s`;
}

/** Answered operations a second in each column; `undefined` where nothing was measured. */
function rates(axis: Axis, entries: readonly RecordEntry[]): readonly (number | undefined)[] {
	const answered = Array.from({length: axis.columns}, () => 0);
	const measured = Array.from({length: axis.columns}, () => 0);
	for (const entry of entries) {
		if (entry.type !== 'sample') continue;
		const last = columnOf(axis, entry.atMs - 0.001);
		const first = columnOf(axis, entry.atMs - entry.lengthMs);
		const share = 1 / (last - first + 1);
		for (let column = first; column <= last; column++) {
			answered[column] = (answered[column] ?? 0) + entry.answered * share;
			measured[column] = (measured[column] ?? 0) + entry.lengthMs * share;
		}
	}
	const binColumns = Math.ceil(binMs / axis.msPerColumn);
	return answered.map((_, column) => {
		const start = column - (column % binColumns);
		const ms = sum(measured.slice(start, start + binColumns));
		return ms > 0 ? (sum(answered.slice(start, start + binColumns)) * 1000) / ms : undefined;
	});
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function throughputText(axis: Axis, entries: readonly RecordEntry[]): string {
	const perSecond = fillGaps(rates(axis, entries));
	const peak = Math.max(...perSecond);
	return perSecond.map(rate => barOf(rate, peak)).join('');
}

/** A sample is longer than a column where the width is large: the column between has the rate before it. */
function fillGaps(values: readonly (number | undefined)[]): readonly number[] {
	let before = 0;
	return values.map(value => (before = value ?? before));
}

function barOf(rate: number, peak: number): string {
	if (rate <= 0 || peak <= 0) return ' ';
	return bars[Math.min(bars.length - 1, Math.floor((rate / peak) * bars.length))] ?? ' ';
}

const peakText = (axis: Axis, entries: readonly RecordEntry[]): string =>
	`peak ${Math.round(Math.max(0, ...rates(axis, entries).map(rate => rate ?? 0)))}/s`;

/** The most telling of what it was in each column: down before leading before asking before following. */
function nodeText(axis: Axis, entries: readonly RecordEntry[], id: number): string {
	const cells: (Mark | undefined)[] = Array.from({length: axis.columns});
	let mark: Mark = ' ';
	let column = 0;
	for (const entry of entries) {
		const next = markAfter(entry, id);
		if (next === undefined) continue;
		const at = entry.atMs < axis.fromMs ? 0 : columnOf(axis, entry.atMs);
		for (; column < at; column++) cells[column] ??= mark;
		// What lasts less than a column is seen all the same.
		if (weight(next) > weight(cells[at] ?? ' ')) cells[at] = next;
		mark = next;
	}
	for (; column < axis.columns; column++) cells[column] ??= mark;
	return cells.map(cell => cell ?? mark).join('');
}

const weight = (mark: Mark): number => [' ', '·', '?', 'C', 'L', 'X'].indexOf(mark);

const markOfRole = {leader: 'L', candidate: 'C', preCandidate: 'C', follower: '·'} as const;

/** `undefined`: the entry says nothing of this node. */
function markAfter(entry: RecordEntry, id: number): Mark | undefined {
	if (entry.type === 'nodes') {
		const node = entry.nodes.find(each => each.id === id);
		if (node === undefined) return undefined;
		if (node.state === 'down' || node.state === 'damaged') return 'X';
		return node.role === undefined ? '?' : markOfRole[node.role];
	}
	if (entry.type !== 'event' || !('id' in entry.event) || entry.event.id !== id) return undefined;
	return markOfEvent(entry.event);
}

function markOfEvent(event: RecordedEvent): Mark | undefined {
	switch (event.type) {
		case 'roleChanged':
			return markOfRole[event.role];
		case 'nodeUp':
			return '·';
		case 'nodeDown':
		case 'nodeDamaged':
			return 'X';
		case 'nodeRestarting':
			return '?';
		case 'leadershipLost':
			return '·';
		default:
			return undefined;
	}
}

const coloured = (cells: string, colours: Colors): string =>
	cells
		.replaceAll(/L+/g, run => colours.green(run))
		.replaceAll(/X+/g, run => colours.red(run))
		.replaceAll(/C+/g, run => colours.yellow(run));

/** Where any fault was set. */
function faultsText(axis: Axis, entries: readonly RecordEntry[]): string {
	const cells = Array.from({length: axis.columns}, () => ' ');
	let since: number | undefined;
	const draw = (until: number): void => {
		if (since !== undefined) for (let column = since; column <= until; column++) cells[column] = '─';
	};
	for (const entry of entries) {
		if (entry.type !== 'event' || entry.event.type !== 'faultsChanged') continue;
		const column = columnOf(axis, entry.atMs);
		if (entry.event.faults.length > 0) since ??= column;
		else {
			draw(column);
			since = undefined;
		}
	}
	draw(axis.columns - 1);
	return cells.join('');
}

/** Each mark of the session at its place, by its name as far as there is room. */
function marksText(axis: Axis, entries: readonly RecordEntry[]): string {
	const cells = Array.from({length: axis.columns}, () => ' ');
	for (const entry of entries) {
		if (entry.type === 'mark') write(cells, columnOf(axis, entry.atMs), `^${entry.name}`);
	}
	return cells.join('');
}

/** What happened, a line each. */
function toldLines(entries: readonly RecordEntry[], columns: number): readonly string[] {
	const lines: string[] = [];
	let faults: readonly string[] = [];
	for (const entry of entries) {
		const text = toldText(entry, faults);
		if (entry.type === 'event' && entry.event.type === 'faultsChanged') ({faults} = entry.event);
		if (text !== undefined) lines.push(fit(`${shortTime(entry.atMs).padStart(labelColumns - 1)} ${text}`, columns));
	}
	return lines;
}

/** The newest of the lines; with the line that says how many are missing they are `linesMax`. */
function newest(lines: readonly string[], linesMax: number): readonly string[] {
	if (lines.length <= linesMax) return lines;
	const shown = lines.slice(1 - linesMax);
	return [`${' '.repeat(labelColumns)}(${lines.length - shown.length} earlier lines are not shown)`, ...shown];
}

function toldText(entry: RecordEntry, faultsBefore: readonly string[]): string | undefined {
	switch (entry.type) {
		case 'mark':
			return `mark ${entry.name}`;
		case 'command':
			return `> ${entry.line}`;
		case 'event':
			return toldEvent(entry.event, faultsBefore);
		case 'sample':
		case 'nodes':
			return undefined;
		default:
			return entry satisfies never;
	}
}

/** Also what the console does not tell at once, because the answer to a command tells it there. */
function toldEvent(event: RecordedEvent, faultsBefore: readonly string[]): string | undefined {
	switch (event.type) {
		case 'nodeUp':
			return `node ${event.id} is up`;
		case 'nodeDown':
			return `node ${event.id} is down`;
		case 'faultsChanged':
			return changedFaults(faultsBefore, event.faults);
		case 'snapshotTaken':
			return `node ${event.id} has taken a snapshot up to index ${event.index}`;
		default:
			return eventText(event)?.text;
	}
}

function changedFaults(before: readonly string[], after: readonly string[]): string | undefined {
	const set = after.filter(fault => !before.includes(fault)).map(fault => `fault: ${fault}`);
	const cleared = before.filter(fault => !after.includes(fault)).map(fault => `healed: ${fault}`);
	const changes = [...set, ...cleared];
	return changes.length === 0 ? undefined : changes.join('; ');
}

const fit = (line: string, columns: number): string =>
	line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
