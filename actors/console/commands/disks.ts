/** What happens to the disks of nodes. */
import {type DiskFault, isDiskFault} from '../../../src/faults/faults.js';
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {nodeOf} from '../node-of.js';
import {offerNodeOrLeader, offerNothing, offerWords} from '../offers.js';
import {nodeDetails, timeDetails} from './phrases.js';

const diskWords = ['slow', 'stall', 'fail', 'full', 'ok'] as const;
const operations = ['sync', 'fsync', 'write', 'create', 'open', 'read'] as const;

export const diskCommands: readonly Command[] = [
	defineCommand({
		name: 'disk',
		usage: 'disk N|leader slow TIME|stall|fail KIND|full|ok',
		summary: "make a node's disk slow, stalled, failing or full",
		details: [
			...nodeDetails,
			...timeDetails,
			'"slow": each sync takes so much longer (TIME may be a range: 5..50). "stall": no sync ends before "ok".',
			`KIND is ${operations.join(', ')}: each such operation fails with EIO. "full": each write fails with ENOSPC.`,
			'A node whose disk fails stops, and is tried again until the disk is well. "ok" takes all of it back.',
		],
		example: 'disk leader slow 20ms',
		topic: 'disks',
		completions: before => {
			if (before.length === 0) return offerNodeOrLeader;
			if (before.length === 1) return offerWords(...diskWords);
			return before[1] === 'fail' && before.length === 2 ? offerWords(...operations) : offerNothing;
		},
		parse: words => ({reference: words.node(), faultOn: diskFault(words)}),
		run: async ({reference, faultOn}, context) => {
			const node = await nodeOf(reference, context);
			const {target, signal} = context;
			if (faultOn !== undefined) return target.inject(faultOn(node), signal);
			const healed = await target.heal(({fault}) => isDiskFault(fault) && fault.node === node, signal);
			return [...healed.map(fault => `healed: ${fault}`), `node ${node}: its disk is well`].join('\n');
		},
	}),
];

/** `undefined`: nothing is wrong with it any more. */
function diskFault(words: CommandArguments): ((node: number) => DiskFault) | undefined {
	switch (words.oneOf(diskWords)) {
		case 'slow': {
			const [minMs, maxMs] = words.rangeMs();
			const delay =
				minMs === maxMs ? ({type: 'fixed', ms: minMs} as const) : ({type: 'uniform', minMs, maxMs} as const);
			return node => ({type: 'slowSync', node, delay});
		}
		case 'stall':
			return node => ({type: 'stalledSync', node});
		case 'fail': {
			const word = words.oneOf(operations);
			const operation = word === 'fsync' ? 'sync' : word;
			return node => ({type: 'operationError', node, operation, probability: 1});
		}
		case 'full':
			return node => ({type: 'diskFull', node});
		default:
			return undefined;
	}
}
