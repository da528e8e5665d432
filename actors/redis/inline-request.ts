const escapes: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t', b: '\b', a: '\u0007'};

/** One step inside double quotes: an escaped byte in hex, an escaped character, or a plain one. */
const doubleQuoted = /\\x([0-9a-f]{2})|\\([^])|([^"\\])/iy;
/** Inside single quotes only the quote itself can be escaped. */
const singleQuoted = /\\(')|([^'])/y;
const blank = /[ \n\r\t\v\f\0]+/y;
const bare = /[^ \n\r\t\v\f\0"']+/y;

/**
 * The parts of a line as one types it into telnet, quoted as redis-cli's arguments are (sds.c, sdssplitargs).
 * `undefined`: a quote is not closed, or closed in the middle of a word.
 */
export function splitInlineRequest(line: Buffer): Buffer[] | undefined {
	const text = line.toString('latin1');
	const parts: Buffer[] = [];
	let at = endOf(blank, text, 0);
	while (at < text.length) {
		const word = readWord(text, at);
		if (word === undefined) return undefined;
		parts.push(Buffer.from(word.value, 'latin1'));
		at = endOf(blank, text, word.end);
	}
	return parts;
}

type Token = {readonly value: string; readonly end: number};

/** Bare text, and then perhaps one quoted text, which ends the word. */
function readWord(text: string, start: number): Token | undefined {
	const quoteAt = endOf(bare, text, start);
	const head = text.slice(start, quoteAt);
	const quote = text[quoteAt];
	if (quote !== '"' && quote !== "'") return {value: head, end: quoteAt};
	const quoted = readQuoted(text, quoteAt + 1, quote);
	if (quoted === undefined) return undefined;
	const followed = quoted.end < text.length && endOf(blank, text, quoted.end) === quoted.end;
	return followed ? undefined : {value: head + quoted.value, end: quoted.end};
}

function readQuoted(text: string, start: number, quote: string): Token | undefined {
	const step = quote === '"' ? doubleQuoted : singleQuoted;
	let value = '';
	let at = start;
	while (at < text.length && text[at] !== quote) {
		step.lastIndex = at;
		const match = step.exec(text);
		if (match === null) return undefined;
		value += quote === '"' ? unescape(match) : (match[1] ?? match[2] ?? '');
		at = step.lastIndex;
	}
	return at < text.length ? {value, end: at + 1} : undefined;
}

function unescape([, hex, escaped, plain]: RegExpExecArray): string {
	if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
	return escaped === undefined ? (plain ?? '') : (escapes[escaped] ?? escaped);
}

/** Where the run of what the sticky pattern matches ends; `at` when there is none. */
function endOf(pattern: RegExp, text: string, at: number): number {
	pattern.lastIndex = at;
	return pattern.test(text) ? pattern.lastIndex : at;
}
