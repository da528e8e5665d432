/** What happens to messages on their way: loss, delay, copies, disorder, narrow links. */
import type {Links} from '../../../src/faults/endpoint.js';
import type {NetworkFault} from '../../../src/faults/network-fault.js';
import {type Command, type CommandContext, defineCommand} from '../command.js';
import {linksDetails, type LinksReference} from '../links.js';
import {linksOf} from '../links-of.js';
import {offerKind, offerNothing, offerWords} from '../offers.js';
import {ended, onEach, unlessOff} from './network.js';
import {timeDetails} from './phrases.js';

const percentDetails = [
	'P% is a percentage (10%); without the sign it is a part from 0 to 1 (0.1). "off" ends it on all links.',
];
const offerLinks = offerKind('node', 'leader', 'clients', 'all');
const bytesPerUnit: Readonly<Record<string, number>> = {b: 1, kb: 1000, mb: 1_000_000};
const queueBytesMax = 65_536;

/** What is behind the name of the command. */
interface Parsed {
	readonly faultOn: (links: Links) => NetworkFault;
	readonly links: LinksReference;
}

async function carryOut(
	type: NetworkFault['type'],
	parsed: Parsed | undefined,
	context: CommandContext,
): Promise<string> {
	if (parsed === undefined) return ended(type, context);
	return onEach(await linksOf(parsed.links, context), parsed.faultOn, context);
}

const offersOf =
	(valueCount: number) =>
	(before: readonly string[]): typeof offerNothing => {
		if (before.length === 0) return offerWords('off');
		return before.length < valueCount ? offerNothing : offerLinks;
	};

const uniform = ([minMs, maxMs]: readonly [number, number]) =>
	minMs === maxMs ? ({type: 'fixed', ms: minMs} as const) : ({type: 'uniform', minMs, maxMs} as const);

export const linkCommands: readonly Command[] = [
	defineCommand({
		name: 'drop',
		suggestedFor: ['lose', 'loss'],
		usage: 'drop P%|off [LINKS]',
		summary: 'lose this part of the messages',
		details: [...percentDetails, ...linksDetails],
		example: 'drop 10% 0->1',
		topic: 'network',
		completions: offersOf(1),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const probability = words.probability();
				return {faultOn: links => ({type: 'loss', links, probability}), links: words.links()};
			}),
		run: (parsed, context) => carryOut('loss', parsed, context),
	}),
	defineCommand({
		name: 'delay',
		suggestedFor: ['latency', 'lag'],
		usage: 'delay A..B|off [LINKS]',
		summary: 'delay messages by A to B milliseconds',
		details: ['One time alone is a fixed delay. Units: 20, 20ms, 2s. "off" ends it on all links.', ...linksDetails],
		example: 'delay 5..50 leader',
		topic: 'network',
		completions: offersOf(1),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const delay = uniform(words.rangeMs());
				return {faultOn: links => ({type: 'delay', links, delay}), links: words.links()};
			}),
		run: (parsed, context) => carryOut('delay', parsed, context),
	}),
	defineCommand({
		name: 'duplicate',
		usage: 'duplicate P%|off [LINKS]',
		summary: 'deliver this part of the messages twice',
		details: [...percentDetails, 'The copy comes up to 20 ms later.', ...linksDetails],
		example: 'duplicate 20%',
		topic: 'network',
		completions: offersOf(1),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const probability = words.probability();
				const copyDelay = {type: 'uniform', minMs: 0, maxMs: 20} as const;
				return {faultOn: links => ({type: 'duplicate', links, probability, copyDelay}), links: words.links()};
			}),
		run: (parsed, context) => carryOut('duplicate', parsed, context),
	}),
	defineCommand({
		name: 'reorder',
		usage: 'reorder P%|off TIME [LINKS]',
		summary: 'hold this part of the messages back, so others overtake them',
		details: [...percentDetails, ...timeDetails, 'TIME may be a range: 10..50.', ...linksDetails],
		example: 'reorder 20% 50ms',
		topic: 'network',
		completions: offersOf(2),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const probability = words.probability();
				const delay = uniform(words.rangeMs());
				return {faultOn: links => ({type: 'reorder', links, probability, delay}), links: words.links()};
			}),
		run: (parsed, context) => carryOut('reorder', parsed, context),
	}),
	defineCommand({
		name: 'bandwidth',
		usage: 'bandwidth RATE|off [LINKS]',
		summary: 'let each link carry so many bytes a second',
		details: [
			'RATE is 500B/s, 100kB/s or 2MB/s. A link queues up to 64 KiB; what does not fit any more is lost.',
			...linksDetails,
		],
		example: 'bandwidth 100kB/s',
		topic: 'network',
		completions: offersOf(1),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const [number, unit = ''] = words.matching(
					/^(\d{1,9}(?:\.\d+)?)(b|kb|mb)(?:\/s)?$/i,
					'a rate such as 500B/s, 100kB/s or 2MB/s',
				);
				const bytesPerSecond = Number(number) * (bytesPerUnit[unit.toLowerCase()] ?? 1);
				if (bytesPerSecond === 0) words.refuse('a link that carries nothing is a cut: use "cut"');
				return {
					faultOn: links => ({type: 'throttle', links, bytesPerSecond, queueBytesMax}),
					links: words.links(),
				};
			}),
		run: (parsed, context) => carryOut('throttle', parsed, context),
	}),
	defineCommand({
		name: 'clog',
		usage: 'clog TIME|off [LINKS]',
		summary: 'hold all messages back for TIME; then they come at once',
		details: [...timeDetails, ...linksDetails],
		example: 'clog 2s leader',
		topic: 'network',
		completions: offersOf(1),
		parse: words =>
			unlessOff(words, (): Parsed => {
				const untilMs = words.durationMs();
				return {faultOn: links => ({type: 'clog', links, untilMs}), links: words.links()};
			}),
		run: (parsed, context) => carryOut('clog', parsed, context),
	}),
];
