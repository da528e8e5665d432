/** The library `cjson`: JSON of what tables hold, with the words of lua-cjson 2.1 for what is none. */
import {type Given, libraryOf} from '../../lua/library.js';
import {parseNumber, textOfNumber} from '../../lua/numbers.js';
import {type Runtime, textOf} from '../../lua/runtime.js';
import {LuaHandle, LuaTable, type LuaValue, typeName} from '../../lua/values.js';
import {utf8Of} from './bytes.js';

/** Stands for JSON's null: nil in a table would be no element at all. */
const jsonNull = new LuaHandle('(nil)');

/** Lua's own limit of lua-cjson is 1000: what is deeper needs a stack of unknown size. */
const depthMax = 1000;
/** A list may lack so many of its elements, or be shorter than this. */
const sparseRatioMax = 2;
const sparseLengthSafe = 10;

const escapes: Readonly<Record<string, string>> = {
	'"': '\\"',
	'\\': '\\\\',
	'/': '\\/',
	'\b': '\\b',
	'\t': '\\t',
	'\n': '\\n',
	'\f': '\\f',
	'\r': '\\r',
};

function quoted(text: string): string {
	const escaped = text.replaceAll(/[^ !#-.0-[\]-~\u0080-\u00ff]/g, found => {
		const code = found.charCodeAt(0);
		return escapes[found] ?? `\\u${code.toString(16).padStart(4, '0')}`;
	});
	return `"${escaped}"`;
}

class JsonWriter {
	readonly #runtime: Runtime;

	constructor(runtime: Runtime) {
		this.#runtime = runtime;
	}

	write(value: LuaValue, depth = 0): string {
		if (value === undefined || value === jsonNull) return 'null';
		if (typeof value === 'boolean') return String(value);
		if (typeof value === 'number') return this.#number(value);
		if (typeof value === 'string') return this.#runtime.text(quoted(value));
		if (!(value instanceof LuaTable)) throw this.#failure(typeName(value), 'type not supported');
		if (depth === depthMax) throw this.#runtime.error(`Cannot serialise, excessive nesting (${depthMax + 1})`);
		const length = this.#listLength(value);
		return length < 0 ? this.#object(value, depth) : this.#list(value, length, depth);
	}

	#failure(what: string, why: string): Error {
		return this.#runtime.error(`Cannot serialise ${what}: ${why}`);
	}

	#number(value: number): string {
		if (!Number.isFinite(value)) throw this.#failure('number', 'must not be NaN or Inf');
		return this.#runtime.text(textOfNumber(value));
	}

	/** The largest key, where all keys are whole numbers from 1 on; -1: it is an object. */
	#listLength(table: LuaTable): number {
		let length = 0;
		let count = 0;
		for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
			this.#runtime.meter.step();
			const [key] = entry;
			if (typeof key !== 'number' || !Number.isInteger(key) || key < 1) return -1;
			length = Math.max(length, key);
			count += 1;
		}
		if (length > count * sparseRatioMax && length > sparseLengthSafe)
			throw this.#failure('table', 'excessively sparse array');
		return count === 0 ? -1 : length;
	}

	#list(table: LuaTable, length: number, depth: number): string {
		const items: string[] = [];
		for (let position = 1; position <= length; position += 1) items.push(this.write(table.get(position), depth + 1));
		return this.#runtime.text(`[${items.join(',')}]`);
	}

	#object(table: LuaTable, depth: number): string {
		const members: string[] = [];
		for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
			const [key, value] = entry;
			if (typeof key !== 'string' && typeof key !== 'number')
				throw this.#failure(typeName(key), 'table key must be a number or string');
			const name = typeof key === 'number' ? `"${this.#number(key)}"` : quoted(key);
			members.push(`${name}:${this.write(value, depth + 1)}`);
		}
		return this.#runtime.text(`{${members.join(',')}}`);
	}
}

type Token =
	| {
			readonly type: 'T_OBJ_BEGIN' | 'T_OBJ_END' | 'T_ARR_BEGIN' | 'T_ARR_END' | 'T_COMMA' | 'T_COLON' | 'T_END';
			readonly at: number;
	  }
	| {readonly type: 'T_STRING' | 'T_NUMBER' | 'T_BOOLEAN' | 'T_NULL'; readonly at: number; readonly value: LuaValue}
	| {readonly type: 'T_ERROR'; readonly at: number; readonly reason: string};

const signs = {
	'{': 'T_OBJ_BEGIN',
	'}': 'T_OBJ_END',
	'[': 'T_ARR_BEGIN',
	']': 'T_ARR_END',
	',': 'T_COMMA',
	':': 'T_COLON',
} as const;

