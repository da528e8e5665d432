/** All nodes at a glance, and the cluster as a whole. */
import {stripVTControlCharacters} from 'node:util';
import Table from 'cli-table3';
import type {Colors} from 'picocolors/types.js';
import type {Health, NodeStatus} from './console-target.js';
import {secondsLeft} from './seconds-left.js';

const HEAD = ['node', 'state', 'role', 'term', 'commit', 'applied', 'log bytes', 'snapshot'];

/** The table; sentences where it does not fit into `columns`: they can be read, and a broken table cannot. */
export function statusText(nodes: readonly NodeStatus[], colours: Colors, columns: number): string {
	const table = statusTable(nodes, colours);
	const [border = ''] = table.split('\n');
	return stripVTControlCharacters(border).length <= columns ? table : statusSentences(nodes);
}

/** Below the table a line for each node that is not well and is not down on purpose. Ends without a line break. */
export function statusTable(nodes: readonly NodeStatus[], colours: Colors): string {
	const table = new Table({
		head: HEAD.map(title => colours.bold(title)),
		colAligns: ['right', 'left', 'left', ...HEAD.slice(3).map(() => 'right' as const)],
		// The table's own colours know nothing of whether the output is a terminal.
		style: {head: [], border: []},
		// No lines between nodes: five nodes take eight rows of a screen.
		chars: {mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': ''},
	});
	for (const status of nodes) table.push(rowOf(status, colours));
	const reasons = nodes.flatMap(status => {
		const reason = reasonOf(status);
		return reason === undefined ? [] : [`node ${status.node}: ${reason}`];
	});
	const mark = nodes.some(({hasFault}) => hasFault === true) ? ['* with a fault that is set on purpose:'] : [];
	return [table.toString(), ...reasons, ...mark].join('\n');
}

/** The same without a table, for a screen reader: a sentence for each node. */
export function statusSentences(nodes: readonly NodeStatus[]): string {
	const fault = ({hasFault}: NodeStatus): string => (hasFault === true ? ', with a fault that is set on purpose' : '');
	return nodes.map(status => `node ${status.node}: ${sentenceOf(status)}${fault(status)}`).join('\n');
}

function sentenceOf(status: NodeStatus): string {
	if (status.type !== 'up') {
		const reason = reasonOf(status);
		return reason === undefined ? status.type : `${status.type}: ${reason}`;
	}
	const {role, currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex} = status;
	const log = logBytes === undefined ? '' : `, log of ${logBytes} bytes`;
	const snapshot = snapshotIndex === undefined ? '' : `, snapshot ${snapshotIndex}`;
	return `up, ${role}, term ${currentTerm}, commit ${commitIndex}, applied ${lastApplied}${log}${snapshot}`;
}

function reasonOf(status: NodeStatus): string | undefined {
	if (status.type === 'silent') return 'its threads run and do not answer: it is paused, or very busy';
	if (status.type === 'paused') return `its threads stand still ${secondsLeft(status.leftMs)}`;
	return 'reason' in status ? status.reason : undefined;
}

function rowOf(status: NodeStatus, colours: Colors): string[] {
	const name = status.hasFault === true ? `* ${status.node}` : String(status.node);
	if (status.type !== 'up') return [name, coloured(status.type, colours), ...blanks];
	const {role, currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex} = status;
	const shownRole = role === 'leader' ? colours.green(role) : role;
	const numbers = [currentTerm, commitIndex, lastApplied, logBytes, snapshotIndex].map(number => String(number ?? '-'));
	return [name, 'up', shownRole, ...numbers];
}

/** Red: it does not come back by itself. */
const coloured = (state: Exclude<NodeStatus['type'], 'up'>, colours: Colors): string =>
	state === 'down' || state === 'damaged' ? colours.red(state) : colours.yellow(state);

const blanks = HEAD.slice(2).map(() => '-');

/** The state, and a line for each reason. */
export function healthText({state, leader, nodes, up, reasons}: Health, colours: Colors): string {
	const colour = {serving: colours.green, degraded: colours.yellow, down: colours.red}[state];
	const leads = leader === undefined ? '' : `, node ${leader} leads`;
	return [`${colour(state)}: ${up} of ${nodes} nodes are up${leads}`, ...reasons].join('\n');
}
