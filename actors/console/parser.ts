/** From a line to a {@link Command}. */
import type {Command} from './command.js';
import {CommandArguments} from './command-arguments.js';
import {ConsoleSyntaxError} from './errors.js';
import {GRAMMAR, type CommandSyntax} from './grammar.js';
import {tokenize} from './tokenizer.js';

/** `undefined` for a line with nothing on it but blanks and a comment. Throws a {@link ConsoleSyntaxError}. */
export function parseLine(line: string, nodeCount: number): Command | undefined {
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
	const syntax = GRAMMAR.find(each => each.name === name.toLowerCase());
	if (syntax !== undefined) return syntax;
	const nearest = nearestName(name.toLowerCase());
	const remedy = nearest === undefined ? 'see "help"' : `did you mean "${nearest}"?`;
	throw new ConsoleSyntaxError(`there is no command "${name}": ${remedy}`);
}

/** What was begun, or else what is at most two mistyped letters away. */
function nearestName(name: string): string | undefined {
	const names = GRAMMAR.map(syntax => syntax.name);
	const begun = names.find(each => each.startsWith(name));
	if (begun !== undefined) return begun;
	const ranked = names.map(each => ({each, distance: editDistance(name, each)}));
	const [best] = ranked.sort((one, other) => one.distance - other.distance);
	return best !== undefined && best.distance <= Math.min(2, best.each.length - 2) ? best.each : undefined;
}

/** Levenshtein's: letters to put in, take out or change. */
function editDistance(source: string, target: string): number {
	let previous = Array.from({length: target.length + 1}, (_, column) => column);
	for (let row = 1; row <= source.length; row++) {
		const current = [row];
		for (let column = 1; column <= target.length; column++) {
			const change = (previous[column - 1] ?? 0) + (source[row - 1] === target[column - 1] ? 0 : 1);
			current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
		}
		previous = current;
	}
	return previous[target.length] ?? 0;
}
