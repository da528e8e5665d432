/**
 * Node cuts small Buffers out of a pool, and a structured clone of a view carries all that lies under it: a Buffer of five
 * bytes crosses to another thread with 8 KiB on Node 20 and with 64 KiB on Node 24, and with what else happens to be in them.
 */
import type {Transfer} from './actor.js';

/** The message, with each Buffer that shares its memory replaced by bytes of their own. Itself when there is none. */
export function unpooled(message: unknown, transfer: Transfer): unknown {
	const isShared = (value: unknown): value is Buffer =>
		Buffer.isBuffer(value) && value.byteLength < value.buffer.byteLength && !isTransferred(value.buffer, transfer);
	return holds(message, isShared) ? replaced(message, isShared, new Map()) : message;
}

const isTransferred = (memory: ArrayBufferLike, transfer: Transfer): boolean =>
	transfer.some(item => (item as unknown) === memory);

type Test = (value: unknown) => value is Buffer;

/** What a structured clone looks into, by its content: everything else is cloned by rules of its own. */
function contentOf(value: object): Iterable<unknown> | undefined {
	if (Array.isArray(value) || value instanceof Set) return value;
	if (value instanceof Map) return [...value].flat();
	return isRecord(value) ? Object.values(value) : undefined;
}

const isRecord = (value: object): boolean => Object.prototype.toString.call(value) === '[object Object]';

/** By a list of what is left to look at, not by recursion: a message may be as deep as a structured clone allows. */
function holds(message: unknown, isShared: Test): boolean {
	const left: unknown[] = [message];
	const seen = new Set<object>();
	while (left.length > 0) {
		const value = left.pop();
		if (typeof value !== 'object' || value === null || seen.has(value)) continue;
		if (isShared(value)) return true;
		seen.add(value);
		const content = contentOf(value);
		if (content !== undefined) for (const part of content) left.push(part);
	}
	return false;
}

/** `copies`: what is copied already, so that what was one stays one, and circles close. */
function replaced(value: unknown, isShared: Test, copies: Map<object, unknown>): unknown {
	if (typeof value !== 'object' || value === null) return value;
	const known = copies.get(value);
	if (known !== undefined) return known;
	const keep = <Copy>(copy: Copy): Copy => {
		copies.set(value, copy);
		return copy;
	};
	const part = (inner: unknown): unknown => replaced(inner, isShared, copies);
	if (isShared(value)) return keep(new Uint8Array(value));
	if (Array.isArray(value)) {
		const copy = keep<unknown[]>([]);
		for (const inner of value) copy.push(part(inner));
		return copy;
	}
	if (value instanceof Set) {
		const copy = keep(new Set());
		for (const inner of value) copy.add(part(inner));
		return copy;
	}
	if (value instanceof Map) {
		const copy = keep(new Map());
		for (const [key, inner] of value) copy.set(part(key), part(inner));
		return copy;
	}
	if (!isRecord(value)) return value;
	const copy = keep<Record<string, unknown>>({});
	for (const [key, inner] of Object.entries(value)) define(copy, key, part(inner));
	return copy;
}

/** Not by assignment, which would take a key named `__proto__` for something else. */
function define(target: object, key: string, value: unknown): void {
	Object.defineProperty(target, key, {value, enumerable: true, configurable: true, writable: true});
}
