/**
 * What happens by itself while somebody may be typing: told at once, above the prompt, with the typed line left as it was.
 */
import type {Interface} from 'node:readline';
import type {Writable} from 'node:stream';

/** Has the lines of text of others shown by whoever has the terminal, or told elsewhere while nobody has it. */
export class Notices {
	readonly #elsewhere: (line: string) => void;
	#watcher: Watcher | undefined;

	/** `elsewhere`: takes a line while nobody shows them. */
	constructor(elsewhere: (line: string) => void) {
		this.#elsewhere = elsewhere;
	}

	tell(line: string): void {
		(this.#watcher?.show ?? this.#elsewhere)(line);
	}

	/** What interests only those who watch: nobody else is told. */
	tellWatcher(line: string): void {
		if (this.#watcher?.wantsNews() === true) this.#watcher.show(line);
	}

	/** From now on the watcher shows each line. Answers with what ends it. */
	showBy(watcher: Watcher): () => void {
		this.#watcher = watcher;
		return () => {
			if (this.#watcher === watcher) this.#watcher = undefined;
		};
	}
}

/** The owner of the terminal. */
export interface Watcher {
	readonly show: (line: string) => void;
	/** Whether to be told also what is no trouble. */
	readonly wantsNews: () => boolean;
}

/** Writes text below the prompt and what is typed there, and both once more below that: nothing is written over. */
export function writeBelowPrompt(lines: Interface, output: Writable, text: string): void {
	output.write(`\n${text}\n`);
	lines.prompt(true);
}
