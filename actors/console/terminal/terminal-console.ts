/**
 * The console of a person. A command has the terminal until it is answered, but no longer than a moment: then it goes on in the
 * background, where its answer is shown above the prompt when it comes.
 *
 *    terminal -> TypedInput -> readline -> enter(line) -> LineRunner
 *                    ^ holds what was typed ahead  \-> WaitingCommands
 */
import {performance} from 'node:perf_hooks';
import {createInterface, type Interface} from 'node:readline';
import picocolors from 'picocolors';
import type {Command} from '../command.js';
import {complete} from '../completion.js';
import type {ConsoleOptions} from '../console-options.js';
import type {ConsoleTarget} from '../console-target.js';
import {type BegunLine, errorLine, LineRunner, type LineResult} from '../line-runner.js';
import {LiveViews} from '../live-views.js';
import {writeBelowPrompt} from '../notices.js';
import type {Settings} from '../settings.js';
import {within} from '../within.js';
import {wrapText} from '../wrap-text.js';
import {HistoryFile, historyLinesMax} from './history-file.js';
import {LiveBlock, type PressedKey} from './live-block.js';
import {Interrupts} from './interrupts.js';
import {Suspension} from './suspension.js';
import {TypedInput} from './typed-input.js';
import {WaitingCommands, waitingMax} from './waiting-commands.js';

const prompt = '> ';
/** Where the terminal does not say how wide it is. */
const columnsDefault = 80;
const rowsDefault = 24;
const clearingSequence = '\u001B[2J\u001B[3J\u001B[H';

interface TerminalConsoleParts {
	readonly target: ConsoleTarget;
	readonly commands: readonly Command[];
	readonly settings: Settings;
	readonly options: ConsoleOptions;
	/** Of earlier sessions, newest first. */
	readonly earlierLines: readonly string[];
}

/** Until the input ends or somebody quits. Resolves with the exit status: 1 where the terminal went away. */
export async function runTerminal(
	target: ConsoleTarget,
	commands: readonly Command[],
	settings: Settings,
	options: ConsoleOptions,
): Promise<number> {
	const {historyFile, output} = options;
	if (historyFile === undefined) {
		return new TerminalConsole({target, commands, settings, options, earlierLines: []}).run(() => undefined);
	}
	const history = new HistoryFile(historyFile, message => void output.write(`${message}\n`));
	const earlierLines = await history.read();
	const terminal = new TerminalConsole({target, commands, settings, options, earlierLines});
	const status = await terminal.run(line => history.add(line));
	await history.settled();
	return status;
}

class TerminalConsole {
	readonly #settings: Settings;
	readonly #options: ConsoleOptions;
	readonly #typed: TypedInput;
	readonly #lines: Interface;
	readonly #runner: LineRunner;
	readonly #waiting: WaitingCommands;
	readonly #block: LiveBlock;
	readonly #live: LiveViews;
	readonly #interrupts: Interrupts;
	readonly #suspension: Suspension;
	/** The terminal was closed, or the console ends: there is nobody to go on for. */
	readonly #ended = new AbortController();
	#isTerminalGone = false;
	/** What cancels the command that has the terminal. */
	#foreground: AbortController | undefined;

