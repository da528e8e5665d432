/** What the cluster does. */
import {type Command, defineCommand} from '../command.js';
import {offerWords} from '../offers.js';
import {healthText, statusSentences, statusTable} from '../status-table.js';

export const watchingCommands: readonly Command[] = [
	defineCommand({
		name: 'status',
		usage: 'status',
		summary: 'show all nodes',
		details: [],
		example: 'status',
		topic: 'watching',
		completions: [],
		changesNothing: true,
		parse: () => undefined,
		run: async (_, {target, colours, settings, signal}) => {
			const nodes = await target.status(signal);
			const shown = settings.isPlain ? statusSentences(nodes) : statusTable(nodes, colours);
			return [shown, ...(await target.faults(signal))].join('\n');
		},
	}),
	defineCommand({
		name: 'health',
		usage: 'health',
		summary: 'tell whether the cluster serves, and what is wrong',
		details: [
			'"serving": all nodes are up. "degraded": it serves, and something is wrong. "down": it cannot read or write now.',
		],
		example: 'health',
		topic: 'watching',
		completions: [],
		changesNothing: true,
		parse: () => undefined,
		run: async (_, {target, colours, signal}) => healthText(await target.health(signal), colours),
	}),
	defineCommand({
		name: 'faults',
		usage: 'faults',
		summary: 'list the faults that are set, of the network and of the disks',
		details: ['"status" lists them too, below the nodes.'],
		example: 'faults',
		topic: 'watching',
		completions: [],
		changesNothing: true,
		parse: () => undefined,
		run: async (_, {target, signal}) => (await target.faults(signal)).join('\n') || 'no fault is set',
	}),
	defineCommand({
		name: 'wait',
		usage: 'wait leader',
		summary: 'wait until there is a leader',
		details: [],
		example: 'wait leader',
		topic: 'watching',
		completions: [offerWords('leader')],
		changesNothing: true,
		staysInForeground: true,
		parse: words => words.oneOf(['leader']),
		run: async (_, {target, signal}) => `node ${await target.waitForLeader(signal)} leads`,
	}),
];
