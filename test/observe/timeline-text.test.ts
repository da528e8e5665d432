/** The timeline: what stands where, at 80 and at 200 columns, and as lines. */
import test from 'ava';
import picocolors from 'picocolors';
import type {ClusterRecord, RecordEntry} from '../../actors/index.js';
import {timelineText} from '../../actors/observe/timeline-text.js';
import {nodeId, term} from '../../src/raft/types.js';

const colours = picocolors.createColors(false);
const nodesOf = (...roles: readonly ('leader' | 'follower' | undefined)[]): RecordEntry => ({
	type: 'nodes',
	atMs: 0,
	nodes: roles.map((role, id) => (role === undefined ? {id, state: 'down'} : {id, state: 'up', role, term: 1})),
});
const sample = (atMs: number, answered: number): RecordEntry => ({
	type: 'sample',
	atMs,
	lengthMs: 100,
	answered,
	failed: 0,
	requests: answered,
	bytes: 0,
	lost: 0,
});

/** Ten seconds: node 0 leads and is killed after four; node 1 leads after five; a fault from six to eight. */
function tenSeconds(): ClusterRecord {
	const entries: RecordEntry[] = [nodesOf('leader', 'follower', 'follower')];
	for (let atMs = 100; atMs <= 10_000; atMs += 100) entries.push(sample(atMs, atMs > 4000 && atMs <= 5000 ? 0 : 100));
	entries.push(
		{type: 'event', atMs: 4000, event: {type: 'nodeDown', id: nodeId(0)}},
		{
			type: 'event',
			atMs: 5000,
			event: {type: 'roleChanged', id: nodeId(1), role: 'leader', term: term(2), leaderId: nodeId(1)},
		},
		{type: 'event', atMs: 6000, event: {type: 'faultsChanged', faults: ['cut of node:1 -> node:2']}},
		{type: 'event', atMs: 8000, event: {type: 'faultsChanged', faults: []}},
		{type: 'mark', atMs: 9000, name: 'calm'},
	);
	return {
		head: {
			format: 'threadraft-record',
			version: 1,
			startedAt: '2026-11-28T20:00:00.000Z',
			nodes: 3,
			lengthMs: 10_000,
			dropped: {events: 0, samples: 0, nodes: 0},
		},
		entries: entries.sort((one, other) => one.atMs - other.atMs),
	};
}

const draw = (columns: number, record = tenSeconds(), isPlain = false): readonly string[] =>
	timelineText(record, {columns, colours, isPlain}).split('\n');
const rowOf = (lines: readonly string[], label: string): string =>
	lines.find(line => line.startsWith(`${label} `) || line === label)?.slice(8) ?? '';

for (const columns of [80, 200]) {
	const cells = columns - 8;
	/** Which cell a moment is in. */
	const at = (seconds: number): number => Math.floor((seconds / 10) * cells);

	test(`at ${columns} columns the crash, the gap and the new leader stand below each other`, t => {
		const lines = draw(columns);
		const [crash, election] = [at(4), at(5)];
		/** Rates are those of 300 ms. */
		const bin = at(0.3) + 1;
		const first = rowOf(lines, 'node 0');
		t.is(first, 'L'.repeat(crash) + 'X'.repeat(cells - crash));
		const second = rowOf(lines, 'node 1');
		t.is(second, '·'.repeat(election) + 'L'.repeat(cells - election));
		t.is(rowOf(lines, 'node 2'), '·'.repeat(cells));
		const throughput = rowOf(lines, 'ops/s').padEnd(cells);
		t.regex(throughput.slice(0, crash - bin), /^[▆▇█]+$/);
		t.regex(throughput.slice(crash + bin, election - bin), /^ +$/);
		t.regex(throughput.slice(election + bin, cells - 1), /^[▆▇█]+$/);
		t.is(rowOf(lines, 'faults'), ' '.repeat(at(6)) + '─'.repeat(at(8) - at(6) + 1));
		t.true(lines.some(line => line.indexOf('^calm') === 8 + at(9)));
	});

	test(`no line is longer than ${columns} columns`, t => {
		t.deepEqual(
			draw(columns).filter(line => line.length > columns),
			[],
		);
	});
}

test('what happened is told below, in order, with its time', t => {
	const told = draw(200);
	t.true(told.join('\n').includes('   4.0s node 0 is down\n   5.0s node 1 leads since term 2\n   6.0s fault: cut'));
});

test('for a screen reader there are no rows, only what happened', t => {
	t.deepEqual(draw(80, tenSeconds(), true), [
		'   4.0s node 0 is down',
		'   5.0s node 1 leads since term 2',
		'   6.0s fault: cut of node:1 -> node:2',
		'   8.0s healed: cut of node:1 -> node:2',
		'   9.0s mark calm',
	]);
});

test('an election that lasts less than a column is seen all the same', t => {
	const record = tenSeconds();
	const role = (atMs: number, role: 'candidate' | 'follower'): RecordEntry => ({
		type: 'event',
		atMs,
		event: {type: 'roleChanged', id: nodeId(2), role, term: term(2), leaderId: undefined},
	});
	const entries = [...record.entries, role(4500, 'candidate'), role(4501, 'follower')].sort((a, b) => a.atMs - b.atMs);
	const cells = rowOf(draw(80, {...record, entries}), 'node 2');
	t.is(cells.indexOf('C'), Math.floor(0.45 * 72));
	t.is(cells.replaceAll('·', ''), 'C');
});

test('of many events the newest are told, and how many are not', t => {
	const record = tenSeconds();
	const marks = Array.from({length: 50}, (_, number): RecordEntry => ({
		type: 'mark',
		atMs: 9100 + number,
		name: `m${number}`,
	}));
	const lines = draw(80, {...record, entries: [...record.entries, ...marks]}, true);
	t.is(lines.length, 30);
	t.is(lines[0]?.trim(), '(26 earlier lines are not shown)');
	t.regex(lines.at(-1) ?? '', /mark m49$/);
});

test('on a low terminal the rows stay in sight: fewer lines are told below them, but always the newest', t => {
	const record = tenSeconds();
	const drawnIn = (rowsMax: number): readonly string[] =>
		timelineText(record, {columns: 80, rowsMax, colours, isPlain: false}).split('\n');
	const all = drawnIn(Infinity);
	t.is(drawnIn(all.length).length, all.length);
	const low = drawnIn(all.length - 1);
	t.is(low.length, all.length - 1);
	t.is(low[0], all[0]);
	t.regex(low.join('\n'), /\(2 earlier lines are not shown\)/);
	t.is(low.at(-1), all.at(-1));
	t.deepEqual(drawnIn(1), low);
});

test('before anything has happened it says so', t => {
	const {head} = tenSeconds();
	t.deepEqual(draw(80, {head, entries: [nodesOf('leader')]}), ['nothing has happened yet']);
});
