/**
 * The console: for a person at a terminal, or for a script on stdin.
 *
 *    line -> tokenizer -> parser -> command.parse -> command.run -> target
 *                     (commands/)                              \-> text -> output
 */
import {createInterface, type Interface} from 'node:readline';
import type {Readable, Writable} from 'node:stream';
import picocolors from 'picocolors';
import type {Colors} from 'picocolors/types.js';
import {allCommands} from './commands/all.js';
import {complete} from './completion.js';
import type {ConsoleTarget} from './console-target.js';
import {Interrupts} from './interrupts.js';
import {LineRunner, type LineResult, type LineSurroundings, oneLine} from './line-runner.js';
import {type Notices, writeAbovePrompt} from './notices.js';
import {handleSuspension} from './suspension.js';

export interface ConsoleOptions {
	/** Destroyed at the end. */
	readonly input: Readable;
	readonly output: Writable & {readonly columns?: number};
	/** Where a script's failure is told. */
	readonly errorOutput: Writable;
	/** Whether a person types: with prompt, colours, completion and history. Otherwise `input` is a script. */
	readonly isTerminal: boolean;
	/** Whether the terminal shows colours. @default what the environment says (NO_COLOR, FORCE_COLOR, TERM, CI) */
	readonly showsColours?: boolean | undefined;
	/** Shown above the prompt of a terminal. @default none */
	readonly notices?: Notices | undefined;
	/** Run the lines of a script that come after one that failed. @default false */
	readonly keepsGoing?: boolean | undefined;
	/** Stops the process as Ctrl-Z does, until the shell lets it go on. @default stops the process group, with npm in it */
	readonly suspend?: (() => void) | undefined;
	/**
	 * How long each command may take, in ms; `sleep` takes as long as it says. Closing the target may take as long.
	 * @default 10000
	 */
	readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
const HISTORY_LINES_MAX = 1000;
const PROMPT = '> ';
/** Where the output does not say how wide it is. */
const COLUMNS_DEFAULT = 80;

/**
 * Runs until the input ends or somebody quits, then closes the target. Resolves with the exit status: 0, or 1 where
 * a line of a script failed, the terminal went away, or the target did not close in time. Unless it keeps going, a script
 * ends with the line that failed. Nobody has to read what a script puts out.
 */
export async function runConsole(target: ConsoleTarget, options: ConsoleOptions): Promise<number> {
	const {deadlineMs = DEADLINE_MS, showsColours = picocolors.isColorSupported} = options;
	const colours = picocolors.createColors(options.isTerminal && showsColours);
	const surroundings = {target, commands: allCommands, colours, deadlineMs};
	const status = options.isTerminal ? await runTerminal(surroundings, options) : await runScript(surroundings, options);
	// A pipe that nobody has closed yet would keep the process from ending.
	options.input.destroy();
	return (await closeTarget(target, options.errorOutput, deadlineMs)) ? status : 1;
}

type Surroundings = Omit<LineSurroundings, 'columns' | 'print'>;

async function runScript(surroundings: Surroundings, options: ConsoleOptions): Promise<number> {
	const {input, output, errorOutput, keepsGoing = false} = options;
	const print = (line: string): void => void output.write(`${line}\n`);
	const runner = new LineRunner({...surroundings, columns: () => COLUMNS_DEFAULT, print});
	const lines = createInterface({input, crlfDelay: Infinity});
	// Whoever read it may have seen enough (`| head`). The lines are there for what they do, and so is the status.
	output.on('error', () => undefined);
	const {signal} = new AbortController();
	let lineNumber = 0;
	let status = 0;
	for await (const line of lines) {
		lineNumber++;
		output.write(`${PROMPT}${line}\n`);
		const result = await runner.run(line, signal);
		if (result.type === 'failed') {
			errorOutput.write(`line ${lineNumber}: ${result.message}\n`);
			status = 1;
			if (!keepsGoing) break;
		}
		if (result.type === 'quit') break;
		if (result.type === 'answered') output.write(`${result.text}\n`);
	}
	return status;
}

async function runTerminal(surroundings: Surroundings, options: ConsoleOptions): Promise<number> {
	const {input, output} = options;
	const {target, commands, colours} = surroundings;
	const lines = createInterface({
		input,
		output,
		terminal: true,
		prompt: PROMPT,
		historySize: HISTORY_LINES_MAX,
		removeHistoryDuplicates: true,
		completer: (line: string) => complete(line, target.nodeCount, commands),
	});
	const gone = closeWhenOutputFails(lines, output);
	let isClosed = false;
	let running: AbortController | undefined;
	lines.once('close', () => (isClosed = true));
	const interrupts = new Interrupts(lines, output);
	lines.on('SIGINT', () => {
		if (running === undefined) interrupts.atPrompt();
		else running.abort();
	});
	const endSuspension = handleSuspension(lines, {
		input,
		suspend: options.suspend ?? (() => process.kill(0, 'SIGTSTP')),
		isAtPrompt: () => running === undefined && !isClosed,
	});
	const print = (line: string): void => {
		if (running === undefined && !isClosed) writeAbovePrompt(lines, output, line);
		else output.write(`${line}\n`);
	};
	const endNotices = options.notices?.showBy(print);
	const runner = new LineRunner({...surroundings, columns: () => output.columns ?? COLUMNS_DEFAULT, print});
	lines.prompt();
	for await (const line of lines) {
		interrupts.forget();
		running = new AbortController();
		const result = await runner.run(line, AbortSignal.any([running.signal, gone]));
		running = undefined;
		if (result.type === 'quit') break;
		writeResult(result, output, colours);
		// The input may have ended while the command ran; lines typed before that are still to come.
		if (!isClosed) lines.prompt();
	}
	endSuspension();
	endNotices?.();
	interrupts.forget();
	lines.close();
	output.write('\n');
	return gone.aborted ? 1 : 0;
}

function writeResult(result: LineResult, output: Writable, colours: Colors): void {
	if (result.type === 'answered') output.write(`${result.text}\n`);
	if (result.type === 'failed') output.write(`${colours.red(result.message)}\n`);
}

/** The terminal was closed: there is nobody to go on for. */
function closeWhenOutputFails(lines: Interface, output: Writable): AbortSignal {
	const gone = new AbortController();
	output.on('error', () => {
		gone.abort();
		lines.close();
	});
	return gone.signal;
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
		errorOutput.write(`${oneLine(error)}\n`);
		return false;
	} finally {
		clearTimeout(timer);
	}
}