const blanks = /[ \t\n\r]*/y;
const numberText = /[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/iy;
const wordText = /true|false|null/y;
const escapeLetters: Readonly<Record<string, string>> = {
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
	'"': '"',
	'\\': '\\',
	'/': '/',
};

class JsonReader {
	readonly #text: string;
	readonly #runtime: Runtime;
	#at = 0;

	constructor(text: string, runtime: Runtime) {
		this.#text = text;
		this.#runtime = runtime;
	}

	read(): LuaValue {
		const value = this.#value(this.#next(), 0);
		const token = this.#next();
		if (token.type !== 'T_END') throw this.#unexpected('the end', token);
		return value;
	}

	#unexpected(expected: string, token: Token): Error {
		const found = token.type === 'T_ERROR' ? token.reason : token.type;
		return this.#runtime.error(`Expected ${expected} but found ${found} at character ${token.at + 1}`);
	}

	#value(token: Token, depth: number): LuaValue {
		this.#runtime.meter.step();
		switch (token.type) {
			case 'T_STRING':
			case 'T_NUMBER':
			case 'T_BOOLEAN':
			case 'T_NULL':
				return token.value;
			case 'T_OBJ_BEGIN':
				return this.#object(this.#deeper(depth));
			case 'T_ARR_BEGIN':
				return this.#list(this.#deeper(depth));
			default:
				throw this.#unexpected('value', token);
		}
	}

	#deeper(depth: number): number {
		if (depth < depthMax) return depth + 1;
		throw this.#runtime.error(`Found too many nested data structures (${depthMax + 1}) at character ${this.#at}`);
	}

	#object(depth: number): LuaValue {
		const table = this.#runtime.newTable();
		let token = this.#next();
		if (token.type === 'T_OBJ_END') return table;
		for (;;) {
			if (token.type !== 'T_STRING') throw this.#unexpected('object key string', token);
			const colon = this.#next();
			if (colon.type !== 'T_COLON') throw this.#unexpected('colon', colon);
			this.#runtime.setRaw(table, token.value, this.#value(this.#next(), depth));
			const after = this.#next();
			if (after.type === 'T_OBJ_END') return table;
			if (after.type !== 'T_COMMA') throw this.#unexpected('comma or object end', after);
			token = this.#next();
		}
	}

	#list(depth: number): LuaValue {
		const table = this.#runtime.newTable();
		let token = this.#next();
		if (token.type === 'T_ARR_END') return table;
		for (let position = 1; ; position += 1) {
			this.#runtime.setRaw(table, position, this.#value(token, depth));
			const after = this.#next();
			if (after.type === 'T_ARR_END') return table;
			if (after.type !== 'T_COMMA') throw this.#unexpected('comma or array end', after);
			token = this.#next();
		}
	}

	#next(): Token {
		this.#take(blanks);
		const at = this.#at;
		const letter = this.#text[at];
		if (letter === undefined) return {type: 'T_END', at};
		if (letter in signs) {
			this.#at += 1;
			return {type: signs[letter as keyof typeof signs], at};
		}
		if (letter === '"') return this.#string(at);
		const word = this.#take(wordText);
		if (word !== undefined)
			return word === 'null' ? {type: 'T_NULL', at, value: jsonNull} : {type: 'T_BOOLEAN', at, value: word === 'true'};
		const number = this.#take(numberText);
		if (number !== undefined) return {type: 'T_NUMBER', at, value: parseNumber(number)};
		return {type: 'T_ERROR', at, reason: 'invalid token'};
	}

	#take(pattern: RegExp): string | undefined {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text)?.[0];
		if (found !== undefined) this.#at += found.length;
		return found;
	}

	#string(at: number): Token {
		const pieces: string[] = [];
		this.#at += 1;
		for (;;) {
			const letter = this.#text[this.#at];
			if (letter === undefined) return {type: 'T_ERROR', at: this.#at, reason: 'unexpected end of string'};
			if (letter === '"') break;
			const piece = letter === '\\' ? this.#escape() : this.#take(/[^"\\]+/y);
			if (piece === undefined) return {type: 'T_ERROR', at: this.#at, reason: 'invalid escape code'};
			pieces.push(piece);
		}
		this.#at += 1;
		return {type: 'T_STRING', at, value: this.#runtime.text(pieces.join(''))};
	}

	#escape(): string | undefined {
		const letter = this.#text[this.#at + 1] ?? '';
		if (letter !== 'u') {
			const meant = escapeLetters[letter];
			if (meant !== undefined) this.#at += 2;
			return meant;
		}
		const escaped = this.#take(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}/y);
		if (escaped === undefined) return undefined;
		const high = Number.parseInt(escaped.slice(2, 6), 16);
		if (escaped.length === 6) return utf8Of(high);
		return utf8Of(0x10000 + ((high & 0x3ff) << 10) + (Number.parseInt(escaped.slice(8), 16) & 0x3ff));
	}
}

function onlyArgument(given: Given): LuaValue {
	if (given.count !== 1) throw given.wrong(1, 'expected 1 argument');
	return given.at(1);
}

export function addJsonLibrary(runtime: Runtime): void {
	const library = libraryOf(runtime, {
		encode: given => new JsonWriter(runtime).write(onlyArgument(given)),
		decode(given) {
			const text = textOf(onlyArgument(given));
			if (text === undefined) return given.text(1);
			runtime.meter.allocate(text.length);
			return new JsonReader(text, runtime).read();
		},
	});
	library.set('null', jsonNull);
	library.set('_NAME', 'cjson');
	library.set('_VERSION', '2.1.0');
	runtime.globals.set('cjson', library);
}
