/**
 * Logs of the MIT 6.824 key/value lab, one EDN map a line:
 *
 *     {:process 3, :type :invoke, :f :append, :key "0", :value "x 3 1 y"}
 *
 * The order of the lines is time. The absent key reads as the empty string.
 */
import {HistoryError} from '../history-error.js';
import {HistoryBuilder} from '../history.js';
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';

const mapLine =
	/^\{:process (?<process>\d+), :type :(?<type>invoke|ok|fail|info), :f :(?<f>get|put|append), :key (?<key>"(?:[^"\\]|\\.)*"), :value (?<value>nil|"(?:[^"\\]|\\.)*")\}\s*$/u;
const expectedLine = '"{:process N, :type :invoke|:ok|:fail|:info, :f :get|:put|:append, :key "K", :value nil|"V"}"';

interface Fields {
	readonly process: string;
	readonly type: 'invoke' | 'ok' | 'fail' | 'info';
	readonly f: 'get' | 'put' | 'append';
	readonly key: string;
	readonly value: string;
}

export function parseLabLog(lines: Iterable<string>): KvHistory {
	const builder = new HistoryBuilder<KvInput, KvOutput>();
	let number = 0;
	for (const line of lines) {
		number++;
		if (line.trim() === '') continue;
		builder.atLine(number);
		const match = mapLine.exec(line)?.groups;
		if (match === undefined) throw new HistoryError(expectedLine, line, number);
		addEvent(builder, match as unknown as Fields, number);
	}
	return builder.build();
}

function addEvent(builder: HistoryBuilder<KvInput, KvOutput>, fields: Fields, line: number): void {
	const {process, type} = fields;
	if (type === 'invoke') builder.invoke(process, readInput(fields, line), line);
	else if (type === 'fail') builder.discard(process);
	else if (type === 'info') builder.loseTrack(process);
	else if (fields.f === 'get') {
		builder.complete(process, {type: 'value', value: readString(fields.value, line), version: undefined}, line);
	} else builder.complete(process, {type: 'written', version: undefined}, line);
}

function readInput({f, key, value}: Fields, line: number): KvInput {
	const name = readString(key, line) ?? '';
	if (f === 'get') return {type: 'get', key: name};
	const written = readString(value, line);
	if (written === undefined) throw new HistoryError('a string to write', value, line);
	return {type: f, key: name, value: written};
}

/** EDN's string escapes are among those of JSON. */
function readString(text: string, line: number): string | undefined {
	if (text === 'nil') return undefined;
	try {
		return JSON.parse(text.replaceAll('\t', String.raw`\t`)) as string;
	} catch {
		throw new HistoryError('a string', text, line);
	}
}
