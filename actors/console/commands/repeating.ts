/** What is done becomes a script, and runs again. */
import {randomInt} from 'node:crypto';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {ScriptError} from '../../script/errors.js';
import {readScriptFile} from '../../script/script-file.js';
import {parseScriptTime} from '../../script/script-time.js';
import {ScriptWriter} from '../../script/script-writer.js';
import {SessionRecording} from '../../script/session-recording.js';
import {type Command, type CommandContext, defineCommand} from '../command.js';
import {CommandRefusedError} from '../errors.js';
import {offerKind} from '../offers.js';
import {parseLine} from '../parser.js';
import {replayScript} from '../replay-script.js';
import {done} from './phrases.js';

export const repeatingCommands: readonly Command[] = [
	defineCommand<string>({
		name: 'record',
		usage: 'record FILE | record stop',
		summary: 'write what is done into a script, until "record stop"',
		details: [
			'The script has what you type and the faults that chaos draws, each with its time. It is text: look at it, change it, and run it again with "replay FILE". A file that exists is not written over.',
		],
		example: 'record session.txt',
		topic: 'session',
		completions: [offerKind('file', 'stop')],
		parse: words => words.text('a file, or "stop"'),
		run: async (file, context) => (file === 'stop' ? stopRecording(context) : startRecording(file, context)),
	}),
	defineCommand<string>({
		name: 'replay',
		usage: 'replay FILE',
		summary: 'run a recorded script again, and judge it',
		details: [
			'Each line is begun at the time at which it was recorded; operations of clients hold up no other line. At the end all faults are healed, and what the clients saw is judged. "threadraft replay FILE" does this on a cluster of its own.',
		],
		example: 'replay session.txt',
		waitsFor: 'its lines are begun, each at its time',
		topic: 'session',
		completions: [offerKind('file')],
		deadlineMs: 'none',
		parse: words => words.text('a file'),
		run: replayFile,
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
	return `${lines} lines in ${(durationMs / 1000).toFixed(1)} s are in ${file}: run them again with "replay ${file}"`;
}

async function replayFile(file: string, context: CommandContext): Promise<string> {
	const {target, commands} = context;
	const script = await readScriptFile(file, (line, nodes) => {
		const command = parseLine(line, nodes, commands)?.command.name;
		if (command === 'quit' || command === 'record' || command === 'replay') {
			throw new CommandRefusedError(`a script that is replayed cannot hold "${command}": take the line out`);
		}
	});
	if (script.nodes !== target.nodeCount) {
		const message = `recorded on ${script.nodes} nodes, and this cluster has ${target.nodeCount}: start one with --nodes ${script.nodes}`;
		throw new ScriptError('ERR_SCRIPT_NODES', undefined, message);
	}
	return replayScript(script, context);
}
