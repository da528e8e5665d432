/** What Tab offers. */
import type {Command} from './command.js';
import {settingDefinitions} from './settings.js';
import type {OfferKind, Offers} from './offers.js';

/** In the form of a completer of `node:readline`: what fits, and the part of the line that it would replace. */
export function complete(line: string, nodeCount: number, commands: readonly Command[]): [string[], string] {
	const word = /[^\s,|]*$/.exec(line)?.[0] ?? '';
	const [name = '', ...before] = line
		.slice(0, line.length - word.length)
		.trim()
		.split(/\s+/);
	const names = commands.map(each => each.name);
	if (name === '') return [names.filter(each => each.startsWith(word)).map(each => `${each} `), word];
	const command = commands.find(each => each.name === name.toLowerCase());
	if (command === undefined) return [[], word];
	const {kinds, words} = offersAt(before, command);
	const named: Readonly<Record<OfferKind, readonly string[]>> = {
		node: Array.from({length: nodeCount}, (_, node) => String(node)),
		command: names,
		setting: settingDefinitions.map(each => each.name),
	};
	const candidates = [...kinds.flatMap(kind => named[kind]), ...words];
	return [candidates.filter(each => each.startsWith(word)), word];
}

function offersAt(before: readonly string[], {completions}: Command): Offers {
	if (typeof completions === 'function') return completions(before);
	return completions[before.length] ?? {kinds: [], words: []};
}
