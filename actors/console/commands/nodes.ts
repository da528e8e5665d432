/** What happens to nodes. */
import {type Command, type CommandContext, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {nodeOf} from '../node-of.js';
import {offerKind, offerNodeOrLeader, offerNothing, offerWords} from '../offers.js';
import {nodeDetails, timeDetails} from './phrases.js';

export const nodeCommands: readonly Command[] = [
	defineCommand({
		name: 'kill',
		suggestedFor: ['crash', 'down'],
		usage: 'kill N|leader',
		summary: "end a node's thread at once",
		details: nodeDetails,
		example: 'kill leader',
		topic: 'nodes',
		completions: [offerNodeOrLeader],
		parse: words => words.node(),
		run: async (reference, context) => {
			const node = await nodeOf(reference, context);
			await context.target.kill(node, context.signal);
			return `node ${node} is down`;
		},
	}),
	defineCommand({
		name: 'restart',
		suggestedFor: ['start', 'up'],
		usage: 'restart N|leader|all',
		summary: 'start a node from its storage (one that is up is killed first)',
		details: nodeDetails,
		example: 'restart 0',
		topic: 'nodes',
		waitsFor: 'the node is starting',
		completions: [offerKind('node', 'leader', 'all')],
		parse: words => words.nodeOrAll(),
		run: async (reference, context) => {
			if (reference === undefined) return restartAll(context);
			const node = await nodeOf(reference, context);
			await context.target.restart(node, context.signal);
			return `node ${node} is up`;
		},
	}),
	defineCommand({
		name: 'transfer',
		suggestedFor: ['move-leader', 'stepdown', 'failover', 'elect'],
		usage: 'transfer [N]',
		summary: 'have another node lead, without a crash',
		details: [
			'N is the number of a node; without it the leader hands its place to the one of the others that has most of its log.',
			'The leader takes no writes until the other one leads; clients ask again by themselves. What cannot be done within an election timeout is given up, and the leader goes on.',
		],
		example: 'transfer 2',
		topic: 'nodes',
		waitsFor: 'the leadership is being handed over',
		completions: [offerKind('node')],
		parse: words => (words.isAtEnd ? undefined : words.nodeNumber()),
		run: async (node, {target, signal}) => {
			const {from, to} = await target.transferLeadership(node, signal);
			return `node ${to} leads, in the place of node ${from}`;
		},
	}),
	defineCommand({
		name: 'pause',
		suggestedFor: ['freeze', 'suspend'],
		usage: 'pause N|leader TIME [clock]',
		summary: "block a node's event loop for so long",
		details: [
			...nodeDetails,
			...timeDetails,
			'"clock": its clock stands still as well, as in a machine that is suspended. "heal all" ends a pause.',
		],
		example: 'pause leader 1500',
		topic: 'nodes',
		completions: [offerNodeOrLeader, offerNothing, offerWords('clock')],
		parse: words => {
			const [reference, durationMs] = [words.node(), words.durationMs()];
			return {reference, durationMs, clockStops: !words.isAtEnd && words.oneOf(['clock']) === 'clock'};
		},
		run: async ({reference, durationMs, clockStops}, context) => {
			const node = await nodeOf(reference, context);
			await context.target.inject({type: 'pause', node, durationMs, clockStops}, context.signal);
			return `node ${node} is paused for ${durationMs} ms${clockStops ? ', and so is its clock' : ''}`;
		},
	}),
	defineCommand({
		name: 'slow',
		usage: 'slow N|leader FACTOR|off',
		summary: 'let all that a node computes take FACTOR times as long',
		details: [...nodeDetails, 'FACTOR is 1 or more: 10, 10x or 1.5.'],
		example: 'slow leader 10x',
		topic: 'nodes',
		completions: [offerNodeOrLeader, offerWords('off')],
		parse: words => ({reference: words.node(), factor: words.takes('off') ? undefined : factorOf(words)}),
		run: async ({reference, factor}, context) => {
			const node = await nodeOf(reference, context);
			const {target, signal} = context;
			if (factor !== undefined) return target.inject({type: 'slowNode', node, factor}, signal);
			const healed = await target.heal(({fault}) => fault.type === 'slowNode' && fault.node === node, signal);
			return healed.length === 0 ? `node ${node} was not slow` : healed.map(fault => `healed: ${fault}`).join('\n');
		},
	}),
	defineCommand({
		name: 'crashloop',
		usage: 'crashloop N|leader [TIME]',
		summary: 'kill a node again whenever it has been up for TIME',
		details: [
			...nodeDetails,
			...timeDetails,
			'Without a TIME it is 500 ms. "heal all", or "restart" of this node, ends it.',
		],
		example: 'crashloop 2 1s',
		topic: 'nodes',
		completions: [offerNodeOrLeader],
		parse: words => ({reference: words.node(), upMs: words.optionalDurationMs() ?? loopUpMs}),
		run: async ({reference, upMs}, context) => {
			const node = await nodeOf(reference, context);
			return context.target.inject({type: 'crashLoop', node, upMs}, context.signal);
		},
	}),
	defineCommand({
		name: 'wipe',
		usage: 'wipe N|leader',
		summary: 'start a node on an empty disk, which it refuses',
		details: [
			...nodeDetails,
			'A node that has forgotten its vote and its log must not vote: it is damaged, and the others go on without it.',
			'"heal all", or "restart" of this node, puts its disk back. It is refused where no majority would keep its data.',
		],
		example: 'wipe 2',
		topic: 'nodes',
		completions: [offerNodeOrLeader],
		parse: words => words.node(),
		run: async (reference, context) => {
			const node = await nodeOf(reference, context);
			await context.target.inject({type: 'crash', node, disk: 'wiped'}, context.signal);
			return `node ${node} has an empty disk, and refuses to start on it: see "health"`;
		},
	}),
];

const loopUpMs = 500;

function factorOf(words: CommandArguments): number {
	const [digits = ''] = words.matching(/^x?(\d{1,7}(?:\.\d{1,3})?)x?$/, 'a factor such as 10x');
	return Number(digits) >= 1 ? Number(digits) : words.refuse('a factor is 1 or more');
}

async function restartAll({target, signal}: CommandContext): Promise<string> {
	const nodes = Array.from({length: target.nodeCount}, (_, node) => node);
	await Promise.all(nodes.map(node => target.restart(node, signal)));
	return 'all nodes are up';
}
