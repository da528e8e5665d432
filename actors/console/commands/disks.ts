/** What happens to the disks of nodes. */
import {type DiskFaultSettings, diskOperationKinds} from '../../../src/storage/faulty-disk.js';
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {diskText} from '../disk-text.js';
import {nodeOf} from '../node-of.js';
import {offerNodeOrLeader, offerNothing, offerWords} from '../offers.js';
import {nodeDetails} from './phrases.js';

const diskWords = ['slow', 'fail', 'full', 'ok'] as const;

export const diskCommands: readonly Command[] = [
	defineCommand({
		name: 'disk',
		usage: 'disk N|leader slow TIME | fail KIND | full | ok',
		summary: "make a node's disk slow, failing or full",
		details: [
			...nodeDetails,
			`KIND is ${diskOperationKinds.join(', ')}: each such operation fails with EIO. "full": each write fails with ENOSPC.`,
			'What is set replaces what was set before. A node whose disk fails stops, and is tried again until the disk is well.',
		],
		example: 'disk leader slow 20',
		topic: 'disks',
		completions: before => {
			if (before.length === 0) return offerNodeOrLeader;
			if (before.length === 1) return offerWords(...diskWords);
			return before[1] === 'fail' && before.length === 2 ? offerWords(...diskOperationKinds) : offerNothing;
		},
		parse: words => ({reference: words.node(), settings: diskSettings(words)}),
		run: async ({reference, settings}, context) => {
			const node = await nodeOf(reference, context);
			await context.target.setDisk(node, settings, context.signal);
			return `node ${node}: ${diskText(settings)}`;
		},
	}),
];

/** From now on, until the next of the same node; `{}`: nothing is wrong with it. */
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
