/** The console's commands: how each is written, what it does, and how its words become a {@link ConsoleCommand}. */
import {type DiskFaultSettings, diskOperationKinds} from '../../src/storage/faulty-disk.js';
import type {ConsoleCommand} from './command.js';
import type {CommandArguments} from './command-arguments.js';

export interface CommandSyntax {
	readonly name: string;
	/** As a user writes it. */
	readonly usage: string;
	/** One line. */
	readonly summary: string;
	/** What else one may want to know; lines. */
	readonly details: readonly string[];
	/** What Tab offers for its words. */
	readonly completions: 'nodes' | 'commands' | readonly string[];
	parse(words: CommandArguments): ConsoleCommand;
}

const nodeDetails = ['N is a node number, or "leader".'];
const quoting = ['Quote what has blanks: "two words". Escapes: \\" \\\\ \\n \\r \\t, and \\xHH for any byte.'];

const data: readonly CommandSyntax[] = [
	{
		name: 'status',
		usage: 'status',
		summary: 'show all nodes',
		details: [],
		completions: [],
		parse: () => ({type: 'status'}),
	},
	{
		name: 'health',
		usage: 'health',
		summary: 'tell whether the cluster serves, and what is wrong',
		details: [
			'"serving": all nodes are up. "degraded": it serves, and something is wrong. "down": it cannot read or write now.',
		],
		completions: [],
		parse: () => ({type: 'health'}),
	},
	{
		name: 'put',
		usage: 'put KEY VALUE',
		summary: 'set a key',
		details: quoting,
		completions: [],
		parse: words => ({type: 'put', key: words.bytes('a key'), value: words.bytes('a value')}),
	},
	{
		name: 'get',
		usage: 'get KEY',
		summary: 'read a key, linearizably',
		details: ['A key that is not there prints (absent).', ...quoting],
		completions: [],
		parse: words => ({type: 'get', key: words.bytes('a key')}),
	},
	{
		name: 'append',
		usage: 'append KEY VALUE',
		summary: 'append to a value (an absent one counts as empty)',
		details: quoting,
		completions: [],
		parse: words => ({type: 'append', key: words.bytes('a key'), value: words.bytes('a value')}),
	},
	{
		name: 'delete',
		usage: 'delete KEY',
		summary: 'delete a key',
		details: quoting,
		completions: [],
		parse: words => ({type: 'delete', key: words.bytes('a key')}),
	},
	{
		name: 'cas',
		usage: 'cas KEY OLD NEW',
		summary: 'compare and set: write NEW only where OLD is the value',
		details: ['A comparison that does not hold is an answer and no failure.', ...quoting],
		completions: [],
		parse: words => ({
			type: 'cas',
			key: words.bytes('a key'),
			expected: words.bytes('the old value'),
			value: words.bytes('the new value'),
		}),
	},
];

const files: readonly CommandSyntax[] = [
	{
		name: 'backup',
		usage: 'backup FILE',
		summary: 'write the state of now into one file, while the cluster goes on',
		details: [
			'FILE must not exist yet. Every write that was answered before is in it.',
			'"threadraft restore FILE --dir NEW" makes a new cluster of it; "threadraft verify FILE" checks it.',
		],
		completions: [],
		parse: words => ({type: 'backup', file: words.text('a file')}),
	},
];

const nodes: readonly CommandSyntax[] = [
	{
		name: 'kill',
		usage: 'kill N|leader',
		summary: "end a node's thread at once",
		details: nodeDetails,
		completions: 'nodes',
		parse: words => ({type: 'kill', node: words.node()}),
	},
	{
		name: 'restart',
		usage: 'restart N|leader|all',
		summary: 'start a node from its storage (one that is up is killed first)',
		details: nodeDetails,
		completions: 'nodes',
		parse: words => ({type: 'restart', node: words.nodeOrAll()}),
	},
	{
		name: 'pause',
		usage: 'pause N|leader MS',
		summary: "block a node's event loop for MS milliseconds",
		details: nodeDetails,
		completions: 'nodes',
		parse: words => ({type: 'pause', node: words.node(), durationMs: words.durationMs()}),
	},
];

