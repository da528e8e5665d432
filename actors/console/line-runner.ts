/** Carries lines out, each within a deadline, and never throws on what a line or the target does. */
import {setTimeout as sleep} from 'node:timers/promises';
import picocolors from 'picocolors';
import type {Command, CommandContext, WaitingList} from './command.js';
import type {ConsoleTarget} from './console-target.js';
import {CommandCancelledError, CommandDeadlineError, CommandNotBegunError} from './errors.js';
import {type ParsedLine, parseLine} from './parser.js';
import {Session} from './session.js';
import type {Settings} from './settings.js';

/** A command that was cancelled may take so long to tell what became of it, ms. */
const concludeWithinMs = 5000;

export type LineResult =
	| {readonly type: 'empty'}
	/** `isValue`: the text may be a value, and is shown without line breaks of ours; left out: it is none. */
	| {readonly type: 'answered'; readonly text: string; readonly isValue?: boolean}
	/** `message`: one line. */
	| {readonly type: 'failed'; readonly message: string}
	| {readonly type: 'quit'};

/** What a line runs against, and where it shows something. */
export interface LineSurroundings {
	readonly target: ConsoleTarget;
	readonly commands: readonly Command[];
	readonly settings: Settings;
	readonly waiting: WaitingList;
	/** How many characters fit into a line now. */
	readonly columns: () => number;
	/** How many lines are seen at once now. Left out: nothing scrolls away. */
	readonly rows?: () => number;
	readonly live: CommandContext['live'];
	/** Shows a line at once. */
	readonly print: (line: string) => void;
	readonly clearScreen: () => void;
}

/** What stands for a terminal where there is none: nothing goes to the background. */
export const withoutTerminal: Pick<LineSurroundings, 'waiting' | 'clearScreen' | 'live'> = {
	waiting: {describe: async () => [], cancel: () => 0},
	clearScreen: () => undefined,
	live: {begin: (_, view) => view.ended?.(), end: () => false},
};

/** A line that is being carried out. */
export interface BegunLine {
	/** `undefined` where the line has none. */
	readonly command: Command | undefined;
	/** Whether it still waits for the commands of its queue that came before. */
	readonly isQueued: () => boolean;
	readonly result: Promise<LineResult>;
}

export class LineRunner {
	readonly session = new Session();
	readonly #surroundings: LineSurroundings;
	/** When the last command of each queue is over. */
	readonly #queueEnds = new Map<string, Promise<void>>();

	constructor(surroundings: LineSurroundings) {
		this.#surroundings = surroundings;
	}

	/** Throws a `ConsoleSyntaxError`. */
	parse(line: string): ParsedLine | undefined {
		const {target, commands} = this.#surroundings;
		return parseLine(line, target.nodeCount, commands);
	}

	/** Carries a line out. Once `cancelled` is aborted, it fails. */
	async run(line: string, cancelled: AbortSignal): Promise<LineResult> {
		return this.begin(line, cancelled).result;
	}

	/** As `run`, for whoever does not wait for the end. `print`: where this line shows something at once. */
	begin(line: string, cancelled: AbortSignal, print = this.#surroundings.print): BegunLine {
		let parsedLine: ParsedLine | undefined;
		try {
			parsedLine = this.parse(line);
		} catch (error) {
			return begunAndOver({type: 'failed', message: oneLine(error)});
		}
		if (parsedLine === undefined) return begunAndOver({type: 'empty'});
		const {command} = parsedLine;
		// Those that only look explain nothing of what happens to the cluster.
		if (command.changesNothing !== true) this.#surroundings.target.typed(line.trim());
		const isRecorded = command.isRecorded ?? command.topic !== 'session';
		if (isRecorded) this.session.recording?.line(line);
		const own = {
			session: this.session,
			begin: (other: string, signal: AbortSignal) => this.begin(other, signal, print),
		};
		const attempt = new Attempt(parsedLine, {...this.#surroundings, ...own, print}, this.#turnIn(command.queue));
		const result = attempt
			.run(cancelled)
			.catch((error: unknown): LineResult => ({type: 'failed', message: oneLine(error)}));
		if (isRecorded) void result.then(end => this.session.recording?.answer(end));
		return {command, isQueued: () => !attempt.hasBegun, result};
	}

	#turnIn(queue: string | undefined): Turn {
		if (queue === undefined) return {comes: undefined, end: () => undefined};
		const comes = this.#queueEnds.get(queue);
		let end = (): void => undefined;
		const mine = new Promise<void>(resolve => (end = resolve));
		// A command may be over before its turn has come: those behind it wait for the ones before it all the same.
		this.#queueEnds.set(queue, comes === undefined ? mine : comes.then(() => mine));
		return {comes, end};
	}
}

const begunAndOver = (result: LineResult): BegunLine => ({
	command: undefined,
	isQueued: () => false,
	result: Promise.resolve(result),
});

/** What a command has of its runner. */
type OwnContext = Pick<CommandContext, 'session' | 'begin'>;

/** A place in a queue. `comes`: when all before it are over; `undefined`: at once. */
interface Turn {
	readonly comes: Promise<void> | undefined;
	/** Lets the next one begin. */
	readonly end: () => void;
}

/** One command on its way. */
class Attempt {
	readonly #line: ParsedLine;
	readonly #surroundings: LineSurroundings & OwnContext;
	readonly #turn: Turn;
	hasBegun = false;

