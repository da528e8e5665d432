/** Runs one line after the other, each within a deadline, and never throws on what a line or the target does. */
import type {Colors} from 'picocolors/types.js';
import type {Command, CommandContext} from './command.js';
import type {ConsoleTarget} from './console-target.js';
import {CommandCancelledError, CommandDeadlineError} from './errors.js';
import {type ParsedLine, parseLine} from './parser.js';

export type LineResult =
	| {readonly type: 'empty'}
	| {readonly type: 'answered'; readonly text: string}
	/** `message`: one line. */
	| {readonly type: 'failed'; readonly message: string}
	| {readonly type: 'quit'};

/** What a line runs against, and where it shows something. */
export interface LineSurroundings {
	readonly target: ConsoleTarget;
	readonly commands: readonly Command[];
	readonly colours: Colors;
	/** For each command that has none of its own, ms. */
	readonly deadlineMs: number;
	/** How many characters fit into a line now. */
	readonly columns: () => number;
	/** Shows a line at once. */
	readonly print: (line: string) => void;
}

export class LineRunner {
	readonly #surroundings: LineSurroundings;

	constructor(surroundings: LineSurroundings) {
		this.#surroundings = surroundings;
	}

	/** Once `cancelled` is aborted, the line fails. */
	async run(line: string, cancelled: AbortSignal): Promise<LineResult> {
		const {target, commands} = this.#surroundings;
		try {
			const parsedLine = parseLine(line, target.nodeCount, commands);
			if (parsedLine === undefined) return {type: 'empty'};
			return await this.#answer(parsedLine, cancelled);
		} catch (error) {
			return {type: 'failed', message: oneLine(error)};
		}
	}

	async #answer({command, parsed}: ParsedLine, cancelled: AbortSignal): Promise<LineResult> {
		const {deadlineMs = this.#surroundings.deadlineMs, changesNothing = false} = command;
		if (cancelled.aborted) throw new CommandCancelledError(false);
		const ended = new AbortController();
		const cancel = (): void => ended.abort(new CommandCancelledError(!changesNothing));
		const timer =
			deadlineMs === 'none'
				? undefined
				: setTimeout(() => ended.abort(new CommandDeadlineError(deadlineMs, !changesNothing)), deadlineMs);
		cancelled.addEventListener('abort', cancel);
		let isOver = false;
		const context = this.#contextOf(ended.signal, () => (isOver = true));
		try {
			// A target need not heed the signal: the line ends on time all the same.
			const text = await Promise.race([aborted(ended.signal), command.run(parsed, context)]);
			return isOver ? {type: 'quit'} : {type: 'answered', text};
		} finally {
			clearTimeout(timer);
			cancelled.removeEventListener('abort', cancel);
		}
	}

	#contextOf(signal: AbortSignal, quit: () => void): CommandContext {
		const {target, commands, colours, columns, print} = this.#surroundings;
		return {target, commands, colours, signal, columns: columns(), print, quit};
	}
}

function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason as Error));
	});
}

/** A failure of somebody else's making may have a message of many lines, or none. */
export function oneLine(error: unknown): string {
	const message = error instanceof Error ? error.message || error.name : String(error);
	return message.replaceAll(/\s*\n\s*/g, ' ');
}
