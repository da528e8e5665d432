/**
 * What happens by itself while somebody may be typing: told at once, above the prompt, with the typed line left as it was.
 */
import {clearScreenDown, cursorTo, type Interface, moveCursor} from 'node:readline';
import type {Writable} from 'node:stream';

/** Has the lines of text of others shown by whoever has the terminal, or told elsewhere while nobody has it. */
export class Notices {
	readonly #elsewhere: (line: string) => void;
	#show: ((line: string) => void) | undefined;

	/** `elsewhere`: takes a line while nobody shows them. */
	constructor(elsewhere: (line: string) => void) {
		this.#elsewhere = elsewhere;
	}

	tell(line: string): void {
		(this.#show ?? this.#elsewhere)(line);
	}

	/** What interests only those who watch: nobody else is told. */
	tellWatcher(line: string): void {
		this.#show?.(line);
	}

	/** From now on `show` is told each line. Answers with what ends it. */
	showBy(show: (line: string) => void): () => void {
		this.#show = show;
		return () => {
			if (this.#show === show) this.#show = undefined;
		};
	}
}

/** Writes a line above the prompt and what is typed there. */
export function writeAbovePrompt(lines: Interface, output: Writable, line: string): void {
	const {rows} = lines.getCursorPos();
	moveCursor(output, 0, -rows);
	cursorTo(output, 0);
	clearScreenDown(output);
	output.write(`${line}\n`);
	lines.prompt(true);
}
