/** Arguments as COMMAND DOCS tells them, out of the notation of `syntax`. */
import {assert} from '../../../src/base/errors.js';
import type {ReplyWriter} from '../reply-writer.js';

export interface Argument {
	readonly name: string;
	readonly type: string;
	/** The word in front of it; of a `pure-token` the word itself. */
	readonly token?: string;
	readonly flags: readonly ('optional' | 'multiple' | 'multiple_token')[];
	/** Of a `block` or a `oneof`. */
	readonly parts?: readonly Argument[];
}

/**
 * `name` a value, `NAME` a word that is written so, `NAME name` a value behind its word, `a|b` one of both, `[a]` one that may be left
 * out, `a [a ...]` one or more. A choice reaches from one bracket or end to the next, where a word of `[a|b]` ends it as well.
 */
export function argumentsOf(notation: string): readonly Argument[] {
	const reader = new Reader(notation.match(/\[|\]|\||\.\.\.|[^\s[\]|]+/g) ?? []);
	const parts = reader.sequence();
	assert(reader.isAtEnd, 'brackets of a syntax are in pairs');
	return parts;
}

const isWord = (text: string | undefined): text is string =>
	text !== undefined && text !== '[' && text !== ']' && text !== '|' && text !== '...';
const isToken = (text: string | undefined): text is string => isWord(text) && /^[A-Z][A-Z-]*$/.test(text);
const isName = (text: string | undefined): text is string => isWord(text) && !isToken(text);

const types: Readonly<Record<string, string>> = {
	...Object.fromEntries(
		['key', 'key1', 'key2', 'destkey', 'newkey', 'source', 'destination'].map(name => [name, 'key']),
	),
	...Object.fromEntries(
		['seconds', 'milliseconds', 'start', 'end', 'decrement', 'offset', 'bit', 'cursor', 'count'].map(name => [
			name,
			'integer',
		]),
	),
	...Object.fromEntries(
		['destination-db', 'numreplicas', 'timeout', 'index', 'protover', 'numkeys', 'client-id'].map(name => [
			name,
			'integer',
		]),
	),
	'unix-time-seconds': 'unix-time',
	'unix-time-milliseconds': 'unix-time',
	pattern: 'pattern',
};

const blockOf = (parts: readonly Argument[], type: 'block' | 'oneof' = 'block'): Argument => {
	const [first] = parts;
	assert(first !== undefined, 'a syntax has no empty brackets');
	return parts.length === 1 ? first : {name: first.name, type, flags: [], parts};
};

class Reader {
	readonly #words: readonly string[];
	#at = 0;

	constructor(words: readonly string[]) {
		this.#words = words;
	}

	get isAtEnd(): boolean {
		return this.#at === this.#words.length;
	}

	#peek(ahead = 0): string | undefined {
		return this.#words[this.#at + ahead];
	}

	#take(expected: string): boolean {
		const isNext = this.#peek() === expected;
		if (isNext) this.#at += 1;
		return isNext;
	}

	/** Up to a closing bracket, a bar that is not of its parts, or the end. */
	sequence(): readonly Argument[] {
		const parts: Argument[] = [];
		const begin = this.#at;
		while (!this.isAtEnd && this.#peek() !== ']' && this.#peek() !== '...') {
			if (this.#isRepetition(begin)) {
				this.#skipBrackets();
				return [{...blockOf(parts), flags: [...blockOf(parts).flags, 'multiple']}];
			}
			parts.push(this.#choice());
		}
		return parts;
	}

	/** `[` and then again all the words since `begin`, and dots. */
	#isRepetition(begin: number): boolean {
		const length = this.#at - begin;
		if (length === 0 || this.#peek() !== '[' || this.#peek(length + 1) !== '...') return false;
		return this.#words.slice(begin, this.#at).every((word, place) => word === this.#peek(place + 1));
	}

	#skipBrackets(): void {
		let depth = 0;
		do {
			if (this.#peek() === '[') depth += 1;
			if (this.#peek() === ']') depth -= 1;
			this.#at += 1;
		} while (depth > 0);
	}

	#choice(): Argument {
		const first = this.#alternative();
		if (this.#peek() !== '|') return first;
		const parts = [first];
		while (this.#take('|')) parts.push(this.#alternative());
		return blockOf(parts, 'oneof');
	}

	/** Where bars follow, a word with all the names behind it. */
	#alternative(): Argument {
		if (this.#take('[')) {
			const inner = this.sequence();
			assert(this.#take(']'), 'brackets of a syntax are in pairs');
			const block = blockOf(inner);
			return {...block, flags: ['optional', ...block.flags]};
		}
		const word = this.#peek();
		assert(isWord(word), 'a syntax has words in its places');
		this.#at += 1;
		return isToken(word) ? this.#behind(word) : this.#repeated({name: word, type: types[word] ?? 'string', flags: []});
	}

	#behind(token: string): Argument {
		const name = this.#peek();
		if (!isName(name)) return {name: token.toLowerCase(), type: 'pure-token', token, flags: []};
		this.#at += 1;
		const value = {name, type: types[name] ?? 'string', token, flags: []} as const;
		return this.#repeated(value);
	}

	/** `name [name ...]`, where others stand before it, and `NAME name [name ...]` or `NAME name [NAME name ...]`. */
	#repeated(argument: Argument): Argument {
		const {name, token} = argument;
		if (this.#peek() !== '[') return argument;
		if (this.#peek(1) === name && this.#peek(2) === '...') {
			this.#skipBrackets();
			return {...argument, flags: ['multiple']};
		}
		if (token === undefined || this.#peek(1) !== token || this.#peek(2) !== name || this.#peek(3) !== '...')
			return argument;
		this.#skipBrackets();
		return {...argument, flags: ['multiple', 'multiple_token']};
	}
}

export function writeArguments(out: ReplyWriter, all: readonly Argument[]): void {
	out.array(all.length);
	for (const {name, type, token, flags, parts} of all) {
		out.map(2 + (token === undefined ? 0 : 1) + (flags.length === 0 ? 0 : 1) + (parts === undefined ? 0 : 1));
		out.bulk('name');
		out.bulk(name);
		out.bulk('type');
		out.bulk(type);
		if (token !== undefined) {
			out.bulk('token');
			out.bulk(token);
		}
		if (flags.length > 0) {
			out.bulk('flags');
			out.set(flags.length);
			for (const flag of flags) out.status(flag);
		}
		if (parts === undefined) continue;
		out.bulk('arguments');
		writeArguments(out, parts);
	}
}
