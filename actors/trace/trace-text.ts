/** The text of a trace, out of a file that is one or that is a record of a cluster. The page reads files with it, too. */
import {parseRecord} from '../observe/record-lines.js';
import {parseTrace} from './parse-trace.js';
import {traceOfRecord} from './record-steps.js';
import type {TraceLine} from './trace.js';

/** A line each. */
export const traceText = (lines: readonly TraceLine[]): string =>
	lines.map(line => `${JSON.stringify(line)}\n`).join('');

/** @throws {TraceFormatError} @throws {RecordFormatError} */
export function traceTextOf(fileText: string): string {
	// Both begin with a line that names its format.
	const isRecord = fileText.slice(0, fileText.indexOf('\n')).includes('"threadraft-record"');
	if (isRecord) return traceText(traceOfRecord(parseRecord(fileText.split('\n'))));
	parseTrace(fileText);
	return fileText;
}
