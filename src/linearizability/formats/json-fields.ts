/** One line of JSON as named fields, each read once with its type; a name that nobody knows is a mistake, not a remark. */
import {HistoryError} from '../history-error.js';
import {endOfString} from './quoted.js';

/** What follows a string that is a field's name. */
const colon = /\s*:/uy;
/** More than any line that can be read has; the values of an object are looked at one within the other. */
const depthMax = 10;

export class JsonFields {
	readonly text: string;
	readonly #line: number;
	readonly #fields: Readonly<Record<string, unknown>>;

	/** Throws a `HistoryError` unless the line is one JSON object. `value`: what the text says, where that is known. */
	constructor(text: string, line: number, value: unknown = parse(text)) {
		this.text = text;
		this.#line = line;
		if (!isObject(value)) throw this.error('a JSON object', text);
		this.#fields = value;
	}

	/** Throws where a name stands twice in one object: `JSON.parse` keeps the last of the values, and others the first. */
	assertDistinct(): void {
		let written = 0;
		for (let start = this.text.indexOf('"'); start >= 0;) {
			const end = endOfString(this.text, start);
			colon.lastIndex = end;
			if (colon.test(this.text)) written++;
			start = this.text.indexOf('"', end);
		}
		if (written !== this.#countNames(this.#fields, 0)) throw this.error('each field once', this.text);
	}

	/** Of all objects in the value. */
	#countNames(value: unknown, depth: number): number {
		if (typeof value !== 'object' || value === null) return 0;
		if (depth > depthMax) throw this.error(`at most ${depthMax} levels`, this.text);
		const own = Array.isArray(value) ? 0 : Object.keys(value).length;
		return Object.values(value).reduce((sum: number, each: unknown) => sum + this.#countNames(each, depth + 1), own);
	}

	has(name: string): boolean {
		return name in this.#fields;
	}

	/** `undefined`: not there. */
	get(name: string): unknown {
		return this.#fields[name];
	}

	/** Throws unless all names are among these: a field that is spelt wrongly must not be taken for one that is left out. */
	allowOnly(names: ReadonlySet<string>): void {
		for (const name of Object.keys(this.#fields)) {
			if (!names.has(name))
				throw this.error(`only fields that this line can have (${[...names].join(', ')})`, `"${name}"`);
		}
	}

	string(name: string, missing?: string): string {
		const value = name in this.#fields ? this.#fields[name] : missing;
		if (typeof value !== 'string') throw this.error(`"${name}": a string`, show(value));
		return value;
	}

	/** `undefined`: absent, written as null or left out. */
	optionalString(name: string): string | undefined {
		const value = this.#fields[name] ?? undefined;
		if (value !== undefined && typeof value !== 'string') throw this.error(`"${name}": a string or null`, show(value));
		return value;
	}

	optionalBoolean(name: string): boolean | undefined {
		const value = this.#fields[name];
		if (value !== undefined && typeof value !== 'boolean') throw this.error(`"${name}": true or false`, show(value));
		return value;
	}

	/** A whole number from 0. */
	optionalCount(name: string): number | undefined {
		const value = this.#fields[name];
		if (value === undefined) return undefined;
		if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
		throw this.error(`"${name}": a whole number from 0`, show(value));
	}

	/** A whole number: as text of decimal digits, or as a number that JSON tells exactly. `undefined`: left out. */
	optionalInteger(name: string): bigint | undefined {
		const value = this.#fields[name];
		if (value === undefined) return undefined;
		if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
		if (typeof value === 'string' && /^(?:0|-?[1-9][0-9]*)$/u.test(value)) return BigInt(value);
		throw this.error(`"${name}": a whole number, as text beyond 2^53`, show(value));
	}

	strings(name: string): readonly string[] {
		const value = this.#fields[name];
		if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value;
		throw this.error(`"${name}": a list of strings`, show(value));
	}

	/** A list of objects, each to be read as a line of its own. */
	list(name: string): JsonFields[] {
		const value = this.#fields[name];
		if (!Array.isArray(value)) throw this.error(`"${name}": a list`, show(value));
		return value.map((each: unknown) => new JsonFields(show(each), this.#line, each));
	}

	error(expected: string, found: string): HistoryError {
		return new HistoryError(expected, found, this.#line);
	}
}

/** `undefined` where it is no JSON: the same complaint as for JSON that is no object. */
function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function show(value: unknown): string {
	return value === undefined ? 'none' : JSON.stringify(value);
}
