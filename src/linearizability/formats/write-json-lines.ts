import type {KvExpected, KvHistory, KvInput, KvOperation, KvOutput} from '../kv-operation.js';
import {unreachable} from '../unreachable.js';
import {formatName, formatVersion, type JsonLinesHeader} from './json-lines.js';

type Fields = Readonly<Record<string, unknown>>;

/** A history as JSON lines, without line ends; `parseJsonLines` reads it back. */
export function* writeJsonLines(history: KvHistory, header: JsonLinesHeader): Iterable<string> {
	const {model, initial} = header;
	yield JSON.stringify({format: formatName, version: formatVersion, model, initial});
	for (const {offset, isReturn} of eventsOf(history)) {
		const operation = history[offset] as KvOperation;
		const {process, call, input, output} = operation;
		if (isReturn) {
			yield JSON.stringify(completion(operation));
			continue;
		}
		yield JSON.stringify({process, time: call, type: 'invoke', ...inputFields(input)});
		if (output === undefined) yield JSON.stringify({process, time: call, type: 'info', f: nameOf(input)});
	}
}

/** By time; at equal times by operation, so that each process's own order is kept. */
function eventsOf(history: KvHistory): {readonly offset: number; readonly isReturn: boolean}[] {
	const events = history.flatMap((operation, offset) => {
		const call = {offset, isReturn: false, time: operation.call};
		return operation.output === undefined ? [call] : [call, {offset, isReturn: true, time: operation.return}];
	});
	return events.sort((a, b) => a.time - b.time || a.offset - b.offset || Number(a.isReturn) - Number(b.isReturn));
}

function nameOf(input: KvInput): string {
	return input.type === 'compareAndSet' ? 'cas' : input.type;
}

function inputFields(input: KvInput): Fields {
	const {key} = input;
	const f = nameOf(input);
	if (input.type === 'get' || input.type === 'delete') return {f, key};
	if (input.type !== 'compareAndSet') return {f, key, value: input.value};
	return {f, key, ...expectedFields(input.expected), value: input.value};
}

function expectedFields(expected: KvExpected): Fields {
	return 'version' in expected ? {expectedVersion: expected.version} : {expected: expected.value ?? null};
}

function completion({process, return: time, input, output}: KvOperation): Fields {
	const event = {process, time, type: output?.type === 'conditionFailed' ? 'fail' : 'ok', f: nameOf(input)};
	return output === undefined ? event : {...event, ...outputFields(output), version: output.version};
}

function outputFields(output: KvOutput): Fields {
	switch (output.type) {
		case 'value':
			return {value: output.value ?? null};
		case 'written':
			return {};
		case 'deleted':
			return {existed: output.existed};
		case 'conditionFailed':
			return output.observed === undefined ? {} : {value: output.observed.value ?? null};
		default:
			return unreachable(output);
	}
}
