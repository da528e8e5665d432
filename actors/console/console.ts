/**
 * The console: for a person at a terminal, or for a script on stdin.
 *
 *    line -> tokenizer -> parser -> command.parse -> command.run -> target
 *                     (commands/)                              \-> text -> output
 *
 * `script.ts` runs a script; `terminal/` has what a person's console has beyond that.
 */
import type {Writable} from 'node:stream';
import picocolors from 'picocolors';
import {allCommands} from './commands/all.js';
import type {ConsoleOptions} from './console-options.js';
import type {ConsoleTarget} from './console-target.js';
import {errorLine, oneLine} from './line-runner.js';
import {runScript} from './script.js';
import {defaultSettings, type Settings} from './settings.js';
import {runTerminal} from './terminal/terminal-console.js';

const TERMINAL_DEADLINE_MS = 60_000;

/**
 * Runs until the input ends or somebody quits, then closes the target. Resolves with the exit status: 0, or 1 where
 * a line of a script failed, the terminal went away, or the target did not close in time. Unless it keeps going, a script
 * ends with the line that failed. Nobody has to read what a script puts out.
 */
export async function runConsole(target: ConsoleTarget, options: ConsoleOptions): Promise<number> {
	const settings = firstSettings(options);
	const status = options.isTerminal
		? await runTerminal(target, allCommands, settings, options)
		: await runScript(target, allCommands, settings, options);
	// A pipe that nobody has closed yet would keep the process from ending.
	options.input.destroy();
	return (await closeTarget(target, options.errorOutput, options.deadlineMs ?? defaultSettings.deadlineMs))
		? status
		: 1;
}

function firstSettings({
	isTerminal,
	showsColours,
	isPlain = false,
	deadlineMs,
	backgroundMs,
}: ConsoleOptions): Settings {
	return {
		...defaultSettings,
		deadlineMs: deadlineMs ?? (isTerminal ? TERMINAL_DEADLINE_MS : defaultSettings.deadlineMs),
		backgroundMs: backgroundMs ?? defaultSettings.backgroundMs,
		hasColours: isTerminal && (showsColours ?? picocolors.isColorSupported),
		isPlain,
	};
}

/** Answers whether it went well. */
async function closeTarget(target: ConsoleTarget, errorOutput: Writable, deadlineMs: number): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`the cluster did not stop within ${deadlineMs} ms`)), deadlineMs);
	});
	try {
		await Promise.race([target.close(), late]);
		return true;
	} catch (error) {
		errorOutput.write(`${errorLine(oneLine(error))}\n`);
		return false;
	} finally {
		clearTimeout(timer);
	}
}
