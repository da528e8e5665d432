/**
 * Op lines of Jepsen logs of one compare-and-set register:
 *
 *     INFO  jepsen.util - 3  :invoke  :cas  [1 4]
 *
 * The order of the lines is time. A failed cas is evidence: the register did not hold what it asked for; a failed read or
 * write was not run.
 */
import {HistoryError} from '../history-error.js';
import {HistoryBuilder} from '../history.js';
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';

const operationLine =
	/jepsen\.util - (?<process>\d+)\s+:(?<type>invoke|ok|fail|info)\s+:(?<f>read|write|cas)\s+(?<argument>.*\S)\s*$/u;
/** Logs hold more than operations; a line of an operation is told by its process and keyword. */
const looksLikeOperation = /jepsen\.util - \d+\s+:/u;
const logLine = /^(?:TRACE|DEBUG|INFO|WARN|ERROR)\b/u;
const expectedLine = '"INFO  jepsen.util - PROCESS :invoke|:ok|:fail|:info :read|:write|:cas ARGUMENT"';

export function parseJepsenLog(lines: Iterable<string>): KvHistory {
	const builder = new HistoryBuilder<KvInput, KvOutput>();
	let number = 0;
	for (const line of lines) {
		number++;
		builder.atLine(number);
		if (line.trim() === '') continue;
		const match = operationLine.exec(line)?.groups;
		if (match !== undefined) addEvent(builder, match as unknown as Fields, number);
		else if (looksLikeOperation.test(line) || !logLine.test(line)) throw new HistoryError(expectedLine, line, number);
	}
	return builder.build();
}

interface Fields {
	readonly process: string;
	readonly type: 'invoke' | 'ok' | 'fail' | 'info';
	readonly f: 'read' | 'write' | 'cas';
	readonly argument: string;
}

function addEvent(builder: HistoryBuilder<KvInput, KvOutput>, fields: Fields, line: number): void {
	const {process, type, f, argument} = fields;
	if (type === 'invoke') builder.invoke(process, readInput(f, argument, line), line);
	else if (type === 'info') builder.loseTrack(process);
	else if (type === 'fail' && f === 'cas' && argument !== ':timed-out') {
		builder.complete(process, {type: 'conditionFailed', observed: undefined, version: undefined}, line);
	} else if (type === 'fail') builder.discard(process);
	else if (f === 'read') {
		builder.complete(process, {type: 'value', value: readValue(argument, line), version: undefined}, line);
	} else builder.complete(process, {type: 'written', version: undefined}, line);
}

function readInput(f: Fields['f'], argument: string, line: number): KvInput {
	if (f === 'read') return {type: 'get', key: ''};
	if (f === 'write') return {type: 'put', key: '', value: argument};
	const [, from, to] = /^\[(?<from>\S+)\s+(?<to>\S+)\]$/u.exec(argument) ?? [];
	if (from === undefined || to === undefined) throw new HistoryError('"[FROM TO]"', argument, line);
	return {type: 'compareAndSet', key: '', expected: {value: readValue(from, line)}, value: to};
}

function readValue(argument: string, line: number): string | undefined {
	if (argument.startsWith(':')) throw new HistoryError('a value or nil', argument, line);
	return argument === 'nil' ? undefined : argument;
}
