/** The console itself. */
import {setTimeout as sleep} from 'node:timers/promises';
import {type Command, defineCommand} from '../command.js';
import {findCommand} from '../find-command.js';
import {helpOn, helpOnAll, helpOnLinks, helpOnTopic, topics} from '../help-text.js';
import {offerKind, offerNothing, offerWords} from '../offers.js';
import type {CommandArguments} from '../command-arguments.js';
import {CommandRefusedError} from '../errors.js';
import type {SettingDefinition} from '../settings.js';
import {settingDefinitions} from '../settings.js';
import {DONE, done, timeDetails} from './phrases.js';

export const sessionCommands: readonly Command[] = [
	defineCommand({
		name: 'sleep',
		usage: 'sleep TIME',
		summary: 'do nothing for so long',
		details: timeDetails,
		example: 'sleep 1.5s',
		topic: 'session',
		completions: [],
		changesNothing: true,
		deadlineMs: 'none',
		staysInForeground: true,
		parse: words => words.durationMs(),
		run: (durationMs, {signal}) => done(sleep(durationMs, undefined, {signal})),
	}),
	defineCommand({
		name: 'waiting',
		aliases: ['jobs'],
		usage: 'waiting',
		summary: 'list the commands that wait in the background, and on what',
		details: [
			'A command that is not answered within a moment goes on in the background; its answer is shown when it comes. Of the commands that read and write data, each begins when the one before it is over.',
		],
		example: 'waiting',
		topic: 'session',
		completions: [],
		changesNothing: true,
		parse: () => undefined,
		run: async (_, {waiting, signal}) => (await waiting.describe(signal)).join('\n') || 'no command waits',
	}),
	defineCommand({
		name: 'cancel',
		usage: 'cancel [NUMBER]',
		summary: 'give up a command that waits in the background, or all',
		details: [
			'NUMBER is the one behind "#". A command that changes something may still take effect. Ctrl-C on an empty line cancels all.',
		],
		example: 'cancel 3',
		topic: 'session',
		completions: [],
		changesNothing: true,
		parse: words => words.optionalCount(999_999_999),
		run: async (number, {waiting}) => {
			const count = waiting.cancel(number);
			if (count > 0) return '';
			throw new CommandRefusedError(
				number === undefined ? 'no command waits' : `no command #${number} waits: "waiting" lists those that do`,
			);
		},
	}),
	defineCommand({
		name: 'set',
		usage: 'set NAME VALUE',
		summary: 'change a setting of this console, for this session',
		details: settingDefinitions.map(({name, usage, summary}) => `${name} ${usage}: ${summary}`),
		example: 'set deadline 2m',
		topic: 'session',
		completions: before =>
			before.length === 0
				? offerKind('setting')
				: before.length === 1
					? offerWords(...(settingDefinitions.find(({name}) => name === before[0])?.words ?? []))
					: offerNothing,
		changesNothing: true,
		parse: words => settingOf(words.text('a name'), words).parse(words),
		run: async (change, {settings}) => {
			change(settings);
			return DONE;
		},
	}),
	defineCommand({
		name: 'show',
		usage: 'show [NAME]',
		summary: 'show the settings of this console, or one',
		details: [],
		example: 'show deadline',
		topic: 'session',
		completions: [offerKind('setting')],
		changesNothing: true,
		parse: words => {
			const name = words.optionalText();
			return name === undefined ? settingDefinitions : [settingOf(name, words)];
		},
		run: async (definitions, {settings}) => {
			const width = Math.max(...definitions.map(({name}) => name.length));
			return definitions.map(each => `${each.name.padEnd(width)} ${each.text(settings)}`).join('\n');
		},
	}),
	defineCommand({
		name: 'clear',
		usage: 'clear',
		summary: 'empty the screen (as Ctrl-L does)',
		details: [],
		example: 'clear',
		topic: 'session',
		completions: [],
		changesNothing: true,
		parse: () => undefined,
		run: async (_, context) => {
			context.clearScreen();
			return '';
		},
	}),
	defineCommand({
		name: 'help',
		aliases: ['?'],
		usage: 'help [COMMAND|TOPIC]',
		summary: 'list the commands, those of a topic, or explain one',
		details: [`The topics are ${topics.join(', ')}.`],
		example: 'help partition',
		topic: 'session',
		completions: [{kinds: ['command', 'topic'], words: []}],
		changesNothing: true,
		parse: words => words.optionalText(),
		run: async (name, {commands, colours, columns}) => {
			const layout = {colours, columns};
			if (name === undefined) return helpOnAll(commands, layout);
			// In capitals, as the usages have it: there is a command of this name.
			if (name === 'LINKS') return helpOnLinks(layout);
			const topic = topics.find(each => each === name.toLowerCase());
			return topic === undefined ? helpOn(findCommand(name, commands), layout) : helpOnTopic(topic, commands, layout);
		},
	}),
	defineCommand({
		name: 'quit',
		suggestedFor: ['stop', 'bye', 'logout', 'q', ':q', 'shutdown', 'end'],
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

function settingOf(wanted: string, words: CommandArguments): SettingDefinition {
	const definition = settingDefinitions.find(({name}) => name === wanted);
	return (
		definition ??
		words.refuse(`there is no setting "${wanted}": there are ${settingDefinitions.map(({name}) => name).join(', ')}`)
	);
}
