/** What the cluster does. */
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {offerFile, offerWords} from '../offers.js';
import {traceView, watchView} from '../watch-views.js';
import {isSightingType, type SightingOptions, type SightingType} from '../../network/message-tap.js';
import {writeRecord} from '../../observe/record-file.js';
import {timelineText} from '../../observe/timeline-text.js';
import {type Endpoint, nodeEndpoint} from '../../../src/faults/endpoint.js';
import {DONE} from './phrases.js';
import {healthText, statusSentences, statusText} from '../status-table.js';

const watchEveryMs = 1000;

export const watchingCommands: readonly Command[] = [
	defineCommand({
		name: 'status',
		suggestedFor: ['ls', 'list', 'nodes', 'info', 'ps'],
		usage: 'status',
		summary: 'show all nodes',
		details: [],
		example: 'status',
		topic: 'watching',
		completions: [],
		changesNothing: true,
		staysInForeground: true,
		parse: () => undefined,
		run: async (_, {target, colours, columns, settings, signal}) => {
			const nodes = await target.status(signal);
			const shown = settings.isPlain ? statusSentences(nodes) : statusText(nodes, colours, columns);
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
		staysInForeground: true,
		parse: () => undefined,
		run: async (_, {target, colours, signal}) => healthText(await target.health(signal), colours),
	}),
	defineCommand({
		name: 'faults',
		usage: 'faults',
		summary: 'list the faults that are set, by name',
		details: ['"status" lists them too, below the nodes.'],
		example: 'faults',
		topic: 'watching',
		completions: [],
		changesNothing: true,
		staysInForeground: true,
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
	defineCommand({
		name: 'timeline',
		usage: 'timeline [LAST]',
		summary: 'show leaders, crashes, faults and throughput on one time axis',
		details: [
			'LAST is a time such as 30s or 2m; without it all that is kept is shown. Below the rows stands what happened, line by line.',
		],
		example: 'timeline 1m',
		topic: 'watching',
		completions: [offerWords('30s', '1m')],
		changesNothing: true,
		parse: words => words.optionalDurationMs() ?? Infinity,
		run: async (lastMs, {target, colours, columns, rows, settings}) =>
			// The command and the next prompt have a row each.
			timelineText(target.record(lastMs), {columns, rowsMax: rows - 2, colours, isPlain: settings.isPlain}),
	}),
	defineCommand({
		name: 'save',
		suggestedFor: ['export', 'dump'],
		usage: 'save FILE',
		summary: 'write what happened into a file for "threadraft view"',
		details: [
			'Events, faults, throughput, the nodes and what was typed, since the start of the console. A file that exists is not written over.',
			'"record FILE" is another thing: it writes what is typed, to run it again.',
		],
		example: 'save run.jsonl',
		topic: 'watching',
		completions: [offerFile],
		changesNothing: true,
		parse: words => words.text('a file'),
		run: async (file, {target}) => {
			await writeRecord(file, target.record(Infinity));
			return `what happened is in ${file}: look at it with "threadraft view ${file}"`;
		},
	}),
	defineCommand({
		name: 'trace',
		usage: 'trace on [FILTER...] | trace off',
		summary: 'show messages as they pass the network, with what becomes of each',
		details: [
			'FILTER is "raft" (between nodes), "client" (of clients to nodes; answers are seen only on links with a fault), a node number, or a type such as appendEntries, requestVote or write. No more than 20 messages a second are shown, with how many are not.',
		],
		example: 'trace on raft requestVote',
		topic: 'watching',
		completions: [offerWords('on', 'off'), offerWords('raft', 'client')],
		changesNothing: true,
		parse: traceRequest,
		run: async (options, context) => {
			const {target, live} = context;
			if (options === undefined) return live.end('trace') ? DONE : 'no trace was on';
			live.begin(
				'trace',
				traceView(target, options, line => context.print(line)),
			);
			return DONE;
		},
	}),
	defineCommand({
		name: 'watch',
		usage: 'watch [SECONDS] | watch off',
		summary: 'show the nodes, drawn anew above the prompt until "watch off"',
		details: [
			'Every second, until "watch off" or Ctrl-C on an empty line, or as often as SECONDS says. You can type other commands meanwhile. In a script, and for a screen reader, each change is a line.',
		],
		example: 'watch 0.5',
		topic: 'watching',
		completions: [offerWords('off')],
		changesNothing: true,
		parse: watchRequest,
		run: async (everyMs, {target, live, colours}) => {
			if (everyMs === undefined) return live.end('watch') ? DONE : 'nothing was watched';
			live.begin('watch', watchView(target, colours, everyMs));
			return DONE;
		},
	}),
];

/** `undefined`: off. */
function traceRequest(words: CommandArguments): SightingOptions | undefined {
	if (words.oneOf(['on', 'off']) === 'off') return undefined;
	const types: SightingType[] = [];
	const endpoints: Endpoint[] = [];
	let layer: SightingOptions['layer'];
	for (let word = words.optionalText(); word !== undefined; word = words.optionalText()) {
		if (word === 'raft' || word === 'client') layer = word;
		else if (/^\d+$/.test(word)) endpoints.push(nodeEndpoint(Number(word)));
		else if (isSightingType(word)) types.push(word);
		else words.refuse(`"${word}" is neither raft, client, a node number, nor a type such as appendEntries or write`);
	}
	return {
		...(layer === undefined ? {} : {layer}),
		...(types.length === 0 ? {} : {types}),
		...(endpoints.length === 0 ? {} : {endpoints}),
	};
}

/** How often, ms; `undefined`: off. */
function watchRequest(words: CommandArguments): number | undefined {
	const word = words.optionalText();
	if (word === undefined) return watchEveryMs;
	if (word === 'off') return undefined;
	const seconds = /^\d+(\.\d+)?$/.test(word) ? Number(word) : 0;
	if (seconds >= 0.2 && seconds <= 3600) return seconds * 1000;
	return words.refuse(`"${word}" is neither "off" nor a number of seconds from 0.2 to 3600`);
}
