/** Bytes for people to read. */

/** Stands for the value of a key that does not exist. */
export const ABSENT = '(absent)';

const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/**
 * A plain word as it is; anything else in quotes, with escapes that the console's own words understand: typed in again,
 * it gives the same bytes. Nothing that is stored can so look like the console's own `(absent)`, or move the cursor.
 */
export function valueText(value: Uint8Array): string {
	const text = decode(value);
	if (text === undefined) return quote(Array.from(value, byte => (byte < 0x80 ? escapeAscii(byte) : hex(byte))));
	if (/^[^\s"(\\#][^\s"\\]*$/u.test(text) && !hasUnprintable(text)) return text;
	return quote(Array.from(text, character => (hasUnprintable(character) ? escape(character) : plain(character))));
}

/** Control, format, surrogate, private and unassigned characters, and line separators. */
function hasUnprintable(text: string): boolean {
	return /[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

function decode(value: Uint8Array): string | undefined {
	try {
		return decoder.decode(value);
	} catch {
		return undefined;
	}
}

const quote = (pieces: readonly string[]): string => `"${pieces.join('')}"`;
const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;
const plain = (character: string): string => (character === '"' || character === '\\' ? `\\${character}` : character);

function escape(character: string): string {
	const known: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};
	return known[character] ?? Array.from(Buffer.from(character), hex).join('');
}

function escapeAscii(byte: number): string {
	const character = String.fromCodePoint(byte);
	return hasUnprintable(character) ? escape(character) : plain(character);
}
