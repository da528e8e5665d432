import {HistoryError} from '../history-error.js';
import type {KvHistory} from '../kv-operation.js';
import type {KvModelName} from '../models/kv-model.js';
import {parseEdnHistory} from './edn-history.js';
import {isJepsenLine, parseJepsenLog} from './jepsen-log.js';
import {parseJsonLines} from './json-lines.js';

/** The formats that are read; `empty` has no line that says something. */
export type FormatName = 'json-lines' | 'jepsen-log' | 'jepsen-edn' | 'lab-log' | 'empty';

/** A history as it was read, with the model that its format implies. */
export interface ParsedHistory {
	readonly format: FormatName;
	readonly model: KvModelName;
	/** The value of a key before its first write; `undefined`: absent. */
	readonly initial: string | undefined;
	/** What the times of the history count from: 0 unless those of the file are too large for a number. */
	readonly timeOrigin: bigint;
	readonly history: KvHistory;
}

/** A map, tagged or not, or a vector or list of maps. */
const ednStart = /^(?:;|[[(]\s*(?:[#;]|\{\s*:|$)|#[a-z_]|\{\s*:)/u;

/** Tells the format by the first line that says anything. Errors: `HistoryError` with the line. An empty text is an empty history. */
export function parseHistory(text: string): ParsedHistory {
	const first = /\S[^\n]*/u.exec(text)?.[0];
	const others = {model: 'kv', initial: undefined, timeOrigin: 0n} as const;
	if (first === undefined) return {...others, format: 'empty', history: []};
	if (ednStart.test(first)) {
		const parsed = parseEdnHistory(text);
		return {...others, ...(parsed.format === 'lab-log' ? {initial: ''} : {model: 'cas-register'}), ...parsed};
	}
	if (first.startsWith('{')) return {format: 'json-lines', ...parseJsonLines(linesOf(text))};
	if (isJepsenLine(first)) {
		return {...others, format: 'jepsen-log', model: 'cas-register', history: parseJepsenLog(linesOf(text))};
	}
	const line = text.slice(0, text.indexOf(first)).split('\n').length;
	throw new HistoryError('a history: JSON lines, a Jepsen log or EDN history, or a key/value lab log', first, line);
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
