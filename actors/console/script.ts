/** A script on stdin: one line after the other, each with its answer below. */
import {createInterface} from 'node:readline';
import type {Command} from './command.js';
import type {ConsoleOptions} from './console-options.js';
import type {ConsoleTarget} from './console-target.js';
import {LiveViews} from './live-views.js';
import {errorLine, LineRunner, withoutTerminal} from './line-runner.js';
import type {Settings} from './settings.js';

const prompt = '> ';
/** Nobody knows how wide what reads it is. */
const columns = 80;

/** Resolves with the exit status: 1 where a line failed. */
export async function runScript(
	target: ConsoleTarget,
	commands: readonly Command[],
	settings: Settings,
	{input, output, errorOutput, keepsGoing = false}: ConsoleOptions,
): Promise<number> {
	const lines = createInterface({input, crlfDelay: Infinity});
	// Whoever read it may have seen enough (`| head`). The lines are there for what they do, and so is the status.
	output.on('error', () => undefined);
	const print = (line: string): void => void output.write(`${line}\n`);
	const live = new LiveViews({isInPlace: () => false, draw: () => undefined, print});
	const runner = new LineRunner({...withoutTerminal, live, target, commands, settings, print, columns: () => columns});
	const {signal} = new AbortController();
	let lineNumber = 0;
	let status = 0;
	for await (const line of lines) {
		lineNumber++;
		print(`${prompt}${line}`);
		const result = await runner.run(line, signal);
		if (result.type === 'failed') {
			errorOutput.write(`${errorLine(`line ${lineNumber}: ${result.message}`)}\n`);
			status = 1;
			if (!keepsGoing) break;
		}
		if (result.type === 'quit') break;
		if (result.type === 'answered' && result.text !== '') print(result.text);
	}
	live.endAll();
	runner.session.close();
	return status;
}
