/** Plain data, as CBOR carries it: what it takes in bytes, and a digest of it. */
import {unreachable} from './errors.js';
import {hexOf, Lanes} from './lanes.js';

const headBytes = 9;

/** About what a value takes as CBOR; never less. The same for equal values. */
export function bytesOfPlain(value: unknown): number {
	if (typeof value === 'string') return headBytes + value.length * 3;
	if (value instanceof Uint8Array) return headBytes + value.length;
	if (Array.isArray(value)) {
		let bytes = headBytes;
		for (const part of value as readonly unknown[]) bytes += bytesOfPlain(part);
		return bytes;
	}
	if (typeof value !== 'object' || value === null) return headBytes;
	let bytes = headBytes;
	for (const [name, part] of Object.entries(value)) bytes += bytesOfPlain(name) + bytesOfPlain(part);
	return bytes;
}

/** What keeps a value from being plain data, such as "a Map"; `undefined` where nothing does. A field may be `undefined`. */
export function unplainPartOf(value: unknown): string | undefined {
	if (value === null || value instanceof Uint8Array) return undefined;
	if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
	if (typeof value !== 'object') return undefined;
	if (Array.isArray(value)) return firstUnplain(value as readonly unknown[]);
	const prototype: unknown = Object.getPrototypeOf(value);
	if (prototype === null || prototype === Object.prototype) return firstUnplain(Object.values(value));
	return `a ${value.constructor.name}`;
}

function firstUnplain(parts: readonly unknown[]): string | undefined {
	for (const part of parts) {
		const unplain = unplainPartOf(part);
		if (unplain !== undefined) return unplain;
	}
	return undefined;
}

type Kind = 'text' | 'bytes' | 'list' | 'record' | 'number' | 'bigint' | 'other';
const kinds: readonly Kind[] = ['text', 'bytes', 'list', 'record', 'number', 'bigint', 'other'];

function kindOf(value: unknown): Kind {
	if (typeof value === 'string') return 'text';
	if (value instanceof Uint8Array) return 'bytes';
	if (Array.isArray(value)) return 'list';
	if (typeof value === 'object' && value !== null) return 'record';
	return typeof value === 'number' ? 'number' : typeof value === 'bigint' ? 'bigint' : 'other';
}

/** Adds a value to a digest: equal for equal values. The fields of a record count in the order of their names. */
export function digestPlain(lanes: Lanes, value: unknown): void {
	const kind = kindOf(value);
	lanes.byte(kinds.indexOf(kind));
	switch (kind) {
		case 'text':
			return lanes.text(value as string);
		case 'bytes':
			return lanes.bytes(value as Uint8Array);
		case 'list': {
			const list = value as readonly unknown[];
			lanes.number(list.length);
			for (const part of list) digestPlain(lanes, part);
			return;
		}
		case 'record': {
			const fields = Object.entries(value as object).sort(([one], [other]) => (one < other ? -1 : 1));
			lanes.number(fields.length);
			for (const [name, part] of fields) {
				lanes.text(name);
				digestPlain(lanes, part);
			}
			return;
		}
		case 'number':
		case 'bigint':
		case 'other':
			// As text: fractions, negative numbers and -0 each have one of their own.
			return lanes.text(Object.is(value, -0) ? '-0' : String(value));
		default:
			return unreachable(kind);
	}
}

/** A value of its own: lists, records and byte arrays are copied. */
export function copyOfPlain(value: unknown): unknown {
	if (value instanceof Uint8Array) return new Uint8Array(value);
	if (Array.isArray(value)) return (value as readonly unknown[]).map(part => copyOfPlain(part));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyOfPlain(part)]));
}

/** Equal for equal values, and for others as good as never. */
export function hashOfPlain(value: unknown): string {
	const lanes = new Lanes(11);
	digestPlain(lanes, value);
	return hexOf(lanes.first) + hexOf(lanes.second);
}

/** For people, in so many characters at most. */
export function textOfPlain(value: unknown, lengthMax = 200): string {
	const text = JSON.stringify(value, writable) ?? String(value);
	return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}..`;
}

/** What JSON does not know, as text. */
function writable(_: string, value: unknown): unknown {
	if (typeof value === 'bigint') return `${value}n`;
	if (!(value instanceof Uint8Array)) return value;
	return `bytes ${Array.from(value.subarray(0, 16), byte => byte.toString(16).padStart(2, '0')).join('')}`;
}