const network: readonly CommandSyntax[] = [
	{
		name: 'partition',
		usage: 'partition 0,1 | 2,3,4',
		summary: 'split the nodes into groups that do not hear each other',
		details: [
			'Nodes in no group form one more; a node in two groups hears both. Clients still reach every node.',
			'A new partition replaces the one before; "heal" ends it.',
		],
		completions: 'nodes',
		parse: words => ({type: 'partition', groups: words.nodeGroups()}),
	},
	{
		name: 'isolate',
		usage: 'isolate N|leader',
		summary: 'cut a node off from all others',
		details: [...nodeDetails, 'Clients still reach it; "heal" ends it.'],
		completions: 'nodes',
		parse: words => ({type: 'isolate', node: words.node()}),
	},
	{
		name: 'heal',
		usage: 'heal',
		summary: 'reconnect all nodes (unreliable, drop and delay stay)',
		details: ['It says what it healed.'],
		completions: [],
		parse: () => ({type: 'heal'}),
	},
	{
		name: 'faults',
		usage: 'faults',
		summary: 'list the faults that are set, of the network and of the disks',
		details: ['"status" lists them too, below the nodes.'],
		completions: [],
		parse: () => ({type: 'faults'}),
	},
	{
		name: 'unreliable',
		usage: 'unreliable on|off',
		summary: "turn the unreliable network of MIT's labs on or off",
		details: ['As in MIT 6.5840: requests and replies are lost with 10 % each, requests come up to 26 ms late.'],
		completions: ['on', 'off'],
		parse: words => ({type: 'unreliable', on: words.oneOf(['on', 'off']) === 'on'}),
	},
	{
		name: 'drop',
		usage: 'drop P%|off',
		summary: 'lose this part of the messages between nodes',
		details: ['P% is a percentage (10%); without the sign it is a part from 0 to 1 (0.1).'],
		completions: ['off'],
		parse: words => ({type: 'drop', probability: words.probability()}),
	},
	{
		name: 'delay',
		usage: 'delay A..B|off',
		summary: 'delay messages between nodes by A to B milliseconds',
		details: ['One number alone is a fixed delay.'],
		completions: ['off'],
		parse: words => {
			const [minMs, maxMs] = words.rangeMs();
			return {type: 'delay', minMs, maxMs};
		},
	},
];

const diskWords = ['slow', 'fail', 'full', 'ok'] as const;

const disks: readonly CommandSyntax[] = [
	{
		name: 'disk',
		usage: 'disk N|leader slow MS | fail KIND | full | ok',
		summary: "make a node's disk slow, failing or full",
		details: [
			...nodeDetails,
			`KIND is ${diskOperationKinds.join(', ')}: each such operation fails with EIO. "full": each write fails with ENOSPC.`,
			'What is set replaces what was set before. A node whose disk fails stops, and is tried again until the disk is well.',
		],
		completions: 'nodes',
		parse: words => ({type: 'disk', node: words.node(), settings: diskSettings(words)}),
	},
];

function diskSettings(words: CommandArguments): DiskFaultSettings {
	switch (words.oneOf(diskWords)) {
		case 'slow':
			return {delayMs: words.durationMs()};
		case 'fail':
			return {[words.oneOf(diskOperationKinds)]: 'EIO'};
		case 'full':
			return {write: 'ENOSPC', create: 'ENOSPC'};
		default:
			return {};
	}
}

const clientsDefault = 8;
const clientsMax = 64;

const judge: readonly CommandSyntax[] = [
	{
		name: 'load',
		usage: 'load start [CLIENTS] | load stop [FILE]',
		summary: 'run clients until "load stop", then judge what they saw',
		details: [
			`${clientsDefault} clients, or as many as you say, get, put, append and compare on a few keys of their own;`,
			'meanwhile break what you like. "load stop" checks that all that they saw is linearizable.',
			'FILE takes the history, for "threadraft check".',
		],
		completions: ['start', 'stop'],
		parse: words =>
			words.oneOf(['start', 'stop']) === 'start'
				? {type: 'loadStart', clients: words.optionalCount(clientsMax) ?? clientsDefault}
				: {type: 'loadStop', file: words.optionalText()},
	},
];

const session: readonly CommandSyntax[] = [
	{
		name: 'wait',
		usage: 'wait leader',
		summary: 'wait until there is a leader',
		details: [],
		completions: ['leader'],
		parse: words => {
			words.oneOf(['leader']);
			return {type: 'waitLeader'};
		},
	},
	{
		name: 'sleep',
		usage: 'sleep MS',
		summary: 'do nothing for MS milliseconds',
		details: [],
		completions: [],
		parse: words => ({type: 'sleep', durationMs: words.durationMs()}),
	},
	{
		name: 'help',
		usage: 'help [COMMAND]',
		summary: 'list the commands, or explain one',
		details: [],
		completions: 'commands',
		parse: words => ({type: 'help', name: words.optionalText()}),
	},
	{
		name: 'quit',
		usage: 'quit',
		summary: 'stop the cluster and leave',
		details: [],
		completions: [],
		parse: () => ({type: 'quit'}),
	},
];

/** Other names that people type. */
export const ALIASES: Readonly<Record<string, string>> = {exit: 'quit', '?': 'help'};

/** In the order in which `help` lists them. */
export const GRAMMAR: readonly CommandSyntax[] = [
	...data,
	...files,
	...nodes,
	...network,
	...disks,
	...judge,
	...session,
];
