/**
 * Lines directly above the prompt that are drawn over again and again. The line that is being typed stays as it is: the block and the prompt are
 * erased and written anew in one go, and readline writes what was typed.
 */
import {clearScreenDown, cursorTo, type Interface, moveCursor} from 'node:readline';
import type {Writable} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';

/** As `node:readline` tells it. */
export interface PressedKey {
	readonly name?: string;
	readonly ctrl?: boolean;
}

export interface LiveBlockOptions {
	readonly lines: Interface;
	readonly output: Writable & {readonly columns?: number; readonly rows?: number};
	readonly prompt: string;
	/** Whether the prompt stands there. */
	readonly isAtPrompt: () => boolean;
}

/** Rows that are left to the prompt, and to what was said before it. */
const rowsBelow = 4;
const rowsDefault = 24;
const columnsDefault = 80;
const isPrintableAscii = /^[\u0020-\u007E]*$/;

export class LiveBlock {
	readonly #options: LiveBlockOptions;
	#wanted: readonly string[] = [];
	/** So many rows of the block stand directly above the prompt. */
	#rows = 0;

	constructor(options: LiveBlockOptions) {
		this.#options = options;
		const {lines, output} = options;
		const moved = (): void => this.#forget();
		output.on('resize', moved);
		lines.once('close', () => void output.off('resize', moved));
	}

	/** Empty: nothing is shown any more. */
	set(wanted: readonly string[]): void {
		if (wanted.length === 0 && this.#wanted.length === 0) return;
		this.#wanted = wanted;
		if (this.#options.isAtPrompt()) this.#redraw(undefined);
	}

	/** Writes text that stays, above the block and the prompt. */
	writeAbove(text: string): void {
		this.#redraw(text);
	}

	/** What is typed next has the block above it. To be called where a new row begins, before the prompt is written. */
	beforePrompt(): void {
		this.#rows = 0;
		this.#writeBlock();
	}

	/** The line was entered: the block goes, so that the session can be read again without copies of it. */
	entered(line: string): void {
		const {output, prompt} = this.#options;
		const isOneRow = isPrintableAscii.test(line) && prompt.length + line.length < this.#columns;
		if (this.#rows > 0 && isOneRow) {
			moveCursor(output, 0, -(this.#rows + 1));
			cursorTo(output, 0);
			clearScreenDown(output);
			output.write(`${prompt}${line}\n`);
		}
		this.#rows = 0;
	}

	/** To be called when readline has done what the key asks for. */
	keyPressed(key: PressedKey | undefined): void {
		// Readline forgets that a line has wrapped while it was typed at its end, and would write the next time over the row below.
		this.#believeRows(this.#options.lines.getCursorPos().rows);
		// Something else was written between block and prompt, such as what Tab offers: the block above is left where it is.
		const isMoving = key?.name === 'tab' || (key?.ctrl === true && key.name === 'l');
		if (isMoving) this.#forget();
	}

	/** Sets by how many rows readline believes that the cursor is below the prompt. */
	#believeRows(rows: number): void {
		(this.#options.lines as Interface & {prevRows?: number}).prevRows = rows;
	}

	#forget(): void {
		this.#rows = 0;
	}

	get #columns(): number {
		return this.#options.output.columns ?? columnsDefault;
	}

	#redraw(text: string | undefined): void {
		const {lines, output} = this.#options;
		const {rows} = lines.getCursorPos();
		moveCursor(output, 0, -(rows + this.#rows));
		cursorTo(output, 0);
		clearScreenDown(output);
		if (text !== undefined) output.write(`${text}\n`);
		this.#writeBlock();
		// From here it need not go up.
		this.#believeRows(0);
		lines.prompt(true);
	}

	#writeBlock(): void {
		const {output} = this.#options;
		const rowsMax = Math.max(1, (output.rows ?? rowsDefault) - rowsBelow);
		const shown = this.#wanted.slice(0, rowsMax);
		for (const line of shown) output.write(`${this.#fit(line)}\n`);
		this.#rows = shown.length;
	}

	/** A line that wrapped would be two rows. One that is cut loses its colours. */
	#fit(line: string): string {
		const plain = stripVTControlCharacters(line);
		return plain.length < this.#columns ? line : `${plain.slice(0, this.#columns - 2)}…`;
	}
}
