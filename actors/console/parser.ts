/** From a line to a {@link ConsoleCommand}. */
import type {ConsoleCommand} from './command.js';
import {CommandArguments} from './command-arguments.js';
import {nearestName} from '../nearest-name.js';
import {ConsoleSyntaxError} from './errors.js';
import {ALIASES, GRAMMAR, type CommandSyntax} from './grammar.js';
import {tokenize} from './tokenizer.js';

/** `undefined` for a line with nothing on it but blanks and a comment. Throws a {@link ConsoleSyntaxError}. */
export function parseLine(line: string, nodeCount: number): ConsoleCommand | undefined {
	const [first, ...rest] = tokenize(line);
	if (first === undefined) return undefined;
	const syntax = syntaxOf(first.text);
	const words = new CommandArguments(rest, syntax.usage, nodeCount);
	const command = syntax.parse(words);
	words.end();
	return command;
}

/** Throws a {@link ConsoleSyntaxError} that names the nearest command. */
export function syntaxOf(name: string): CommandSyntax {
	const wanted = name.toLowerCase();
	const syntax = GRAMMAR.find(each => each.name === (ALIASES[wanted] ?? wanted));
	if (syntax !== undefined) return syntax;
	const nearest = nearestName(
		wanted,
		GRAMMAR.map(each => each.name),
	);
	const remedy = nearest === undefined ? 'see "help"' : `did you mean "${nearest}"?`;
	throw new ConsoleSyntaxError(`there is no command "${name}": ${remedy}`);
}
