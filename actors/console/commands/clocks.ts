/** What happens to the clocks of nodes. */
import {type ClockFault, isClockFault} from '../../../src/faults/faults.js';
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {nodeOf} from '../node-of.js';
import {offerNodeOrLeader, offerWords} from '../offers.js';
import {nodeDetails} from './phrases.js';

const unitMs: Readonly<Record<string, number>> = {'': 1, ms: 1, s: 1000, m: 60_000};

export const clockCommands: readonly Command[] = [
	defineCommand({
		name: 'clock',
		usage: 'clock N|leader +TIME | -TIME | xRATE | ok',
		summary: "let a node's clock leap, stand still, or run at another rate",
		details: [
			...nodeDetails,
			'+500ms: it leaps forward. -500ms: it never goes back, so it stands still for so long. x1.5: it runs so many times as fast.',
			'"ok" ends what goes on; a leap has happened.',
		],
		example: 'clock leader +500ms',
		topic: 'clocks',
		completions: [offerNodeOrLeader, offerWords('+500ms', 'x1.5', 'ok')],
		parse: words => ({reference: words.node(), faultOn: clockFault(words)}),
		run: async ({reference, faultOn}, context) => {
			const node = await nodeOf(reference, context);
			const {target, signal} = context;
			if (faultOn !== undefined) return target.inject(faultOn(node), signal);
			const healed = await target.heal(({fault}) => isClockFault(fault) && fault.node === node, signal);
			return [...healed.map(fault => `healed: ${fault}`), `node ${node}: its clock runs true`].join('\n');
		},
	}),
];

/** `undefined`: nothing is wrong with it any more. */
function clockFault(words: CommandArguments): ((node: number) => ClockFault) | undefined {
	if (words.takes('ok')) return undefined;
	const [step = '', unit = '', rate = ''] = words.matching(
		/^(?:([+-]\d{1,7}(?:\.\d{1,3})?)(ms|s|m)?|x(\d{1,6}(?:\.\d{1,6})?))$/,
		'a leap such as +500ms, a time to stand still such as -2s, a rate such as x1.5, or ok',
	);
	if (step !== '') return node => ({type: 'clockJump', node, byMs: Number(step) * (unitMs[unit] ?? 1)});
	if (Number(rate) === 0) words.refuse('a clock that does not run at all stands still for a time: write -10s');
	return node => ({type: 'clockDrift', node, rate: Number(rate)});
}
