/**
 * Jepsen logs of compare-and-set registers, as its versions have written them, and its `history.txt`:
 *
 *     INFO  jepsen.util - 3  :invoke  :cas  [1 4]
 *     INFO [2017-03-31 18:16:12,020] jepsen worker 3 - jepsen.util 3  :invoke  :cas  [1 4]
 *     2018-09-04 09:55:47,108{GMT}  INFO  [jepsen worker 3] jepsen.util: 3  :invoke  :cas  [1 4]
 *     3  :invoke  :cas  [1 4]
 *
 * The order of the lines is time. Whatever else a log holds is passed over, but never a line that may be an operation.
 */
import {HistoryError} from '../history-error.js';
import {HistoryBuilder} from '../history.js';
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import {readEdn, type Edn} from './edn.js';
import {RegisterEvents} from './register-events.js';

const logLine = /^(?:\d{4}-\d\d-\d\d\S*\s+\S+\s+)?(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b/u;
/** What follows the log's own words; in `history.txt` it is the whole line. */
const operation =
	/(?:^|\s)(?<process>\d+|:nemesis)\s+:(?<type>invoke|ok|fail|info)\s+:(?<f>[^\s,]+)(?:\s+(?<rest>.*\S))?\s*$/u;
/**
 * What only an operation's line has: a process behind the logger's name, or alone at the beginning; an event's type before a
 * function; and a worker's or the logger's name with nothing behind it, in a line that was cut off.
 */
const operationSigns: readonly RegExp[] = [
	/\bjepsen\.util:?(?:\s+-)?(?:\s+(?:\d+|:\w+)(?!\S)|\s*$)/u,
	/^\s*(?:\d+|:nemesis)\s+:?[a-z]/u,
	/(?<!:type)\s:(?:invoke|ok|fail|info)\s+:[a-z]/u,
	/\bjepsen worker \d+\]?(?:\s+-)?(?:\s+[\w.]*:?)?$/u,
];
const expectedLine = '"PROCESS :invoke|:ok|:fail|:info :read|:write|:cas VALUE", after the words of the log';

/** Whether a line is one of a log, or of `history.txt`. */
export function isJepsenLine(line: string): boolean {
	return logLine.test(line) || operation.test(line);
}

export function parseJepsenLog(lines: Iterable<string>): KvHistory {
	const builder = new HistoryBuilder<KvInput, KvOutput>();
	const events = new RegisterEvents(builder);
	let number = 0;
	let isLog = false;
	for (const line of lines) {
		number++;
		if (line.trim() === '') continue;
		isLog ||= logLine.test(line);
		const found = operation.exec(line)?.groups;
		if (found !== undefined) addEvent(events, found as unknown as Fields, number);
		else if (!isLog || operationSigns.some(sign => sign.test(line))) throw new HistoryError(expectedLine, line, number);
	}
	return builder.build();
}

interface Fields {
	readonly process: string;
	readonly type: string;
	readonly f: string;
	readonly rest: string | undefined;
}

function addEvent(events: RegisterEvents, {process, type, f, rest = ''}: Fields, line: number): void {
	// What the nemesis does is done to the service, not asked of it.
	if (process === ':nemesis') return;
	// Reasons are for people, and need not be EDN.
	const isReason = type === 'fail' || type === 'info';
	const [value, ...more] = isReason ? tryRead(rest, line) : readAll(rest, line);
	events.add({
		line,
		process,
		type,
		f,
		value: isReason || more.length === 0 ? value : undefined,
		hasReason: more.length > 0,
	});
}

function readAll(text: string, line: number): Edn[] {
	// In a vector of our own, so that one around the value is not taken for one around all.
	return [...readEdn(`[${text}]`, line)].map(({form}) => form);
}

function tryRead(text: string, line: number): Edn[] {
	try {
		return readAll(text, line);
	} catch (error) {
		if (error instanceof HistoryError) return [];
		throw error;
	}
}
