/** Traces as files. */
import {readFile, stat, writeFile} from 'node:fs/promises';
import {ThreadraftError} from '../../src/base/errors.js';
import {traceBytesMax} from './parse-trace.js';
import {traceText, traceTextOf} from './trace-text.js';
import type {TraceLine} from './trace.js';

/** The file cannot be read or written, or is too large. */
class TraceFileError extends ThreadraftError {
	override readonly name = 'TraceFileError';
	readonly code = 'ERR_TRACE_FILE';
	readonly file: string;

	constructor(file: string, what: string, cause?: unknown) {
		super(`${file}: ${what}`, {cause});
		this.file = file;
	}
}

/** An existing file is replaced. @throws {TraceFileError} */
export async function writeTrace(file: string, lines: readonly TraceLine[]): Promise<void> {
	try {
		await writeFile(file, traceText(lines));
	} catch (error) {
		throw new TraceFileError(file, `the trace cannot be written: ${messageOf(error)}`, error);
	}
}

/** The text of a trace: of a file that is one, or that is a record of a cluster. @throws {TraceFileError} @throws {TraceFormatError} @throws {RecordFormatError} */
export async function readTrace(file: string): Promise<string> {
	let text: string;
	try {
		const {size} = await stat(file);
		if (size > traceBytesMax)
			throw new TraceFileError(file, `it has ${size} bytes; a trace has at most ${traceBytesMax}`);
		text = await readFile(file, 'utf8');
	} catch (error) {
		if (error instanceof TraceFileError) throw error;
		throw new TraceFileError(file, `the trace cannot be read: ${messageOf(error)}`, error);
	}
	return traceTextOf(text);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
