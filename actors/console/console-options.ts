import type {Readable, Writable} from 'node:stream';
import type {Notices} from './notices.js';

export interface ConsoleOptions {
	/** Destroyed at the end. */
	readonly input: Readable;
	readonly output: Writable & {readonly columns?: number; readonly rows?: number};
	/** Where a script's failure is told. */
	readonly errorOutput: Writable;
	/** Whether a person types: with prompt, colours, completion and history. Otherwise `input` is a script. */
	readonly isTerminal: boolean;
	/** Whether the terminal shows colours. @default what the environment says (NO_COLOR, FORCE_COLOR, TERM, CI) */
	readonly showsColours?: boolean | undefined;
	/** For a screen reader: no boxes, and nothing that was written is written over. @default false */
	readonly isPlain?: boolean | undefined;
	/** Shown above the prompt of a terminal. @default none */
	readonly notices?: Notices | undefined;
	/** Where a terminal's history is kept from one session to the next. @default nowhere */
	readonly historyFile?: string | undefined;
	/** Run the lines of a script that come after one that failed. @default false */
	readonly keepsGoing?: boolean | undefined;
	/** Stops the process as Ctrl-Z does, until the shell lets it go on. @default stops the process group, with npm in it */
	readonly suspend?: (() => void) | undefined;
	/**
	 * How long each command may take, in ms; `sleep` takes as long as it says. Closing the target may take as long.
	 * @default 60000 at a terminal, where a command that waits blocks nobody; 10000 in a script and for closing
	 */
	readonly deadlineMs?: number;
	/** When a command goes to the background at a terminal, ms. @default 250 */
	readonly backgroundMs?: number;
}
