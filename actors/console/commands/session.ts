/** The console itself. */
import {setTimeout as sleep} from 'node:timers/promises';
import {type Command, defineCommand} from '../command.js';
import {findCommand} from '../find-command.js';
import {helpOn, helpOnAll} from '../help-text.js';
import {offerKind} from '../offers.js';
import {done} from './phrases.js';

export const sessionCommands: readonly Command[] = [
	defineCommand({
		name: 'sleep',
		usage: 'sleep MS',
		summary: 'do nothing for MS milliseconds',
		details: [],
		example: 'sleep 500',
		topic: 'session',
		completions: [],
		changesNothing: true,
		deadlineMs: 'none',
		parse: words => words.durationMs(),
		run: (durationMs, {signal}) => done(sleep(durationMs, undefined, {signal})),
	}),
	defineCommand({
		name: 'help',
		aliases: ['?'],
		usage: 'help [COMMAND]',
		summary: 'list the commands, or explain one',
		details: [],
		example: 'help partition',
		topic: 'session',
		completions: [offerKind('command')],
		changesNothing: true,
		parse: words => words.optionalText(),
		run: async (name, {commands, colours}) =>
			name === undefined ? helpOnAll(commands, colours) : helpOn(findCommand(name, commands), colours),
	}),
	defineCommand({
		name: 'quit',
		aliases: ['exit'],
		usage: 'quit',
		summary: 'stop the cluster and leave',
		details: [],
		example: 'quit',
		topic: 'session',
		completions: [],
		parse: () => undefined,
		run: async (_, context) => {
			context.quit();
			return '';
		},
	}),
];
