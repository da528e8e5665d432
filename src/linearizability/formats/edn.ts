/**
 * A reader of EDN, the notation of Clojure data (github.com/edn-format/edn), as far as histories use it. Clojure's tools print
 * a history as one map after the other, or as one vector of maps.
 */
import {HistoryError} from '../history-error.js';
import {endOfString} from './quoted.js';

export type Edn =
	| {readonly type: 'nil'}
	| {readonly type: 'string'; readonly value: string}
	/** Without its colon. */
	| {readonly type: 'keyword'; readonly name: string}
	/** A number, a symbol, true, false or a character, as it is written; whole numbers in one way. */
	| {readonly type: 'atom'; readonly text: string}
	/** Lists count as vectors: Clojure compares them as equal. */
	| {readonly type: 'vector'; readonly items: readonly Edn[]}
	| {readonly type: 'set'; readonly items: readonly Edn[]}
	| {readonly type: 'map'; readonly entries: ReadonlyMap<string, Edn>};

/** A form and the line that it begins on, from 1. */
export interface EdnForm {
	readonly form: Edn;
	readonly line: number;
}

const blanks = /(?:[\s,\u{feff}]|;[^\n]*)*/uy;
/** `\newline`, `\u0041`, or one of any kind, a bracket too. */
const character = /\\(?:[a-z0-9]+|.)/isuy;
const token = /[^\s,;"()[\]{}]+/uy;
const wholeNumber = /^[+-]?\d+N?$/u;
const closing: Readonly<Record<string, string>> = {'(': ')', '[': ']', '{': '}'};
/** More is no history, and would only use up the stack. */
const depthMax = 100;

/** All forms; of one vector around all of them, its items. Errors: a `HistoryError` with the line. `firstLine`: of the text. */
export function* readEdn(text: string, firstLine = 1): Generator<EdnForm, void, undefined> {
	const reader = new EdnReader(text, firstLine);
	yield* reader.forms();
}

/** One text for each value, the same for equal ones. */
export function printEdn(form: Edn): string {
	switch (form.type) {
		case 'nil':
			return 'nil';
		case 'string':
			return JSON.stringify(form.value);
		case 'keyword':
			return `:${form.name}`;
		case 'atom':
			return form.text;
		case 'vector':
			return `[${form.items.map(printEdn).join(' ')}]`;
		case 'set':
			return `#{${form.items.map(printEdn).sort().join(' ')}}`;
		default:
			return `{${[...form.entries]
				.map(([key, value]) => `${key} ${printEdn(value)}`)
				.sort()
				.join(', ')}}`;
	}
}

class EdnReader {
	readonly #text: string;
	#at = 0;
	#line: number;
	#countedTo = 0;

	constructor(text: string, firstLine: number) {
		this.#text = text;
		this.#line = firstLine;
	}

	*forms(): Generator<EdnForm, void, undefined> {
		this.#skipBlanks();
		const close = closing[this.#peek()];
		const around = close === undefined || close === '}' ? undefined : close;
		if (around !== undefined) this.#at++;
		for (;;) {
			this.#skipBlanks();
			if (this.#at === this.#text.length) {
				if (around !== undefined) throw this.#error(`"${around}", which ends the history`);
				return;
			}
			if (around !== undefined && this.#peek() === around) {
				this.#at++;
				this.#skipBlanks();
				if (this.#at < this.#text.length) throw this.#error('nothing after the end of the history');
				return;
			}
			const line = this.#currentLine();
			yield {form: this.#form(0), line};
		}
	}

	#form(depth: number): Edn {
		if (depth > depthMax) throw this.#error(`at most ${depthMax} levels`);
		this.#skipBlanks(depth);
		const first = this.#peek();
		switch (first) {
			case '"':
				return {type: 'string', value: this.#string()};
			case '(':
			case '[':
				this.#at++;
				return {type: 'vector', items: this.#items(closing[first] as string, depth)};
			case '{':
				this.#at++;
				return this.#map(depth);
			case '#':
				return this.#dispatch(depth);
			case '\\':
				return {type: 'atom', text: this.#match(character, 'a character')[0]};
			default:
				return this.#scalar();
		}
	}

	#items(close: string, depth: number): Edn[] {
		const items: Edn[] = [];
		for (this.#skipBlanks(depth); this.#peek() !== close; this.#skipBlanks(depth)) items.push(this.#form(depth + 1));
		this.#at++;
		return items;
	}

	#map(depth: number): Edn {
		const start = this.#at;
		const items = this.#items('}', depth);
		const entries = new Map<string, Edn>();
		for (let place = 0; place < items.length; place += 2) {
			const value = items[place + 1];
			const key = printEdn(items[place] as Edn);
			if (value === undefined || entries.has(key)) {
				this.#at = start;
				throw this.#error('a map with a value for each key, each once');
			}
			entries.set(key, value);
		}
		return {type: 'map', entries};
	}

	/** Sets, and tagged values: the tag says the class of what follows, and nothing that a history needs. */
	#dispatch(depth: number): Edn {
		this.#at++;
		if (this.#peek() === '{') {
			this.#at++;
			return {type: 'set', items: this.#items('}', depth)};
		}
		// `##Inf` and `##NaN` are values, and no tags of what follows.
		if (this.#peek() === '#') return {type: 'atom', text: `#${this.#match(token, 'a value')[0]}`};
		this.#match(token, 'a tag');
		return this.#form(depth + 1);
	}

	#scalar(): Edn {
		const text = this.#match(token, 'a value')[0];
		if (text === 'nil') return {type: 'nil'};
		if (text.startsWith(':')) return {type: 'keyword', name: text.slice(1)};
		return {type: 'atom', text: wholeNumber.test(text) ? String(BigInt(text.replace(/^\+|N$/gu, ''))) : text};
	}

	/** EDN's string escapes are among those of JSON; a line break or tab may stand in it as it is. */
	#string(): string {
		const start = this.#at;
		const end = endOfString(this.#text, start);
		if (end < 0) throw this.#error('a string with its end');
		this.#at = end;
		const body = this.#text.slice(start + 1, end - 1);
		if (!body.includes('\\')) return body;
		try {
			return JSON.parse(
				`"${body
					.replaceAll('\n', String.raw`\n`)
					.replaceAll('\r', String.raw`\r`)
					.replaceAll('\t', String.raw`\t`)}"`,
			) as string;
		} catch {
			this.#at = start;
			throw this.#error('a string with EDN escapes');
		}
	}

	#peek(): string {
		return this.#text[this.#at] ?? '';
	}

	/** With whatever `#_` says is not there. */
	#skipBlanks(depth = 0): void {
		for (;;) {
			blanks.lastIndex = this.#at;
			blanks.exec(this.#text);
			this.#at = blanks.lastIndex;
			if (!this.#text.startsWith('#_', this.#at)) return;
			this.#at += 2;
			this.#form(depth + 1);
		}
	}

	#match(pattern: RegExp, what: string): RegExpExecArray {
		pattern.lastIndex = this.#at;
		const match = pattern.exec(this.#text);
		if (match === null) throw this.#error(what);
		this.#at = pattern.lastIndex;
		return match;
	}

	#currentLine(): number {
		for (; this.#countedTo < this.#at; this.#countedTo++) {
			if (this.#text.charCodeAt(this.#countedTo) === 10) this.#line++;
		}
		return this.#line;
	}

	#error(expected: string): HistoryError {
		const rest = /[^\n]*/u.exec(this.#text.slice(this.#at, this.#at + 200))?.[0] ?? '';
		return new HistoryError(expected, rest === '' ? 'the end' : rest, this.#currentLine());
	}
}
