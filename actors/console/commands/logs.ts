/** What a node has written down: its log and its snapshot. */
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {logText} from '../log-text.js';
import {nodeOf} from '../node-of.js';
import {offerNodeOrLeader} from '../offers.js';
import {nodeDetails} from './phrases.js';

const shownMax = 20;
const rangeMax = 1000;

export const logCommands: readonly Command[] = [
	defineCommand({
		name: 'log',
		usage: 'log N|leader [FROM..TO]',
		summary: "show entries of a node's log",
		details: [
			...nodeDetails,
			`FROM and TO are indexes, such as 100..120, or one index; without them it is the last ${shownMax} entries. No more than ${rangeMax}.`,
			'"a" marks an entry that the node has applied, "c" one that it knows to be committed, "-" one that may still be replaced, "s" those that only its snapshot holds.',
		],
		example: 'log leader',
		topic: 'watching',
		completions: [offerNodeOrLeader],
		changesNothing: true,
		parse: words => ({reference: words.node(), range: rangeOf(words)}),
		run: async ({reference, range}, context) => {
			const node = await nodeOf(reference, context);
			return logText(node, await context.target.log(node, range, context.signal));
		},
	}),
	defineCommand({
		name: 'snapshot',
		usage: 'snapshot N|leader',
		summary: 'have a node take a snapshot now, and drop its log up to there',
		details: nodeDetails,
		example: 'snapshot leader',
		topic: 'nodes',
		waitsFor: 'the snapshot is being taken',
		completions: [offerNodeOrLeader],
		parse: words => words.node(),
		run: async (reference, context) => {
			const node = await nodeOf(reference, context);
			const {index, bytes} = await context.target.takeSnapshot(node, context.signal);
			return `node ${node} has a snapshot up to index ${index}, of ${bytes} bytes`;
		},
	}),
];

/** Both ends belong to it. */
function rangeOf(words: CommandArguments): {readonly from?: number; readonly to?: number; readonly countMax: number} {
	if (words.isAtEnd) return {countMax: shownMax};
	const [first = '', second = ''] = words.matching(
		/^(\d{1,15})(?:\.\.(\d{1,15}))?$/,
		'a range of indexes such as 100..120',
	);
	const [from, to] = [Number(first), Number(second === '' ? first : second)];
	if (from < 1) words.refuse('the first index of a log is 1');
	if (to < from) words.refuse(`the range ${first}..${second} ends before it begins`);
	if (to - from >= rangeMax) words.refuse(`a range has at most ${rangeMax} entries`);
	return {from, to, countMax: rangeMax};
}
