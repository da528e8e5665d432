/** What Tab offers. */
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import type {Command} from './command.js';
import type {ConsoleTarget} from './console-target.js';
import {topics} from './help-text.js';
import {type OfferKind, offerNothing, type Offers} from './offers.js';
import {settingDefinitions} from './settings.js';
import {tokenize} from './tokenizer.js';
import {valueText} from './value-text.js';
import {within} from './within.js';

/** A person who has pressed Tab waits no longer, ms. */
const withinMs = 300;
/** Keys or files. */
const namesMax = 100;

/** In the form of a completer of `node:readline`: what fits, and the part of the line that it would replace. Never rejects. */
export async function complete(
	line: string,
	target: ConsoleTarget,
	commands: readonly Command[],
): Promise<[string[], string]> {
	const start = lastWordOffset(line);
	const before = wordsOf(line.slice(0, start));
	const [name, ...rest] = before;
	const word = line.slice(start);
	if (name === undefined) return [commands.map(each => `${each.name} `).filter(each => each.startsWith(word)), word];
	const command = commands.find(each => each.name === name.toLowerCase());
	const {kinds, words} = command === undefined ? offerNothing : offersAt(rest, command);
	// The nodes of a group stand without blanks between them: 0,1|2.
	const part = kinds.includes('node') ? (/[^,|]*$/.exec(word)?.[0] ?? '') : word;
	const named = await Promise.all(kinds.map(kind => namesOf(kind, part, target, commands)));
	// What has blanks is in quotes, and is offered also where its beginning was typed without.
	const fits = (each: string): boolean => each.startsWith(part) || each.startsWith(`"${part}`);
	return [[...named.flat(), ...words].filter(fits), part];
}

function offersAt(before: readonly string[], {completions}: Command): Offers {
	return typeof completions === 'function' ? completions(before) : (completions[before.length] ?? offerNothing);
}

/** What may stand first behind the name of a command, as far as it does not change while the console runs. */
export function firstWordsOf(command: Command, nodeCount: number, commands: readonly Command[]): readonly string[] {
	const {kinds, words} = offersAt([], command);
	return [...kinds.flatMap(kind => fixedNamesOf(kind, nodeCount, commands) ?? []), ...words];
}

async function namesOf(
	kind: OfferKind,
	word: string,
	target: ConsoleTarget,
	commands: readonly Command[],
): Promise<readonly string[]> {
	if (kind === 'key') return inTime(signal => keysLike(word, target, signal));
	if (kind === 'file') return inTime(() => filesLike(word));
	return fixedNamesOf(kind, target.nodeCount, commands) ?? [];
}

/** `undefined` for what has to be asked for. */
function fixedNamesOf(kind: OfferKind, nodeCount: number, commands: readonly Command[]): readonly string[] | undefined {
	switch (kind) {
		case 'node':
			return Array.from({length: nodeCount}, (_, node) => String(node));
		case 'command':
			return commands.map(({name}) => name);
		case 'topic':
			return topics;
		case 'setting':
			return settingDefinitions.map(({name}) => name);
		case 'key':
		case 'file':
			return undefined;
		default:
			return kind satisfies never;
	}
}

/** Nothing where it fails or takes too long. */
async function inTime(find: (signal: AbortSignal) => Promise<readonly string[]>): Promise<readonly string[]> {
	try {
		return (await within(withinMs, find)) ?? [];
	} catch {
		return [];
	}
}

async function keysLike(word: string, target: ConsoleTarget, signal: AbortSignal): Promise<readonly string[]> {
	const prefix = bytesOf(word);
	return prefix === undefined ? [] : (await target.keys(prefix, namesMax, signal)).map(valueText);
}

/** A folder ends with a slash. */
async function filesLike(word: string): Promise<readonly string[]> {
	const bytes = bytesOf(word);
	if (bytes === undefined) return [];
	const text = Buffer.from(bytes).toString();
	const folder = text.slice(0, text.lastIndexOf('/') + 1);
	const begun = text.slice(folder.length);
	const entries = await readdir(folder === '' ? '.' : path.resolve(folder), {withFileTypes: true});
	return entries
		.filter(({name}) => name.startsWith(begun) && (begun !== '' || !name.startsWith('.')))
		.slice(0, namesMax)
		.map(entry => valueText(Buffer.from(`${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)));
}

/** What a word means that is perhaps not yet typed to its end; `undefined` where it ends in the middle of an escape. */
function bytesOf(word: string): Uint8Array | undefined {
	for (const ending of ['', '"']) {
		try {
			return tokenize(word + ending)[0]?.bytes ?? new Uint8Array();
		} catch {
			// The quote is open.
		}
	}
	return undefined;
}

function wordsOf(text: string): readonly string[] {
	try {
		return tokenize(text).map(word => word.text);
	} catch {
		return [];
	}
}

/** Where the word begins at which the line ends, by the rules of the tokenizer. */
function lastWordOffset(line: string): number {
	let start = 0;
	let isQuoted = false;
	for (let offset = 0; offset < line.length; offset++) {
		const character = line[offset] ?? '';
		if (character === '\\') offset++;
		else if (character === '"') isQuoted = !isQuoted;
		else if (!isQuoted && /\s/.test(character)) start = offset + 1;
	}
	return start;
}
