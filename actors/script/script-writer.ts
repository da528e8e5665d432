/**
 * Writes a session into a file as it happens, as lines that the console takes: a script that a person can read, change and run.
 *
 *     # threadraft script 1
 *     # nodes 5
 *     # seed 2971215073
 *     at +0.000s
 *     load start
 *     at +2.104s
 *     kill leader
 *     # node 3 is down
 *     at +9.530s
 *     # end
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import {ScriptError} from './errors.js';
import {scriptTimeText} from './script-time.js';

export const scriptVersion = 1;

/** What the head of a script says. */
export interface ScriptHead {
	/** Of the cluster. */
	readonly nodes: number;
	/** For the cluster of a replay: its election timeouts and the fate of its messages. */
	readonly seed: number;
	/** ISO 8601. */
	readonly recordedAt: string;
}

export class ScriptWriter {
	readonly file: string;
	readonly #descriptor: number;
	#atText = '';
	#isClosed = false;

	/** Makes the file. Throws a `ScriptError` if there is one of this name, or it cannot be made. */
	constructor(file: string, {nodes, seed, recordedAt}: ScriptHead) {
		this.file = file;
		try {
			this.#descriptor = openSync(file, 'wx');
		} catch (cause) {
			throw new ScriptError('ERR_SCRIPT_FILE', undefined, reasonOf(cause as NodeJS.ErrnoException, file), {cause});
		}
		this.#write(`# threadraft script ${scriptVersion}\n# nodes ${nodes}\n# seed ${seed}\n# recorded ${recordedAt}\n`);
		this.#at(0);
	}

	/** A line of the console that was begun so many ms after the start. */
	line(atMs: number, text: string): void {
		this.#at(atMs);
		this.#write(`${text.trim()}\n`);
	}

	/** For people: nothing that a replay does. */
	remark(text: string): void {
		this.#write(`# ${text.replaceAll(/\s*\n\s*/g, ' ')}\n`);
	}

	/** Idempotent. */
	end(atMs: number): void {
		if (this.#isClosed) return;
		try {
			this.#at(atMs);
			this.#write('# end\n');
		} finally {
			this.close();
		}
	}

	/** Without an end: what is there can be read. Idempotent. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		closeSync(this.#descriptor);
	}

	#at(atMs: number): void {
		const text = scriptTimeText(atMs);
		if (text === this.#atText) return;
		this.#atText = text;
		this.#write(`at ${text}\n`);
	}

	/** With one call of the system: a process that is killed leaves whole lines. */
	#write(text: string): void {
		if (this.#isClosed) return;
		try {
			writeSync(this.#descriptor, text);
		} catch (cause) {
			const message = `${this.file} cannot be written any more (${(cause as Error).message}): the recording ends here`;
			throw new ScriptError('ERR_SCRIPT_FILE', undefined, message, {cause});
		}
	}
}

function reasonOf({code, message}: NodeJS.ErrnoException, file: string): string {
	return code === 'EEXIST'
		? `${file} exists, and is not written over: choose another name, or remove it first`
		: `${file} cannot be made (${message}): choose another name`;
}
