import {
	isSingle,
	partsRun,
	type KvCompare,
	type KvExpected,
	type KvInput,
	type KvOutput,
	type KvPart,
	type KvReply,
	type KvResult,
} from '../kv-operation.js';
import {unreachable} from '../../base/errors.js';

const longest = 60;

/** A value for people: quoted, control characters escaped, bytes that are UTF-8 shown as the text, the middle of a long one left out. */
export function showValue(value: string | undefined): string {
	if (value === undefined) return 'absent';
	const text = decodeUtf8(value);
	if (text.length <= longest) return JSON.stringify(text);
	return `${JSON.stringify(`${text.slice(0, longest / 2)}...${text.slice(-longest / 2)}`)} (${text.length} characters)`;
}

/** `put "a" at version 7`, `get -> "a"`, ... */
export function describeKvOperation(input: KvInput, output: KvOutput | undefined): string {
	if (input.type === 'batch') {
		const results = output?.type === 'batch' ? output.results : [];
		const parts = input.operations.map((part, place) => describePart(part, results[place]));
		return `batch of ${parts.join('; ') || 'nothing'}${output === undefined ? ': unknown' : ''}`;
	}
	if (input.type === 'transaction') return describeTransaction(input, output);
	if (output !== undefined && !isSingle(output)) return `${describeInput(input)} -> results of a ${output.type}`;
	return output === undefined ? `${describeInput(input)}: unknown` : `${describeInput(input)}${describeOutput(output)}`;
}

/** `transaction if "k" is version 3: "k": put "a" -> committed at revision 7`. */
function describeTransaction(input: Extract<KvInput, {type: 'transaction'}>, output: KvOutput | undefined): string {
	const compares = input.compares.map(describeCompare).join(' and ');
	const told = output?.type === 'transaction' ? output : undefined;
	const parts = partsRun(input, told?.isCommitted ?? true).map((part, place) =>
		describePart(part, told?.results[place]),
	);
	const asked = `transaction${compares === '' ? '' : ` if ${compares}`}`;
	const how = told === undefined ? 'unknown' : told.isCommitted ? 'committed' : 'not committed';
	const revision = told?.revision === undefined ? '' : ` at revision ${told.revision}`;
	return `${asked}: ${how}${revision}: ${parts.join('; ') || 'nothing'}`;
}

function describeCompare({key, expected, isNegated}: KvCompare): string {
	return `${showValue(key)} is ${isNegated === true ? 'not ' : ''}${showExpected(expected)}`;
}

/** Of a batch or transaction: only there the key is not told elsewhere. */
function describePart(part: KvPart, result: KvResult | undefined): string {
	const key = 'key' in part ? `${showValue(part.key)}: ` : '';
	return `${key}${describeInput(part)}${result === undefined ? '' : describeOutput(result)}`;
}

function describeInput(input: KvPart): string {
	switch (input.type) {
		case 'get':
		case 'clear':
			return input.type;
		case 'delete':
			return `delete${showCondition(input.condition)}`;
		case 'edit':
			return [input.name, ...[...input.keys, ...input.values].map(showValue)].join(' ');
		case 'increment':
			return `increment by ${input.by}`;
		case 'put':
			return `put ${showValue(input.value)}${showCondition(input.condition)}`;
		case 'append':
			return `${input.type} ${showValue(input.value)}`;
		case 'compareAndSet':
			return `cas ${showExpected(input.expected)} to ${showValue(input.value)}`;
		default:
			return unreachable(input);
	}
}

function describeOutput(output: KvResult): string {
	const version = output.version === undefined ? '' : ` at version ${output.version}`;
	switch (output.type) {
		case 'value':
			return ` -> ${showValue(output.value)}${version}`;
		case 'written':
			return `${output.previous === undefined ? '' : ` -> was ${showValue(output.previous.value)}`}${version}`;
		case 'number':
			return ` -> ${output.value}${version}`;
		case 'cleared':
			return `${output.count === undefined ? '' : ` -> of ${output.count} keys`}${version}`;
		case 'edited':
			return ` -> ${showReply(output.reply)}${version}`;
		case 'invalid':
			return ` -> cannot be carried out (${output.reason})${version}`;
		case 'deleted':
			return `${output.existed === false ? ' -> was absent' : ''}${version}`;
		case 'conditionFailed':
			return ` -> refused${output.observed === undefined ? '' : `, saw ${showValue(output.observed.value)}`}${version}`;
		default:
			return unreachable(output);
	}
}

function showCondition(condition: Extract<KvPart, {type: 'put'}>['condition']): string {
	if (condition === undefined || typeof condition === 'string')
		return condition === undefined ? '' : ` if ${condition}`;
	return 'is' in condition ? ` if it is ${showValue(condition.is)}` : ` if it is not ${showValue(condition.isNot)}`;
}

function showReply(reply: KvReply): string {
	if (reply === undefined) return 'nothing';
	if (typeof reply === 'string') return showValue(reply);
	if (typeof reply === 'bigint') return String(reply);
	return reply.type === 'list' ? `[${reply.items.map(showReply).join(', ')}]` : reply.text;
}

function showExpected(expected: KvExpected): string {
	return 'version' in expected ? `version ${expected.version}` : showValue(expected.value);
}

function decodeUtf8(bytes: string): string {
	// oxlint-disable-next-line no-control-regex -- a byte string is what this looks for
	if (!/^[\u0000-\u00ff]*$/u.test(bytes) || !/[\u0080-\u00ff]/u.test(bytes)) return bytes;
	try {
		return decodeURIComponent(bytes.replaceAll(/[%\u0080-\u00ff]/gu, byte => `%${hex(byte)}`));
	} catch {
		return bytes;
	}
}

function hex(byte: string): string {
	return (byte.codePointAt(0) ?? 0).toString(16).padStart(2, '0');
}
