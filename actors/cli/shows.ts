/**
 * Subcommands that are rarely used. Their code is loaded when one of them runs: everything else starts sooner, and with fewer
 * open files.
 */
import type {Subcommand} from '../console/command-line.js';
import {wholeNumber} from '../console/whole-number.js';

export const tourSubcommand: Subcommand = {
	name: 'tour',
	summary: 'see in ten steps what Raft does, on a real cluster',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.option(
				'--yes',
				'go through all steps without asking; the exit status is 1 if one does not show what it should',
				false,
			)
			.action(({yes}: {readonly yes: boolean}) => setStatus(import('./tour.js').then(({tour}) => tour(yes))));
	},
};

export const demoSubcommand: Subcommand = {
	name: 'demo',
	summary: 'see a leader crash, in five steps, in the terminal and in the browser',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.option('--pace <seconds>', 'time to look, after each step', wholeNumber(0, 3600), 8)
			.option('--port <port>', 'port of the page on this machine; 0 takes any free one', wholeNumber(0, 65_535), 0)
			.action((options: {readonly pace: number; readonly port: number}) =>
				setStatus(import('./demo.js').then(({demo}) => demo(options))),
			);
	},
};

export const replaySubcommand: Subcommand = {
	name: 'replay',
	summary: 'run a recorded script again on a cluster of its own, and judge it',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<file>', 'what "record FILE" wrote')
			.action((file: string) => setStatus(import('./replay.js').then(({replayFile}) => replayFile(file))));
	},
};

export const viewSubcommand: Subcommand = {
	name: 'view',
	summary: 'show a trace of the simulator, or a record of a cluster, in the browser',
	isDefault: false,
	mount: (command, setStatus) => {
		command
			.argument('<file>', 'what "simulate --trace FILE" wrote, or a record of a cluster')
			.option('--port <port>', 'port of the page on this machine; 0 takes any free one', wholeNumber(0, 65_535), 0)
			.action((file: string, {port}: {readonly port: number}) =>
				setStatus(import('../web/view.js').then(({view}) => view({file, port}))),
			);
	},
};
