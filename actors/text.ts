/** Text at the edge: people write strings, keys are byte strings (see `Key`), values are bytes. */
import type {Key} from '../src/kv/types.js';
import {OptionError} from './options/option-error.js';

// oxlint-disable-next-line no-control-regex -- ASCII is just that: U+0000 to U+007F
const ascii = /^[\u0000-\u007f]*$/;

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Text (as UTF-8) or bytes as a key. Throws an `OptionError` for anything else, which the caller calls `name`. */
export function keyOf(source: string | Uint8Array, name = 'key'): Key {
	if (source instanceof Uint8Array) return viewOf(source).toString('latin1');
	if (typeof source !== 'string') throw OptionError.value(name, 'a string or bytes (a Uint8Array)', source);
	// The same characters: most keys cost one look.
	if (ascii.test(source)) return source;
	return Buffer.from(source, 'utf8').toString('latin1');
}

/** A key's bytes, in an array of their own. */
export const bytesOfKey = (key: Key): Uint8Array => new Uint8Array(Buffer.from(key, 'latin1'));

/** A key or a value as text; bytes that are not UTF-8 become U+FFFD. */
export function textOf(source: Key | Uint8Array): string {
	if (typeof source !== 'string') return viewOf(source).toString('utf8');
	return ascii.test(source) ? source : Buffer.from(source, 'latin1').toString('utf8');
}

/** Text as the bytes of a value: a view of a block that others share, for who encodes it and lets go. */
export function bytesOf(text: string): Uint8Array {
	const {buffer, byteOffset, length} = Buffer.from(text, 'utf8');
	return new Uint8Array(buffer, byteOffset, length);
}
