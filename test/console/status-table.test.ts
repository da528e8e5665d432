import test from 'ava';
import picocolors from 'picocolors';
import {statusTable} from '../../actors/console/status-table.js';
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
			'├──────┼────────┼────────┼──────┼────────┼─────────┼───────────┼──────────┤',
			'│    0 │ up     │ leader │   12 │   3456 │    3455 │   1048576 │     3000 │',
			'├──────┼────────┼────────┼──────┼────────┼─────────┼───────────┼──────────┤',
			'│    1 │ silent │ -      │    - │      - │       - │         - │        - │',
			'├──────┼────────┼────────┼──────┼────────┼─────────┼───────────┼──────────┤',
			'│    2 │ down   │ -      │    - │      - │       - │         - │        - │',
			'└──────┴────────┴────────┴──────┴────────┴─────────┴───────────┴──────────┘',
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
