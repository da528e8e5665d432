/** Runs one line after the other, each within a deadline, and never throws on what a line or the target does. */
import type {Colors} from 'picocolors/types.js';
import {carryOut} from './carry-out.js';
import type {ConsoleCommand} from './command.js';
import type {ConsoleTarget} from './console-target.js';
import {CommandCancelledError, CommandDeadlineError} from './errors.js';
import {parseLine} from './parser.js';

export type LineResult =
	| {readonly type: 'empty'}
	| {readonly type: 'answered'; readonly text: string}
	/** `message`: one line. */
	| {readonly type: 'failed'; readonly message: string}
	| {readonly type: 'quit'};

/** Commands that change nothing. */
const looksOnly: ReadonlySet<ConsoleCommand['type']> = new Set([
	'get',
	'status',
	'health',
	'waitLeader',
	'sleep',
	'help',
]);

export class LineRunner {
	readonly #target: ConsoleTarget;
	readonly #colours: Colors;
	readonly #deadlineMs: number;

	constructor(target: ConsoleTarget, colours: Colors, deadlineMs: number) {
		this.#target = target;
		this.#colours = colours;
		this.#deadlineMs = deadlineMs;
	}

	get nodeCount(): number {
		return this.#target.nodeCount;
	}

	/** Once `cancelled` is aborted, the line fails. */
	async run(line: string, cancelled: AbortSignal): Promise<LineResult> {
		try {
			const command = parseLine(line, this.#target.nodeCount);
			if (command === undefined) return {type: 'empty'};
			if (command.type === 'quit') return {type: 'quit'};
			return {type: 'answered', text: await this.#answer(command, cancelled)};
		} catch (error) {
			return {type: 'failed', message: oneLine(error)};
		}
	}

	async #answer(command: Exclude<ConsoleCommand, {type: 'quit'}>, cancelled: AbortSignal): Promise<string> {
		const mayTakeEffect = !looksOnly.has(command.type);
		if (cancelled.aborted) throw new CommandCancelledError(false);
		const ended = new AbortController();
		const cancel = (): void => ended.abort(new CommandCancelledError(mayTakeEffect));
		const expire = (): void => ended.abort(new CommandDeadlineError(this.#deadlineMs, mayTakeEffect));
		// A sleep is as long as the user wants it.
		const timer = command.type === 'sleep' ? undefined : setTimeout(expire, this.#deadlineMs);
		cancelled.addEventListener('abort', cancel);
		try {
			// A target need not heed the signal: the line ends on time all the same.
			return await Promise.race([aborted(ended.signal), carryOut(command, this.#target, this.#colours, ended.signal)]);
		} finally {
			clearTimeout(timer);
			cancelled.removeEventListener('abort', cancel);
		}
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
