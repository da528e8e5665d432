/** From a line to a command and what its words mean. */
import type {Command} from './command.js';
import {CommandArguments} from './command-arguments.js';
import {findCommand} from './find-command.js';
import {tokenize} from './tokenizer.js';

export interface ParsedLine {
	readonly command: Command;
	/** For this command's `run`. */
	readonly parsed: unknown;
}

/** `undefined` for a line with nothing on it but blanks and a comment. Throws a `ConsoleSyntaxError`. */
export function parseLine(line: string, nodeCount: number, commands: readonly Command[]): ParsedLine | undefined {
	const [first, ...rest] = tokenize(line);
	if (first === undefined) return undefined;
	const command = findCommand(first.text, commands);
	const words = new CommandArguments(rest, command.usage, nodeCount);
	const parsed = command.parse(words);
	words.end();
	return {command, parsed};
}
