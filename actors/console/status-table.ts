/** All nodes at a glance. */
import Table from 'cli-table3';
import type {Colors} from 'picocolors/types.js';
import type {NodeStatus} from './console-target.js';

const HEAD = ['node', 'state', 'role', 'term', 'commit', 'applied', 'log bytes', 'snapshot'];

/** Ends without a line break. */
export function statusTable(nodes: readonly NodeStatus[], colours: Colors): string {
	const table = new Table({
		head: HEAD.map(title => colours.bold(title)),
		colAligns: ['right', 'left', 'left', ...HEAD.slice(3).map(() => 'right' as const)],
		// The table's own colours know nothing of whether the output is a terminal.
		style: {head: [], border: []},
	});
	for (const status of nodes) table.push(rowOf(status, colours));
	return table.toString();
}

function rowOf(status: NodeStatus, colours: Colors): string[] {
	if (status.type === 'down') return [String(status.node), colours.red('down'), ...blanks];
	if (status.type === 'silent') return [String(status.node), colours.yellow('silent'), ...blanks];
	const {node, role, currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex} = status;
	const shownRole = role === 'leader' ? colours.green(role) : role;
	const numbers = [currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex].map(number => String(number ?? '-'));
	return [String(node), 'up', shownRole, ...numbers];
}

const blanks = HEAD.slice(2).map(() => '-');
