import {HistoryError} from '../history-error.js';
import type {KvHistory} from '../kv-operation.js';
import type {KvModelName} from '../models/kv-model.js';
import {parseJepsenLog} from './jepsen-log.js';
import {parseJsonLines} from './json-lines.js';
import {parseLabLog} from './lab-log.js';

export type FormatName = 'json-lines' | 'jepsen-log' | 'lab-log' | 'empty';

/** A history as it was read, with the model that its format implies. */
export interface ParsedHistory {
	readonly format: FormatName;
	readonly model: KvModelName;
	/** The value of a key before its first write; `undefined`: absent. */
	readonly initial: string | undefined;
	readonly history: KvHistory;
}

/** Tells the format by the first line that says anything. Errors: `HistoryError` with the line. An empty text is an empty history. */
export function parseHistory(text: string): ParsedHistory {
	const first = /\S[^\n]*/u.exec(text)?.[0];
	if (first === undefined) return {format: 'empty', model: 'kv', initial: undefined, history: []};
	if (first.startsWith('{:')) {
		return {format: 'lab-log', model: 'kv', initial: '', history: parseLabLog(linesOf(text))};
	}
	if (first.startsWith('{')) return {format: 'json-lines', ...parseJsonLines(linesOf(text))};
	if (/^(?:TRACE|DEBUG|INFO|WARN|ERROR)\b/u.test(first)) {
		return {format: 'jepsen-log', model: 'cas-register', initial: undefined, history: parseJepsenLog(linesOf(text))};
	}
	const line = text.slice(0, text.indexOf(first)).split('\n').length;
	throw new HistoryError('a history: JSON lines, a Jepsen log, or a key/value lab log', first, line);
}

/** One after another, so that a large file is not held twice. */
function* linesOf(text: string): Iterable<string> {
	for (let start = 0; start < text.length;) {
		const found = text.indexOf('\n', start);
		const end = found < 0 ? text.length : found;
		yield text.slice(start, end);
		start = end + 1;
	}
}
