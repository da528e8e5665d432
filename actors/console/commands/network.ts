/** What happens between nodes. */
import {type Command, defineCommand} from '../command.js';
import {nodeOf} from '../node-of.js';
import {offerKind, offerNodeOrLeader, offerWords} from '../offers.js';
import {done, nodeDetails} from './phrases.js';

export const networkCommands: readonly Command[] = [
	defineCommand({
		name: 'partition',
		usage: 'partition 0,1 | 2,3,4',
		summary: 'split the nodes into groups that do not hear each other',
		details: [
			'Nodes in no group form one more; a node in two groups hears both. Clients still reach every node.',
			'A new partition replaces the one before; "heal" ends it.',
		],
		example: 'partition 0,1 | 2',
		topic: 'network',
		completions: () => offerKind('node'),
		parse: words => words.nodeGroups(),
		run: (groups, {target, signal}) => done(target.partition(groups, signal)),
	}),
	defineCommand({
		name: 'isolate',
		usage: 'isolate N|leader',
		summary: 'cut a node off from all others',
		details: [...nodeDetails, 'Clients still reach it; "heal" ends it.'],
		example: 'isolate leader',
		topic: 'network',
		completions: [offerNodeOrLeader],
		parse: words => words.node(),
		run: async (reference, context) => {
			const node = await nodeOf(reference, context);
			await context.target.isolate(node, context.signal);
			return `node ${node} is isolated`;
		},
	}),
	defineCommand({
		name: 'heal',
		usage: 'heal',
		summary: 'reconnect all nodes (unreliable, drop and delay stay)',
		details: ['It says what it healed.'],
		example: 'heal',
		topic: 'network',
		completions: [],
		parse: () => undefined,
		run: async (_, {target, signal}) => {
			const healed = await target.heal(signal);
			return healed.length === 0 ? 'nothing was cut' : healed.map(fault => `healed: ${fault}`).join('\n');
		},
	}),
	defineCommand({
		name: 'unreliable',
		usage: 'unreliable on|off',
		summary: "turn the unreliable network of MIT's labs on or off",
		details: ['As in MIT 6.5840: requests and replies are lost with 10 % each, requests come up to 26 ms late.'],
		example: 'unreliable on',
		topic: 'network',
		completions: [offerWords('on', 'off')],
		parse: words => words.oneOf(['on', 'off']) === 'on',
		run: (isOn, {target, signal}) => done(target.setUnreliable(isOn, signal)),
	}),
	defineCommand({
		name: 'drop',
		usage: 'drop P%|off',
		summary: 'lose this part of the messages between nodes',
		details: ['P% is a percentage (10%); without the sign it is a part from 0 to 1 (0.1).'],
		example: 'drop 10%',
		topic: 'network',
		completions: [offerWords('off')],
		parse: words => words.probability(),
		run: (probability, {target, signal}) => done(target.setLoss(probability, signal)),
	}),
	defineCommand({
		name: 'delay',
		usage: 'delay A..B|off',
		summary: 'delay messages between nodes by A to B milliseconds',
		details: ['One number alone is a fixed delay.'],
		example: 'delay 5..50',
		topic: 'network',
		completions: [offerWords('off')],
		parse: words => words.rangeMs(),
		run: ([minMs, maxMs], {target, signal}) => done(target.setDelay(minMs, maxMs, signal)),
	}),
];
