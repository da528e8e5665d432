/** What is done becomes a script, and runs again. */
import {randomInt} from 'node:crypto';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseScriptTime} from '../../script/script-time.js';
import {ScriptWriter} from '../../script/script-writer.js';
import {SessionRecording} from '../../script/session-recording.js';
import {type Command, type CommandContext, defineCommand} from '../command.js';
import {CommandRefusedError} from '../errors.js';
import {done} from './phrases.js';

export const repeatingCommands: readonly Command[] = [
	defineCommand<string>({
		name: 'record',
		usage: 'record FILE | record stop',
		summary: 'write what is done into a script, until "record stop"',
		details: [
			'The script has what you type and the faults that chaos draws, each with its time. It is text that the console takes: look at it, change it, and run it again with "npm start < FILE". A file that exists is not written over.',
		],
		example: 'record session.txt',
		topic: 'session',
		completions: [{kinds: [], words: ['stop']}],
		parse: words => words.text('a file, or "stop"'),
		run: async (file, context) => (file === 'stop' ? stopRecording(context) : startRecording(file, context)),
	}),
	defineCommand<number>({
		name: 'at',
		usage: 'at +TIME',
		summary: 'wait until so long after the start of the script',
		details: ['As in "at +1.234s" and "at +200ms". "at +0s" is the start; without it, the start of the console is.'],
		example: 'at +200ms',
		topic: 'session',
		completions: [],
		changesNothing: true,
		deadlineMs: 'none',
		parse: words => {
			const text = words.text('a time');
			return parseScriptTime(text) ?? words.refuse(`"${text}" is no time such as +1.234s or +200ms`);
		},
		run: async (atMs, {session, signal}) => {
			if (atMs === 0) session.restartClock();
			return done(sleep(Math.max(0, atMs - session.elapsedMs), undefined, {signal}));
		},
	}),
];

function startRecording(file: string, {session, target, print}: CommandContext): string {
	if (session.recording !== undefined) {
		const message = `what is done goes into ${session.recording.file} already: end that with "record stop"`;
		throw new CommandRefusedError(message);
	}
	const head = {nodes: target.nodeCount, seed: randomInt(2 ** 32), recordedAt: new Date().toISOString()};
	const writer = new ScriptWriter(file, head);
	const failed = (message: string): void => {
		session.recording = undefined;
		print(message);
	};
	session.recording = new SessionRecording({writer, now: () => performance.now(), failed});
	return `what is done goes into ${file}, until "record stop"`;
}

function stopRecording({session}: CommandContext): string {
	const {recording} = session;
	if (recording === undefined) throw new CommandRefusedError('nothing is recorded: begin with "record FILE"');
	session.recording = undefined;
	const {file, lines, durationMs} = recording.stop();
	return `${lines} lines in ${(durationMs / 1000).toFixed(1)} s are in ${file}: "npm start < ${file}" runs them again`;
}
