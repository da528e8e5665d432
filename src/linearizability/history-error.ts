import {ThreadraftError} from '../base/errors.js';

/** A history that cannot be read or makes no sense: says where, what was expected there, and what was found. */
export class HistoryError extends ThreadraftError {
	override readonly name = 'HistoryError';
	readonly code = 'ERR_HISTORY';
	/** Of the input, from 1; `undefined` where the history does not come from lines. */
	readonly line: number | undefined;
	readonly expected: string;
	readonly found: string;

	constructor(expected: string, found: string, line?: number) {
		const shown = found.length > 120 ? `${found.slice(0, 120)}...` : found;
		super(`${line === undefined ? '' : `line ${line}: `}expected ${expected}, found ${shown}`);
		this.line = line;
		this.expected = expected;
		this.found = shown;
	}
}
