/**
 * Ctrl-Z and `fg`. A terminal in raw mode makes no signal of Ctrl-Z, so the console stops itself, and the whole process
 * group with it: npm and its shell too, without which the user's shell never learns of the stop. Meanwhile that shell sets
 * the terminal as it likes; after SIGCONT it is set anew, and the input is read anew.
 */
import type {Interface} from 'node:readline';
import type {Readable} from 'node:stream';

export interface Suspension {
	readonly input: Readable & {readonly setRawMode?: (mode: boolean) => unknown};
	readonly suspend: () => void;
	readonly isAtPrompt: () => boolean;
}

/** Answers with what ends it. */
export function handleSuspension(lines: Interface, {input, suspend, isAtPrompt}: Suspension): () => void {
	lines.on('SIGTSTP', () => {
		input.setRawMode?.(false);
		suspend();
	});
	const resume = (): void => {
		// Node sets no mode that it takes for set.
		input.setRawMode?.(false);
		input.setRawMode?.(true);
		lines.pause();
		if (isAtPrompt()) lines.prompt(true);
		else lines.resume();
	};
	process.on('SIGCONT', resume);
	return () => process.removeListener('SIGCONT', resume);
}
