/** A small terminal: what it would show of what was written to it. It knows what `node:readline` writes. */

// oxlint-disable-next-line no-control-regex -- it is one
const escape = /^\u001B\[(\d*)(?:;(\d*))?([A-HJ])/;

export class Screen {
	readonly #columns: number;
	readonly #height: number;
	#rows: string[][] = [[]];
	#row = 0;
	#column = 0;

	constructor(columns: number, height: number) {
		this.#columns = columns;
		this.#height = height;
	}

	/** From the first row, without blanks at the ends of rows, and without empty rows at the end. */
	get rows(): readonly string[] {
		const rows = this.#rows.map(row =>
			Array.from(row, cell => cell ?? ' ')
				.join('')
				.trimEnd(),
		);
		return rows.slice(0, rows.findLastIndex(row => row !== '') + 1);
	}

	write(text: string): void {
		for (let at = 0; at < text.length;) {
			const match = escape.exec(text.slice(at, at + 20));
			if (match !== null) {
				this.#control(match[3] ?? '', Number(match[1] || 1));
				at += match[0].length;
				continue;
			}
			this.#put(text[at] ?? '');
			at++;
		}
	}

	#put(character: string): void {
		if (character === '\r') this.#column = 0;
		else if (character === '\n') this.#down();
		else {
			// A full row wraps when the next character comes, and not before.
			if (this.#column === this.#columns) this.#down();
			(this.#rows[this.#row] ??= [])[this.#column++] = character;
		}
	}

	/** The terminal's driver adds the return to each line feed. */
	#down(): void {
		this.#column = 0;
		this.#row++;
		this.#rows[this.#row] ??= [];
	}

	#control(kind: string, count: number): void {
		// What has scrolled off the top cannot be reached.
		const top = Math.max(0, this.#rows.length - this.#height);
		if (kind === 'A') this.#row = Math.max(top, this.#row - count);
		if (kind === 'B') this.#row = Math.min(this.#rows.length - 1, this.#row + count);
		if (kind === 'C') this.#column = Math.min(this.#columns - 1, this.#column + count);
		if (kind === 'D') this.#column = Math.max(0, this.#column - count);
		if (kind === 'G') this.#column = count - 1;
		if (kind === 'J') {
			this.#rows = this.#rows.slice(0, this.#row + 1);
			this.#rows[this.#row]?.splice(this.#column);
		}
	}
}
