/**
 * A fault as words of a line that people can read and edit, exactly: `loss links.from=nodes links.to=node:2 probability=0.1`.
 * The first word is the type; then each field has a word, those of an object within the fault with a dot. A list is in
 * brackets. Characters that mean something here are written as in a URL (`%2C` for a comma).
 */
import type {Fault} from './faults.js';
import {FaultError} from './fault-error.js';

type Data = string | number | boolean | readonly Data[] | {readonly [field: string]: Data};

export function wordsOfFault({type, ...fields}: Fault): readonly string[] {
	return [type, ...wordsOfFields(fields as {readonly [field: string]: Data}, '')];
}

/** Throws a `FaultError` for words that are no fields. Whether the fields make a fault is for `checkFault` to say. */
export function faultOfWords([type, ...words]: readonly string[]): unknown {
	const fault: Record<string, unknown> = {type};
	for (const word of words) {
		const place = word.indexOf('=');
		if (place <= 0) throw new FaultError('a field of the fault', 'FIELD=VALUE', word);
		putField(fault, word.slice(0, place), word.slice(place + 1));
	}
	return fault;
}

function wordsOfFields(fields: {readonly [field: string]: Data}, prefix: string): readonly string[] {
	return Object.entries(fields).flatMap(([field, value]) =>
		typeof value === 'object' && !Array.isArray(value)
			? wordsOfFields(value as {readonly [field: string]: Data}, `${prefix}${field}.`)
			: [`${prefix}${field}=${textOf(value)}`],
	);
}

function textOf(value: Data): string {
	if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
	return typeof value === 'string' ? encodeURIComponent(value).replaceAll('%3A', ':') : JSON.stringify(value);
}

function putField(fault: Record<string, unknown>, path: string, text: string): void {
	const names = path.split('.');
	const last = names.pop() ?? '';
	let object = fault;
	for (const name of names) object = objectIn(object, name, path);
	if (Object.hasOwn(object, last)) throw new FaultError(path, 'given once', text);
	// Defined, not set: a field may have the name of something that every object has.
	Object.defineProperty(object, last, {
		value: valueOf(path, text),
		enumerable: true,
		writable: true,
		configurable: true,
	});
}

function objectIn(object: Record<string, unknown>, name: string, path: string): Record<string, unknown> {
	const inner = Object.hasOwn(object, name) ? object[name] : {};
	if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
		throw new FaultError(path, `no part of ${name}, which has a value already`, inner);
	}
	Object.defineProperty(object, name, {value: inner, enumerable: true, writable: true, configurable: true});
	return inner as Record<string, unknown>;
}

function valueOf(path: string, text: string): Data {
	const reader = {text, offset: 0};
	const value = readValue(path, reader);
	if (reader.offset < text.length) throw new FaultError(path, 'one value, or a list in brackets', text);
	return value;
}

function readValue(path: string, reader: {readonly text: string; offset: number}): Data {
	if (reader.text[reader.offset] !== '[') return readAtom(path, reader);
	reader.offset++;
	const members: Data[] = [];
	while (reader.text[reader.offset] !== ']') {
		members.push(readValue(path, reader));
		const next = reader.text[reader.offset];
		if (next === ',') reader.offset++;
		else if (next !== ']') throw new FaultError(path, 'a list that ends with a bracket', reader.text);
	}
	reader.offset++;
	return members;
}

function readAtom(path: string, reader: {readonly text: string; offset: number}): Data {
	const [atom = ''] = /^[^[\],]*/.exec(reader.text.slice(reader.offset)) ?? [];
	if (atom === '') throw new FaultError(path, 'a value', reader.text);
	reader.offset += atom.length;
	if (atom === 'true' || atom === 'false') return atom === 'true';
	if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(atom)) return Number(atom);
	try {
		return decodeURIComponent(atom);
	} catch {
		throw new FaultError(path, 'text in which % begins two hexadecimal digits', atom);
	}
}
