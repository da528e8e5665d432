/** The service's words and those of recorded histories, each for the other. */
import type {Operation, ReadOperation, Result, Value, WriteOperation} from '../../src/kv/types.js';
import type {KvInput, KvOutput, KvPart, KvResult} from '../../src/linearizability/kv-operation.js';
import {unreachable} from '../../src/base/errors.js';

type Part = Exclude<WriteOperation, {type: 'batch'}> | ReadOperation;

/** One character a byte. */
function textOfBytes(bytes: Value): string;
function textOfBytes(bytes: Value | undefined): string | undefined;
function textOfBytes(bytes: Value | undefined): string | undefined {
	return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function bytesOfText(text: string): Value {
	return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** A put with a condition asks for what was there before, too: it is evidence. */
export function operationOf(input: KvInput): Operation {
	return input.type === 'batch' ? {type: 'batch', operations: input.operations.map(partOf)} : partOf(input);
}

function partOf(input: KvPart): Part {
	switch (input.type) {
		case 'get':
		case 'delete':
		case 'increment':
		case 'clear':
			return input;
		case 'put':
			return {...input, value: bytesOfText(input.value), returnPrevious: input.condition !== undefined};
		case 'append':
			return {...input, value: bytesOfText(input.value)};
		case 'compareAndSet': {
			const {expected} = input;
			const value = 'value' in expected && expected.value !== undefined ? bytesOfText(expected.value) : undefined;
			return {...input, expected: 'version' in expected ? expected : {value}, value: bytesOfText(input.value)};
		}
		default:
			return unreachable(input);
	}
}

/** What `operationOf(input)` was answered. */
export function outputOf(input: KvInput, result: Result): KvOutput {
	if (input.type !== 'batch') return resultOf(input, result);
	if (result.type !== 'batch') throw new TypeError(`a batch was answered with ${result.type}`);
	return {type: 'batch', results: input.operations.map((part, offset) => resultOf(part, result.results[offset]))};
}

function resultOf(input: KvPart, result: Result | undefined): KvResult {
	switch (result?.type) {
		case 'value':
			return {type: 'value', value: textOfBytes(result.value), version: result.version};
		case 'written': {
			const {version} = result;
			if (input.type !== 'put' || input.condition === undefined) return {type: 'written', version};
			return {type: 'written', version, previous: {value: textOfBytes(result.previous)}};
		}
		case 'conditionFailed':
			return {type: 'conditionFailed', observed: {value: textOfBytes(result.value)}, version: result.version};
		case 'deleted':
		case 'number':
		case 'cleared':
			return result;
		case 'invalid': {
			const {reason, version} = result;
			if (reason !== 'malformed' && reason !== 'outOfMemory') return {type: 'invalid', reason, version};
			throw new TypeError(`${input.type} was answered with ${reason}`);
		}
		default:
			throw new TypeError(`${input.type} was answered with ${result?.type}`);
	}
}
