/**
 * Cuts a line into words: blanks separate, "..." keeps them together, # starts a comment, and \ takes away the meaning
 * of what follows, except for \n, \r, \t and \xHH (one byte).
 */
import {ConsoleSyntaxError} from './errors.js';

export interface Word {
	/** Exact, also where an escape made something that is not UTF-8. */
	readonly bytes: Uint8Array;
	readonly text: string;
	/** Typed as it is, without quotes and escapes. */
	readonly isBare: boolean;
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t'};

/** Throws a {@link ConsoleSyntaxError}. */
export function tokenize(line: string): readonly Word[] {
	const scanner = new Scanner(line);
	const words: Word[] = [];
	for (let word = scanner.nextWord(); word !== undefined; word = scanner.nextWord()) words.push(word);
	return words;
}

class Scanner {
	readonly #line: string;
	#offset = 0;

	constructor(line: string) {
		this.#line = line;
	}

	nextWord(): Word | undefined {
		while (/\s/.test(this.#peek())) this.#offset++;
		if (this.#peek() === '' || this.#peek() === '#') return undefined;
		const pieces: Uint8Array[] = [];
		const begin = this.#offset;
		let isQuoted = false;
		while (this.#peek() !== '' && (isQuoted || !/\s/.test(this.#peek()))) {
			const character = this.#take();
			if (character === '"') isQuoted = !isQuoted;
			else pieces.push(character === '\\' ? this.#takeEscape() : Buffer.from(character));
		}
		if (isQuoted)
			throw new ConsoleSyntaxError(
				'a quote is open at the end of the line: close it with ", or write \\" for a plain one',
			);
		const bytes = new Uint8Array(Buffer.concat(pieces));
		const isBare = !/["\\]/.test(this.#line.slice(begin, this.#offset));
		return {bytes, text: Buffer.from(bytes).toString(), isBare};
	}

	#takeEscape(): Uint8Array {
		const character = this.#take();
		if (character === '') throw new ConsoleSyntaxError('a \\ ends the line: write \\\\ for a plain one');
		if (character !== 'x') return Buffer.from(CONTROL_ESCAPES[character] ?? character);
		const digits = this.#line.slice(this.#offset, this.#offset + 2);
		if (!/^[0-9a-f]{2}$/i.test(digits)) throw new ConsoleSyntaxError('\\x takes two hexadecimal digits, as in \\x0a');
		this.#offset += 2;
		return Uint8Array.of(Number.parseInt(digits, 16));
	}

	/** The empty string at the end of the line. */
	#peek(): string {
		const codePoint = this.#line.codePointAt(this.#offset);
		return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
	}

	#take(): string {
		const character = this.#peek();
		this.#offset += character.length;
		return character;
	}
}
