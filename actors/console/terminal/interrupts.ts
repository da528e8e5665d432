import type {Interface} from 'node:readline';
import type {Writable} from 'node:stream';

/** A second Ctrl-C counts for so long, ms. */
const secondWithinMs = 2000;

export interface InterruptsOptions {
	/** Answers whether there was anything to cancel. */
	readonly cancelWaiting: () => boolean;
	/** Shows the prompt where a new row begins. */
	readonly showPrompt: () => void;
}

/**
 * Ctrl-C at the prompt: it takes back what was typed; on an empty line it cancels the commands that wait; where none waits
 * it asks, and the second one in a row ends the console.
 */
export class Interrupts {
	readonly #lines: Interface;
	readonly #output: Writable;
	readonly #options: InterruptsOptions;
	/** Runs while the question stands. */
	#asked: NodeJS.Timeout | undefined;

	constructor(lines: Interface, output: Writable, options: InterruptsOptions) {
		this.#lines = lines;
		this.#output = output;
		this.#options = options;
	}

	atPrompt(): void {
		if (this.#lines.line !== '') return this.#takeBackLine();
		if (this.#asked === undefined && this.#options.cancelWaiting()) return;
		if (this.#asked !== undefined) {
			this.forget();
			this.#lines.close();
			return;
		}
		this.#asked = setTimeout(() => this.forget(), secondWithinMs);
		this.#output.write('^C\npress Ctrl-C again to stop the cluster\n');
		this.#options.showPrompt();
	}

	/** Something else was typed, or there is nobody to ask any more. */
	forget(): void {
		clearTimeout(this.#asked);
		this.#asked = undefined;
	}

	#takeBackLine(): void {
		this.forget();
		this.#output.write('^C\n');
		// Deletes what is before the cursor, then what is behind it.
		this.#lines.write(null, {ctrl: true, name: 'u'});
		this.#lines.write(null, {ctrl: true, name: 'k'});
		this.#options.showPrompt();
	}
}
