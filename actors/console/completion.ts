/** What Tab offers. Keys are not offered: the console would have to ask the cluster for them. */
import {GRAMMAR} from './grammar.js';

/** In the form of a completer of `node:readline`: what fits, and the part of the line that it would replace. */
export function complete(line: string, nodeCount: number): [string[], string] {
	const word = /[^\s,|]*$/.exec(line)?.[0] ?? '';
	const before = line.slice(0, line.length - word.length);
	const candidates = candidatesAfter(before.trim().split(/\s+/), nodeCount);
	return [candidates.filter(each => each.startsWith(word)), word];
}

function candidatesAfter(words: readonly string[], nodeCount: number): readonly string[] {
	const [name = '', ...rest] = words;
	if (name === '') return GRAMMAR.map(syntax => `${syntax.name} `);
	const syntax = GRAMMAR.find(each => each.name === name.toLowerCase());
	// Only a partition takes more than one word that can be offered.
	if (syntax === undefined || (rest.length > 0 && syntax.name !== 'partition')) return [];
	if (syntax.completions === 'commands') return GRAMMAR.map(each => each.name);
	if (syntax.completions !== 'nodes') return syntax.completions;
	const numbers = Array.from({length: nodeCount}, (_, node) => String(node));
	if (syntax.name === 'partition') return numbers;
	return [...numbers, 'leader', ...(syntax.name === 'restart' ? ['all'] : [])];
}
