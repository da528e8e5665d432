import {
	isSingle,
	type KvCompare,
	type KvExpected,
	type KvHistory,
	type KvInput,
	type KvOperation,
	type KvResult,
} from '../kv-operation.js';
import {unreachable} from '../../base/errors.js';
import {replyFields} from './json-edit.js';
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
	const f = nameOf(input);
	switch (input.type) {
		case 'get':
			return {f, key: input.key};
		case 'delete':
			return {f, key: input.key, condition: input.condition};
		case 'edit':
			return {f, name: input.name, keys: input.keys, values: input.values};
		case 'put':
			return {f, key: input.key, value: input.value, condition: input.condition};
		case 'append':
			return {f, key: input.key, value: input.value};
		case 'compareAndSet':
			return {f, key: input.key, ...expectedFields(input.expected), value: input.value};
		case 'increment':
			return {f, key: input.key, by: String(input.by)};
		case 'clear':
			return {f};
		case 'batch':
			return {f, operations: input.operations.map(inputFields)};
		case 'transaction': {
			const {compares, operations, otherwise = []} = input;
			const others = otherwise.length === 0 ? {} : {otherwise: otherwise.map(inputFields)};
			return {f, compares: compares.map(compareFields), operations: operations.map(inputFields), ...others};
		}
		default:
			return unreachable(input);
	}
}

function compareFields({key, expected, isNegated}: KvCompare): Fields {
	return {key, ...expectedFields(expected), not: isNegated === true ? true : undefined};
}

function expectedFields(expected: KvExpected): Fields {
	return 'version' in expected ? {expectedVersion: expected.version} : {expected: expected.value ?? null};
}

function completion({process, return: time, input, output}: KvOperation): Fields {
	const f = nameOf(input);
	if (output === undefined) return {process, time, type: 'info', f};
	if (!isSingle(output)) {
		const told = output.type === 'batch' ? {} : {committed: output.isCommitted, revision: output.revision};
		return {process, time, type: 'ok', f, ...told, results: output.results.map(resultFields)};
	}
	const {type, ...told} = resultFields(output);
	return {process, time, type, f, ...told};
}

function resultFields(result: KvResult): Fields {
	const isRefusal = result.type === 'conditionFailed' || result.type === 'invalid';
	return {type: isRefusal ? 'fail' : 'ok', ...toldFields(result), version: result.version};
}

function toldFields(result: KvResult): Fields {
	switch (result.type) {
		case 'value':
			return {value: result.value ?? null};
		case 'written':
			return result.previous === undefined ? {} : {previous: result.previous.value ?? null};
		case 'deleted':
			return {existed: result.existed};
		case 'conditionFailed':
			return result.observed === undefined ? {} : {value: result.observed.value ?? null};
		case 'number':
			return {value: String(result.value)};
		case 'cleared':
			return {count: result.count};
		case 'edited':
			return {reply: replyFields(result.reply)};
		case 'invalid':
			return {invalid: result.reason};
		default:
			return unreachable(result);
	}
}
