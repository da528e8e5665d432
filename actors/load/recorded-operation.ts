/** The service's words and those of recorded histories, each for the other. */
import type {Expected, NamedOperation, Part, Result, ScriptReply, Value, ValueCondition} from '../../src/kv/types.js';
import {
	partsRun,
	type KvExpected,
	type KvInput,
	type KvOutput,
	type KvPart,
	type KvReply,
	type KvResult,
	type KvValueCondition,
} from '../../src/linearizability/kv-operation.js';
import {unreachable} from '../../src/base/errors.js';

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
export function operationOf(input: KvInput): NamedOperation {
	if (input.type === 'batch') return {type: 'batch', operations: input.operations.map(partOf)};
	if (input.type !== 'transaction') return partOf(input);
	const {compares, operations, otherwise = []} = input;
	return {
		type: 'transaction',
		compares: compares.map(({key, expected, isNegated}) => ({key, expected: expectedOf(expected), isNegated})),
		operations: operations.map(partOf),
		otherwise: otherwise.map(partOf),
	};
}

function partOf(input: KvPart): Part {
	switch (input.type) {
		case 'get':
		case 'increment':
		case 'clear':
			return input;
		case 'delete':
			return {...input, condition: input.condition && conditionOf(input.condition)};
		case 'edit':
			return {...input, values: input.values.map(bytesOfText)};
		case 'put': {
			const {condition} = input;
			const asked = typeof condition === 'object' ? conditionOf(condition) : condition;
			return {...input, value: bytesOfText(input.value), condition: asked, returnPrevious: condition !== undefined};
		}
		case 'append':
			return {...input, value: bytesOfText(input.value)};
		case 'compareAndSet':
			return {...input, expected: expectedOf(input.expected), value: bytesOfText(input.value)};
		default:
			return unreachable(input);
	}
}

const conditionOf = (condition: KvValueCondition): ValueCondition =>
	'is' in condition ? {is: bytesOfText(condition.is)} : {isNot: bytesOfText(condition.isNot)};

function expectedOf(expected: KvExpected): Expected {
	if ('version' in expected) return expected;
	return {value: expected.value === undefined ? undefined : bytesOfText(expected.value)};
}

/** What `operationOf(input)` was answered. */
export function outputOf(input: KvInput, result: Result): KvOutput {
	if (input.type !== 'batch' && input.type !== 'transaction') return resultOf(input, result);
	if (result.type === 'batch' && input.type === 'batch') {
		return {type: 'batch', results: input.operations.map((part, offset) => resultOf(part, result.results[offset]))};
	}
	if (result.type !== 'transaction' || input.type !== 'transaction') {
		throw new TypeError(`a ${input.type} was answered with ${result.type}`);
	}
	const {isCommitted, revision, results} = result;
	const parts = partsRun(input, isCommitted);
	return {
		type: 'transaction',
		isCommitted,
		revision,
		results: parts.map((part, offset) => resultOf(part, results[offset])),
	};
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
		case 'scripted':
			return {type: 'edited', reply: replyOf(result.reply), version: result.version};
		case 'invalid': {
			const {reason} = result;
			// An edit can have several keys: the service tells the version of none.
			const version = input.type === 'edit' ? undefined : result.version;
			if (reason === 'notANumber' || reason === 'numberOverflow' || reason === 'valueTooLarge')
				return {type: 'invalid', reason, version};
			throw new TypeError(`${input.type} was answered with ${reason}`);
		}
		default:
			throw new TypeError(`${input.type} was answered with ${result?.type}`);
	}
}

function replyOf(reply: ScriptReply): KvReply {
	if (typeof reply === 'string' || typeof reply === 'bigint' || reply === undefined) return reply;
	if (typeof reply !== 'boolean') {
		if (reply.type === 'status' || reply.type === 'error') return reply;
		if (reply.type === 'list') return {type: 'list', items: reply.items.map(replyOf)};
	}
	throw new TypeError(`an edit was answered with ${JSON.stringify(reply)}`);
}
