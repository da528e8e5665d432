import {once} from 'node:events';
import {PassThrough} from 'node:stream';
import type {ConsoleOptions} from '../../actors/console/console-options.js';
import type {ConsoleTarget} from '../../actors/console/console-target.js';
import {runConsole} from '../../actors/console/console.js';
import {MemoryTarget} from './memory-target.js';

/** Answers with what gives all that the stream has carried so far. */
export function collect(stream: PassThrough): () => string {
	const pieces: string[] = [];
	stream.setEncoding('utf8').on('data', (piece: string) => pieces.push(piece));
	return () => pieces.join('');
}

/** A person at a terminal: types, and reads until something appears. */
export class TerminalOf<Target extends ConsoleTarget> {
	readonly target: Target;
	readonly status: Promise<number>;
	/** Settles when the console has stopped its process. */
	readonly suspended: Promise<void>;
	readonly #input = new PassThrough();
	readonly #output = new PassThrough();
	readonly #text = collect(this.#output);
	#seen = 0;

	constructor(target: Target, options: Partial<ConsoleOptions> = {}) {
		this.target = target;
		const errorOutput = new PassThrough().resume();
		let suspend = (): void => undefined;
		this.suspended = new Promise(resolve => {
			suspend = resolve;
		});
		this.status = runConsole(this.target, {
			input: this.#input,
			output: this.#output,
			errorOutput,
			isTerminal: true,
			showsColours: false,
			suspend,
			...options,
		});
	}

	type(keys: string): void {
		this.#input.write(keys);
	}

	/** Answers with the exit status. */
	async quit(): Promise<number> {
		this.type('quit\r');
		return this.status;
	}

	endInput(): void {
		this.#input.end();
	}

	/** Returns what came since the last time, up to and including the wanted text. */
	async reads(wanted: string): Promise<string> {
		let at = this.#text().indexOf(wanted, this.#seen);
		while (at === -1) {
			await once(this.#output, 'data');
			at = this.#text().indexOf(wanted, this.#seen);
		}
		const read = this.#text().slice(this.#seen, at + wanted.length);
		this.#seen = at + wanted.length;
		return read;
	}
}

/** At a target that is only memory. */
export class Terminal extends TerminalOf<MemoryTarget> {
	constructor(options: Partial<ConsoleOptions> = {}) {
		super(new MemoryTarget(), options);
	}
}
