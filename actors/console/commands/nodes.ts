/** What happens to nodes. */
import {type Command, type CommandContext, defineCommand} from '../command.js';
import {nodeOf} from '../node-of.js';
import {offerKind, offerNodeOrLeader} from '../offers.js';
import {nodeDetails, timeDetails} from './phrases.js';

export const nodeCommands: readonly Command[] = [
	defineCommand({
		name: 'kill',
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
		name: 'pause',
		usage: 'pause N|leader TIME',
		summary: "block a node's event loop for so long",
		details: [...nodeDetails, ...timeDetails],
		example: 'pause leader 1500',
		topic: 'nodes',
		completions: [offerNodeOrLeader],
		parse: words => ({reference: words.node(), durationMs: words.durationMs()}),
		run: async ({reference, durationMs}, context) => {
			const node = await nodeOf(reference, context);
			await context.target.pause(node, durationMs, context.signal);
			return `node ${node} is paused for ${durationMs} ms`;
		},
	}),
];

async function restartAll({target, signal}: CommandContext): Promise<string> {
	const nodes = Array.from({length: target.nodeCount}, (_, node) => node);
	await Promise.all(nodes.map(node => target.restart(node, signal)));
	return 'all nodes are up';
}
