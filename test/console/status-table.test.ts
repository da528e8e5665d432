import test from 'ava';
import picocolors from 'picocolors';
import {healthText, statusSentences, statusTable, statusText} from '../../actors/console/status-table.js';
import type {NodeStatus} from '../../actors/console/console-target.js';

const nodes: readonly NodeStatus[] = [
	{
		type: 'up',
		node: 0,
		role: 'leader',
		currentTerm: 12,
		commitIndex: 3456,
		lastApplied: 3455,
		logBytes: 1_048_576,
		snapshotIndex: 3000,
	},
	{type: 'silent', node: 1},
	{type: 'down', node: 2},
];

test('the table shows every node, and dashes for what is not known', t => {
	t.is(
		statusTable(nodes, picocolors.createColors(false)),
		[
			'┌──────┬────────┬────────┬──────┬────────┬─────────┬───────────┬──────────┐',
			'│ node │ state  │ role   │ term │ commit │ applied │ log bytes │ snapshot │',
			'│    0 │ up     │ leader │   12 │   3456 │    3455 │   1048576 │     3000 │',
			'│    1 │ silent │ -      │    - │      - │       - │         - │        - │',
			'│    2 │ down   │ -      │    - │      - │       - │         - │        - │',
			'└──────┴────────┴────────┴──────┴────────┴─────────┴───────────┴──────────┘',
			'node 1: its threads run and do not answer: it is paused, or very busy',
		].join('\n'),
	);
});

test('colours change nothing but colours', t => {
	const coloured = statusTable(nodes, picocolors.createColors(true));
	t.true(coloured.includes('\u001B[32mleader'));
	t.true(coloured.includes('\u001B[31mdown'));
	const plain = coloured.replaceAll(new RegExp(String.raw`\u001B\[\d+m`, 'g'), '');
	t.is(plain, statusTable(nodes, picocolors.createColors(false)));
});

test('a node that is damaged, is tried again or does not answer has its reason below the table', t => {
	const text = statusTable(
		[
			{type: 'starting', node: 0},
			{type: 'waiting', node: 1, reason: 'the disk does not answer'},
			{type: 'damaged', node: 2, reason: 'data/node-2/log-0000000001, byte 400: storage is damaged'},
		],
		picocolors.createColors(false),
	);
	for (const state of ['starting', 'waiting ', 'damaged ']) t.true(text.includes(`│ ${state} │`), state);
	t.deepEqual(text.split('\n').slice(-2), [
		'node 1: the disk does not answer',
		'node 2: data/node-2/log-0000000001, byte 400: storage is damaged',
	]);
});

test('a node that is paused says for how long it still is, in the table and in a sentence', t => {
	const paused = [{type: 'paused', node: 1, leftMs: 4249}] as const;
	const text = statusTable(paused, picocolors.createColors(false));
	t.true(text.includes('│    1 │ paused │ -'));
	t.true(text.endsWith('\nnode 1: its threads stand still for 4.2 s more'));
	t.is(statusSentences(paused), 'node 1: paused: its threads stand still for 4.2 s more');
});

test('the health is one line, and a line for each reason', t => {
	const plain = picocolors.createColors(false);
	t.is(
		healthText({state: 'serving', leader: 1, nodes: 3, up: 3, reasons: []}, plain),
		'serving: 3 of 3 nodes are up, node 1 leads',
	);
	t.is(
		healthText({state: 'down', leader: undefined, nodes: 3, up: 1, reasons: ['one', 'two']}, plain),
		'down: 1 of 3 nodes are up\none\ntwo',
	);
});

test('where the table does not fit there are sentences', t => {
	const colours = picocolors.createColors(true);
	t.is(statusText(nodes, colours, 75), statusTable(nodes, colours));
	t.is(statusText(nodes, colours, 74), statusSentences(nodes));
});

test('the mark of a fault makes no column wider', t => {
	const colours = picocolors.createColors(false);
	const marked = statusTable(
		nodes.map(node => ({...node, hasFault: true})),
		colours,
	);
	t.is(marked.split('\n')[0], statusTable(nodes, colours).split('\n')[0]);
	t.regex(marked, /│  \* 2 │ down /);
});
