/** Load, and the judgement of what its clients saw. */
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {offerWords} from '../offers.js';
import {stoppedLoadText} from '../verdict-text.js';
import {done} from './phrases.js';

const clientsDefault = 8;
const clientsMax = 64;

type LoadRequest =
	| {readonly type: 'start'; readonly clients: number}
	/** `file`: where the history goes. */
	| {readonly type: 'stop'; readonly file: string | undefined};

export const judgingCommands: readonly Command[] = [
	defineCommand({
		name: 'load',
		usage: 'load start [CLIENTS] | load stop [FILE]',
		summary: 'run clients until "load stop", then judge what they saw',
		details: [
			`${clientsDefault} clients, or as many as you say, get, put, append and compare on a few keys of their own;`,
			'meanwhile break what you like. "load stop" checks that all that they saw is linearizable.',
			'FILE takes the history, for "threadraft check".',
		],
		example: 'load start 16',
		topic: 'judging',
		queue: 'load',
		waitsFor: 'clients are started, or their history is judged',
		completions: [offerWords('start', 'stop')],
		parse: loadRequest,
		run: async (request, {target, signal}) =>
			request.type === 'start'
				? done(target.startLoad({clients: request.clients}, signal))
				: stoppedLoadText(await target.stopLoad(request.file, signal)),
	}),
];

function loadRequest(words: CommandArguments): LoadRequest {
	return words.oneOf(['start', 'stop']) === 'start'
		? {type: 'start', clients: words.optionalCount(clientsMax) ?? clientsDefault}
		: {type: 'stop', file: words.optionalText()};
}
