/** Load, and the judgement of what its clients saw and of what was typed. */
import {randomInt} from 'node:crypto';
import type {LoadOptions} from '../../load/load-task.js';
import {type Command, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {loadView} from '../load-view.js';
import {offerFile, offerNothing, offerWords} from '../offers.js';
import {stoppedLoadText, verdictText} from '../verdict-text.js';
import {valueText} from '../value-text.js';
import {DONE, done} from './phrases.js';

const clientsDefault = 8;
const clientsMax = 64;
const perSecondMaxMax = 1_000_000;
/** A seed is of 32 bits. */
const seedEnd = 2 ** 32;
/** Operations under way and judgement have limits of their own, which are shorter. */
const judgingDeadlineMs = 60_000;

type LoadRequest =
	/** `words`: as typed. */
	| {readonly type: 'start'; readonly options: LoadOptions; readonly words: readonly string[]}
	/** `file`: where the history goes. */
	| {readonly type: 'stop'; readonly file: string | undefined};

export const judgingCommands: readonly Command[] = [
	defineCommand({
		name: 'load',
		usage: 'load [CLIENTS] [RATE] [MIX] [SEED] | load stop [FILE]',
		summary: 'run clients until "load stop", then judge what they saw',
		details: [
			`${clientsDefault} clients, or as many as you say, get, put, append and compare on keys of their own; meanwhile break what you like. With 2000/s they begin no more than 2000 operations a second; with 50:50 half of them read. With seed=42 each client asks for the same in the same order as any time before.`,
			'A line above the prompt tells rate, latency, errors, and the longest time without any answer. "load stop" checks that all that they saw is linearizable. FILE takes the history, for "threadraft check".',
		],
		example: 'load 16 2000/s 50:50',
		topic: 'judging',
		queue: 'load',
		deadlineMs: judgingDeadlineMs,
		// With its seed: see `recordedLine`.
		isRecorded: false,
		waitsFor: 'clients are started, or their history is judged',
		completions: before => {
			if (before.length === 0) return offerWords('start', 'stop', '16');
			return before.length === 1 && before[0] === 'stop' ? offerFile : offerNothing;
		},
		parse: loadRequest,
		run: async (given, {target, live, signal, session}) => {
			const request = session.recording === undefined ? given : withSeed(given);
			session.recording?.line(recordedLine(request));
			if (request.type === 'stop') {
				live.end('load');
				return stoppedLoadText(await target.stopLoad(request.file, signal));
			}
			await target.startLoad(request.options, signal);
			live.begin('load', loadView(target));
			return DONE;
		},
	}),
	defineCommand({
		name: 'check',
		usage: 'check',
		summary: 'judge all that loads did and you typed since the last mark',
		details: [
			'Says whether it is linearizable: whether the answers fit to one order of the operations that agrees with real time. A load that runs goes on. What was cancelled or timed out may have had its effect, or may have it later.',
			'Operations of clients of the Redis port are not recorded.',
		],
		example: 'check',
		waitsFor: 'what was seen is judged',
		topic: 'judging',
		queue: 'load',
		deadlineMs: judgingDeadlineMs,
		changesNothing: true,
		completions: [],
		parse: () => undefined,
		run: async (_, {target, signal}) => verdictText(await target.check(signal)),
	}),
	defineCommand({
		name: 'mark',
		usage: 'mark [TITLE]',
		summary: 'begin a new part of the session: "check" judges from here on',
		details: ['The timeline shows the mark with its title.'],
		example: 'mark "after the crash"',
		topic: 'judging',
		queue: 'load',
		completions: [],
		parse: words => words.optionalText() ?? 'mark',
		run: (name, {target, signal}) => done(target.mark(name, signal)),
	}),
];

function loadRequest(words: CommandArguments): LoadRequest {
	let word = words.optionalText();
	if (word === undefined) return words.refuse('a number of clients, "start" or "stop" is missing');
	if (word === 'stop') return {type: 'stop', file: words.optionalText()};
	if (word === 'start') word = words.optionalText();
	const parts: Partial<LoadOptions>[] = [];
	const seen = new Set<string>();
	const typed: string[] = [];
	for (; word !== undefined; word = words.optionalText()) {
		const [kind, part] = loadOption(word, words);
		if (seen.has(kind)) words.refuse(`"${word}" is one ${kind} too many`);
		seen.add(kind);
		parts.push(part);
		typed.push(word);
	}
	const options = Object.assign({clients: clientsDefault}, ...parts) as LoadOptions;
	return {type: 'start', options, words: typed};
}

/** So that a replay can ask for the same. */
function withSeed(request: LoadRequest): LoadRequest {
	if (request.type === 'stop' || request.options.seed !== undefined) return request;
	const seed = randomInt(seedEnd);
	return {...request, options: {...request.options, seed}, words: [...request.words, `seed=${seed}`]};
}

function recordedLine(request: LoadRequest): string {
	if (request.type === 'start') return ['load', 'start', ...request.words].join(' ');
	const file = request.file === undefined ? [] : [valueText(new TextEncoder().encode(request.file))];
	return ['load', 'stop', ...file].join(' ');
}

function loadOption(word: string, words: CommandArguments): readonly [kind: string, part: Partial<LoadOptions>] {
	const [, rate] = /^(\d{1,7})\/s$/.exec(word) ?? [];
	if (rate !== undefined && Number(rate) >= 1 && Number(rate) <= perSecondMaxMax) {
		return ['rate', {perSecondMax: Number(rate)}];
	}
	const [, reads, writes] = /^(\d{1,3}):(\d{1,3})$/.exec(word) ?? [];
	const sum = Number(reads) + Number(writes);
	if (sum > 0) return ['mix', {readShare: Number(reads) / sum}];
	const [, seed] = /^seed=(\d{1,10})$/.exec(word) ?? [];
	if (seed !== undefined && Number(seed) < seedEnd) return ['seed', {seed: Number(seed)}];
	const clients = /^\d{1,3}$/.test(word) ? Number(word) : 0;
	if (clients >= 1 && clients <= clientsMax) return ['number of clients', {clients}];
	return words.refuse(
		`"${word}" is neither a number of clients from 1 to ${clientsMax}, nor a rate such as 2000/s, nor a mix such as 50:50, nor a seed such as seed=42`,
	);
}