	constructor(line: ParsedLine, surroundings: LineSurroundings & OwnContext, turn: Turn) {
		this.#line = line;
		this.#surroundings = surroundings;
		this.#turn = turn;
	}

	async run(cancelled: AbortSignal): Promise<LineResult> {
		const {deadlineMs = this.#surroundings.settings.deadlineMs} = this.#line.command;
		const ended = new AbortController();
		const over = new AbortController();
		const cancel = (): void => ended.abort(new CommandCancelledError(this.#possibleEffect()));
		const expire = (durationMs: number): void => ended.abort(this.#late(durationMs));
		const timer = deadlineMs === 'none' ? undefined : setTimeout(expire, deadlineMs, deadlineMs);
		if (cancelled.aborted) cancel();
		cancelled.addEventListener('abort', cancel);
		try {
			// A target need not heed the signal: the line ends on time all the same.
			return await Promise.race([this.#givenUp(ended.signal, over.signal), this.#carryOut(ended.signal)]);
		} finally {
			over.abort();
			clearTimeout(timer);
			cancelled.removeEventListener('abort', cancel);
			this.#turn.end();
		}
	}

	/** Rejects when the line is not waited for any more. `over`: nobody cares. */
	async #givenUp(signal: AbortSignal, over: AbortSignal): Promise<never> {
		await aborted(signal);
		const concludes = this.hasBegun && this.#line.command.concludes === true;
		if (concludes) await sleep(concludeWithinMs, undefined, {signal: over}).catch(() => undefined);
		throw signal.reason as Error;
	}

	async #carryOut(signal: AbortSignal): Promise<LineResult> {
		if (this.#turn.comes !== undefined) await this.#turn.comes;
		signal.throwIfAborted();
		this.hasBegun = true;
		const {command, parsed} = this.#line;
		let isOver = false;
		const text = await command.run(
			parsed,
			this.#contextOf(signal, () => (isOver = true)),
		);
		return isOver
			? {type: 'quit'}
			: {type: 'answered', text, ...(command.answersWithValue === true ? {isValue: true} : {})};
	}

	#possibleEffect(): 'none' | 'unknown' {
		return this.hasBegun && this.#line.command.changesNothing !== true ? 'unknown' : 'none';
	}

	#late(deadlineMs: number): Error {
		return this.hasBegun
			? new CommandDeadlineError(deadlineMs, this.#possibleEffect())
			: new CommandNotBegunError(deadlineMs);
	}

	#contextOf(signal: AbortSignal, quit: () => void): CommandContext {
		const {columns, rows = () => Infinity, ...rest} = this.#surroundings;
		const colours = picocolors.createColors(rest.settings.hasColours);
		return {...rest, colours, signal, columns: columns(), rows: rows(), quit};
	}
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		if (signal.aborted) resolve();
		else signal.addEventListener('abort', () => resolve());
	});
}

/** A failure of somebody else's making may have a message of many lines, or none. */
export function oneLine(error: unknown): string {
	const message = error instanceof Error ? error.message || error.name : String(error);
	return message.replaceAll(/\s*\n\s*/g, ' ');
}

/** How each failure is shown. */
export const errorLine = (message: string): string => `error: ${message}`;