	constructor({target, commands, settings, options, earlierLines}: TerminalConsoleParts) {
		const {input, output} = options;
		this.#settings = settings;
		this.#options = options;
		this.#typed = new TypedInput(input, {
			isBusy: () => this.#foreground !== undefined,
			insert: text => {
				this.#lines.write(text);
				this.#block.keyPressed(undefined);
			},
			interrupt: () => this.#cancelForeground(),
			suspend: () => this.#suspension.suspend(),
		});
		this.#lines = createInterface({
			input: this.#typed.keys,
			output,
			terminal: true,
			prompt,
			crlfDelay: Infinity,
			historySize: historyLinesMax,
			history: [...earlierLines],
			removeHistoryDuplicates: true,
			completer: (line: string, tell: CompletionTold) => void tellCompletion(complete(line, target, commands), tell),
		});
		this.#block = new LiveBlock({
			lines: this.#lines,
			output,
			prompt,
			isAtPrompt: () => this.#isAtPrompt,
		});
		this.#live = new LiveViews({
			isInPlace: () => !settings.isPlain,
			draw: shown => this.#block.set(shown),
			print: line => this.#show(line),
		});
		this.#waiting = new WaitingCommands({
			target,
			now: () => performance.now(),
			answered: (label, result, tookMs) => this.#showLate(label, result, tookMs),
		});
		this.#runner = new LineRunner({
			target,
			commands,
			settings,
			waiting: this.#waiting,
			live: this.#live,
			columns: () => output.columns ?? columnsDefault,
			rows: () => output.rows ?? rowsDefault,
			print: line => this.#show(line),
			clearScreen: () => void output.write(clearingSequence),
		});
		this.#interrupts = new Interrupts(this.#lines, output, {
			cancelWaiting: () => this.#cancelAll(),
			showPrompt: () => this.#promptBelow(),
		});
		this.#suspension = new Suspension({
			input,
			typed: this.#typed,
			stop: options.suspend ?? (() => process.kill(0, 'SIGTSTP')),
			showPrompt: () => this.#promptAgain(),
		});
	}

	/** `remember`: is told each line that is worth to be kept. */
	async run(remember: (line: string) => void): Promise<number> {
		const {output, notices} = this.#options;
		const lines = this.#lines;
		const closed = new Promise<void>(resolve => lines.once('close', resolve));
		output.on('error', () => {
			this.#isTerminalGone = true;
			lines.close();
		});
		// Before readline does what the key asks for.
		this.#typed.keys.on('keypress', (_, key: PressedKey | undefined) => this.#block.keyPressed(key));
		lines.on('SIGINT', () => this.#interrupts.atPrompt());
		lines.on('SIGTSTP', () => this.#suspension.suspend());
		lines.on('history', history => keepSecrets(history, remember));
		lines.on('line', line => void this.#enter(line));
		const endNotices = notices?.showBy({
			show: line => this.#show(line),
			wantsNews: () => this.#settings.hasNotices,
		});
		lines.prompt();
		this.#typed.begin();
		await closed;
		endNotices?.();
		this.#live.endAll();
		this.#typed.end();
		this.#suspension.end();
		this.#interrupts.forget();
		const {size} = this.#waiting;
		this.#ended.abort();
		this.#runner.session.close();
		output.write(size === 0 ? '\n' : `\ngave up ${size} that waited; what they change may still take effect\n`);
		return this.#isTerminalGone ? 1 : 0;
	}

	async #enter(line: string): Promise<void> {
		this.#interrupts.forget();
		// Who types is not suspended, even if nobody could stop the process.
		this.#suspension.isSuspended = false;
		const foreground = new AbortController();
		this.#foreground = foreground;
		this.#block.entered(line);
		const result = await this.#carryOut(line, foreground);
		this.#foreground = undefined;
		if (this.#ended.signal.aborted) return;
		if (result?.type === 'quit') return this.#lines.close();
		if (result !== undefined) this.#write(this.#fitted(result, this.#textOf(result)));
		this.#promptBelow();
		this.#typed.proceed();
	}

	/** `undefined`: it waits in the background. */
	async #carryOut(line: string, foreground: AbortController): Promise<LineResult | undefined> {
		const sinceMs = performance.now();
		const refusal = this.#refusalOf(line);
		if (refusal !== undefined) return refusal;
		const begunLine = this.#runner.begin(line, AbortSignal.any([foreground.signal, this.#ended.signal]));
		const {command, result} = begunLine;
		if (command?.staysInForeground === true || this.#waiting.size >= waitingMax) return result;
		const quick = await within(this.#settings.backgroundMs, () => result);
		if (quick !== undefined) return quick;
		return this.#sendToBackground(line, begunLine, sinceMs, foreground);
	}

	async #sendToBackground(
		line: string,
		begunLine: BegunLine,
		sinceMs: number,
		foreground: AbortController,
	): Promise<LineResult | undefined> {
		const {result} = begunLine;
		const reason = await Promise.race([this.#waiting.reasonOf(begunLine, foreground.signal), endOf(result)]);
		if (reason === undefined) return result;
		const label = this.#waiting.add(line, begunLine, sinceMs, () => foreground.abort());
		this.#write(this.#wrapped(`${label} waits: ${reason}`));
		return undefined;
	}

	/** Where too many wait, those that would wait behind others are not begun. */
	#refusalOf(line: string): LineResult | undefined {
		if (this.#waiting.size < waitingMax) return undefined;
		try {
			if (this.#runner.parse(line)?.command.queue === undefined) return undefined;
		} catch {
			return undefined;
		}
		const message = `${waitingMax} commands wait already: wait for their answers, or cancel some ("cancel N", "cancel")`;
		return {type: 'failed', message};
	}

	#cancelForeground(): void {
		this.#write('^C');
		this.#foreground?.abort();
	}

	#showLate(label: string, result: LineResult, tookMs: number): void {
		if (this.#ended.signal.aborted) return;
		const after = `after ${(tookMs / 1000).toFixed(1)} s`;
		const text = this.#textOf(result);
		const isShort = result.type === 'answered' && text !== '' && !text.includes('\n');
		const labelled = isShort
			? `${label}: ${text} ${after}`
			: `${label}, ${after}:${text.includes('\n') ? '\n' : ' '}${text}`;
		this.#showFitted(this.#fitted(result, labelled));
	}

	#textOf(result: LineResult): string {
		if (result.type === 'answered') return result.text;
		if (result.type !== 'failed') return '';
		const colours = picocolors.createColors(this.#settings.hasColours);
		return colours.red(errorLine(result.message));
	}

	/** Values stay as they are, so that they can be copied. */
	#fitted(result: LineResult, text: string): string {
		return result.type === 'answered' && result.isValue ? text : this.#wrapped(text);
	}

	/** Rows of tables and charts were fitted already, and have no line break of ours. */
	#wrapped(text: string): string {
		// A screen reader takes each line for a sentence.
		if (this.#settings.isPlain) return text;
		return wrapText(text, this.#options.output.columns ?? columnsDefault).join('\n');
	}

	#write(text: string): void {
		if (text !== '') this.#options.output.write(`${text}\n`);
	}

	/** At once: above the prompt where it stands there, else as the next line. */
	#show(text: string): void {
		this.#showFitted(this.#wrapped(text));
	}

	#showFitted(text: string): void {
		if (this.#ended.signal.aborted) return;
		if (this.#foreground !== undefined || this.#suspension.isSuspended) this.#write(text);
		else if (this.#settings.isPlain) writeBelowPrompt(this.#lines, this.#options.output, text);
		else this.#block.writeAbove(text);
	}

	get #isAtPrompt(): boolean {
		return this.#foreground === undefined && !this.#suspension.isSuspended && !this.#ended.signal.aborted;
	}

	/** What waits in the background; else what is watched. Answers whether there was anything. */
	#cancelAll(): boolean {
		if (this.#waiting.cancel(undefined) > 0) return true;
		const ended = ['watch', 'trace'].map(name => this.#live.end(name));
		return ended.includes(true);
	}

	#promptBelow(): void {
		this.#block.beforePrompt();
		this.#lines.prompt();
	}

	#promptAgain(): void {
		if (!this.#isAtPrompt) return;
		this.#block.beforePrompt();
		this.#lines.prompt(true);
	}
}

type CompletionTold = (error: null, completion: [string[], string]) => void;

async function tellCompletion(found: Promise<[string[], string]>, tell: CompletionTold): Promise<void> {
	tell(null, await found);
}

/** A line that begins with a blank is in no history, as in shells: it may hold a secret. `history`: newest first; may be changed. */
function keepSecrets(history: string[], remember: (line: string) => void): void {
	const [newest] = history;
	if (newest === undefined) return;
	if (/^\s/.test(newest)) history.shift();
	else remember(newest);
}

async function endOf(work: Promise<unknown>): Promise<undefined> {
	await work;
	return undefined;
}
