import {readFile} from 'node:fs/promises';
import {HistoryError} from '../../src/linearizability/history-error.js';
import {parseHistory, type ParsedHistory} from '../../src/linearizability/formats/format.js';

/**
 * The history in a file. Rejects with a `HistoryError` that names the line, or as `readFile` does. A file without operations
 * is no history: a verdict on it would be one on nothing.
 */
export async function readHistory(file: string): Promise<ParsedHistory> {
	const parsed = parseHistory(decodeText(await readFile(file)));
	if (parsed.history.length > 0) return parsed;
	throw new HistoryError('a history with operations that were, or may have been, run', 'none');
}

/** Bytes that are not UTF-8 would all become U+FFFD, and different values equal. */
function decodeText(bytes: Uint8Array): string {
	try {
		return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
	} catch (error) {
		const line = firstLineThatIsNotText(bytes);
		if (line === undefined) throw error;
		throw new HistoryError(
			'UTF-8',
			'bytes that are not; save the file as UTF-8, and escape values that are bytes',
			line,
		);
	}
}

function firstLineThatIsNotText(bytes: Uint8Array): number | undefined {
	const decoder = new TextDecoder('utf-8', {fatal: true});
	let line = 1;
	for (let start = 0; start < bytes.length; line++) {
		const found = bytes.indexOf(10, start);
		const end = found < 0 ? bytes.length : found + 1;
		try {
			decoder.decode(bytes.subarray(start, end));
		} catch {
			return line;
		}
		start = end;
	}
	return undefined;
}
