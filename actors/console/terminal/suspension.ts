/**
 * Ctrl-Z and `fg`. A terminal in raw mode makes no signal of Ctrl-Z, so the console stops itself, and the whole process
 * group with it: npm and its shell too, without which the user's shell never learns of the stop. Meanwhile that shell sets
 * the terminal as it likes; after SIGCONT it is set anew, and the input is read anew.
 */
import type {TerminalInput, TypedInput} from './typed-input.js';

export interface SuspensionOptions {
	readonly input: TerminalInput;
	readonly typed: TypedInput;
	/** Stops the process, until the shell lets it go on. */
	readonly stop: () => void;
	/** Shows the prompt again, where there is one. */
	readonly showPrompt: () => void;
}

export class Suspension {
	readonly #options: SuspensionOptions;
	/**
	 * The shell writes into the terminal: where the cursor was is no longer known. On `fg` a timer may come before the signal
	 * does.
	 */
	isSuspended = false;

	constructor(options: SuspensionOptions) {
		this.#options = options;
		process.on('SIGCONT', this.#resume);
	}

	suspend(): void {
		this.isSuspended = true;
		this.#options.input.setRawMode?.(false);
		this.#options.stop();
	}

	end(): void {
		process.removeListener('SIGCONT', this.#resume);
	}

	readonly #resume = (): void => {
		const {input, typed, showPrompt} = this.#options;
		// Node sets no mode that it takes for set.
		input.setRawMode?.(false);
		input.setRawMode?.(true);
		typed.restart();
		this.isSuspended = false;
		showPrompt();
	};
}
