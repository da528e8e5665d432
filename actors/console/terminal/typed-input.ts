/**
 * What a person types, handed to readline one line at a time. While a command is in the foreground the rest is held, so that
 * the answer to each line stands below it, also where many lines were pasted at once. Ctrl-C and Ctrl-Z are never held.
 */
import {PassThrough, type Readable} from 'node:stream';

/** A terminal's input. */
export type TerminalInput = Readable & {readonly setRawMode?: (mode: boolean) => unknown};

export interface TypedInputOptions {
	/** Whether a command is in the foreground: nothing is handed on. */
	readonly isBusy: () => boolean;
	/** Puts text without control characters where the cursor is, in one go. */
	readonly insert: (text: string) => void;
	/** Ctrl-C while a command is in the foreground. The line that was being typed is dropped, as a terminal does. */
	readonly interrupt: () => void;
	/** Ctrl-Z while a command is in the foreground. */
	readonly suspend: () => void;
}

/** Bytes that are held. Beyond them the terminal is not read until a line was run, not even for Ctrl-C. */
const heldBytesMax = 2 ** 20;

/**
 * Bytes of text from which on it is inserted in one go. Readline takes a time for each key that grows with the line: with
 * 100 kB that were pasted the thread would be busy for minutes.
 */
const insertedAtOnceMin = 256;

const ctrlC = 0x03;
const ctrlZ = 0x1a;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
const rubout = 0x7f;

export class TypedInput {
	/** For readline: its `input`. */
	readonly keys: PassThrough & {setRawMode: (mode: boolean) => void};
	readonly #input: TerminalInput;
	readonly #options: TypedInputOptions;
	#held: Buffer = Buffer.alloc(0);
	/** Readline has a piece and has not yet made of it what it does. */
	#isUnderWay = false;
	#hasEnded = false;

	constructor(input: TerminalInput, options: TypedInputOptions) {
		this.#input = input;
		this.#options = options;
		this.keys = Object.assign(new PassThrough(), {setRawMode: (mode: boolean) => void input.setRawMode?.(mode)});
	}

	/** Begins to read. To be called when readline listens to `keys`: what it does with a piece is done before the next. */
	begin(): void {
		this.keys.on('data', () => {
			this.#isUnderWay = false;
			this.proceed();
		});
		this.#input.on('data', this.#take);
		this.#input.once('end', this.#end);
		// A terminal that is gone: the same as its end.
		this.#input.once('error', this.#end);
	}

	/** To be called when a command has left the foreground. */
	proceed(): void {
		if (this.#options.isBusy()) this.#heedControls();
		else if (!this.#isUnderWay) this.#handOn();
		if (this.#held.length < heldBytesMax && this.#input.isPaused()) this.#input.resume();
	}

	/** Reads the terminal anew, after another process had it. */
	restart(): void {
		this.#input.pause();
		this.#input.resume();
	}

	end(): void {
		this.#input.off('data', this.#take);
		this.#input.off('end', this.#end);
	}

	readonly #take = (chunk: Buffer | string): void => {
		this.#held = Buffer.concat([this.#held, Buffer.from(chunk)]);
		if (this.#held.length >= heldBytesMax) this.#input.pause();
		this.proceed();
	};

	readonly #end = (): void => {
		this.#hasEnded = true;
		this.proceed();
	};

	/** Up to the end of a line, and no further before it is known what the line does. */
	#handOn(): void {
		const textLength = textLengthOf(this.#held);
		if (textLength >= insertedAtOnceMin) {
			const text = this.#held.toString('utf8', 0, textLength);
			this.#held = this.#held.subarray(textLength);
			this.#options.insert(text);
		}
		if (this.#held.length === 0) {
			if (this.#hasEnded) this.keys.end();
			return;
		}
		const at = this.#held.findIndex(byte => byte === lineFeed || byte === carriageReturn);
		const length = at === -1 ? this.#held.length : at + 1;
		const piece = this.#held.subarray(0, length);
		this.#held = this.#held.subarray(length);
		this.#isUnderWay = true;
		this.keys.write(piece);
	}

	#heedControls(): void {
		const at = this.#held.lastIndexOf(ctrlC);
		if (at !== -1) {
			this.#held = this.#held.subarray(at + 1);
			this.#options.interrupt();
		}
		if (!this.#held.includes(ctrlZ)) return;
		this.#held = Buffer.from(this.#held.filter(byte => byte !== ctrlZ));
		this.#options.suspend();
	}
}

const isContinuation = (byte: number): boolean => (byte & 0b1100_0000) === 0b1000_0000;

/** How many bytes at the front are text without control characters. A last character that may go on counts only if it is ASCII. */
function textLengthOf(bytes: Buffer): number {
	const [first] = bytes;
	if (first === undefined || isContinuation(first)) return 0;
	const at = bytes.findIndex(byte => byte < blank || byte === rubout);
	if (at !== -1) return at;
	const lastStart = bytes.findLastIndex(byte => !isContinuation(byte));
	return lastStart === bytes.length - 1 && bytes.readUInt8(lastStart) < rubout ? bytes.length : lastStart;
}
