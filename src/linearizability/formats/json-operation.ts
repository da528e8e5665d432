/** What a line says of its operation: see the tables in docs/checker.md. */
import {
	invalidReasons,
	partsRun,
	type KvCompare,
	type KvExpected,
	type KvInput,
	type KvInvalidReason,
	type KvOutput,
	type KvPart,
	type KvResult,
	type KvValueCondition,
} from '../kv-operation.js';
import {isInt64} from '../../base/int64.js';
import {isConditional} from '../models/key-effect.js';
import {readEdit, readReply, valueConditionOf} from './json-edit.js';
import {show, type JsonFields} from './json-fields.js';

export const inputFields = [
	'f',
	'key',
	'value',
	'expected',
	'expectedVersion',
	'condition',
	'by',
	'name',
	'keys',
	'values',
];
export const okFields = ['version', 'existed', 'previous', 'count', 'reply'];
export const failFields = ['version', 'invalid'];

const compareFields: ReadonlySet<string> = new Set(['key', 'expected', 'expectedVersion', 'not']);
const partFields: ReadonlySet<string> = new Set(inputFields);
const okResultFields: ReadonlySet<string> = new Set(['type', 'value', ...okFields]);
const failResultFields: ReadonlySet<string> = new Set(['type', 'value', ...failFields]);

export function readInput(fields: JsonFields): KvInput {
	const f = fields.get('f');
	if (f === 'batch') return {type: f, operations: readParts(fields, 'operations')};
	if (f !== 'transaction') return readPart(fields);
	const compares = fields.list('compares').map(readCompare);
	const otherwise = fields.has('otherwise') ? {otherwise: readParts(fields, 'otherwise')} : {};
	return {type: f, compares, operations: readParts(fields, 'operations'), ...otherwise};
}

function readParts(fields: JsonFields, name: string): readonly KvPart[] {
	return fields.list(name).map(part => {
		part.allowOnly(partFields);
		return readPart(part);
	});
}

function readCompare(fields: JsonFields): KvCompare {
	fields.allowOnly(compareFields);
	const compare = {key: fields.string('key'), expected: readExpected(fields)};
	return fields.optionalBoolean('not') === true ? {...compare, isNegated: true} : compare;
}

function readPart(fields: JsonFields): KvPart {
	const key = fields.string('key', '');
	const f = fields.get('f');
	switch (f) {
		case 'get':
			return {type: f, key};
		case 'delete':
			return {type: f, key, ...readValueCondition(fields)};
		case 'put':
			return {type: f, key, value: fields.string('value'), ...readCondition(fields)};
		case 'append':
			return {type: f, key, value: fields.string('value')};
		case 'cas':
			return {type: 'compareAndSet', key, expected: readExpected(fields), value: fields.string('value')};
		case 'increment':
			return {type: f, key, by: readInt64(fields, 'by')};
		case 'edit':
			return readEdit(fields);
		case 'clear':
			return {type: f};
		default:
			throw fields.error(
				'"f" to be get, put, append, delete, cas, increment, edit, clear, batch or transaction',
				show(f),
			);
	}
}

function readCondition(fields: JsonFields): {readonly condition?: 'absent' | 'present' | KvValueCondition} {
	const condition = fields.get('condition');
	return condition === 'absent' || condition === 'present' ? {condition} : readValueCondition(fields);
}

function readValueCondition(fields: JsonFields): {readonly condition?: KvValueCondition} {
	if (!fields.has('condition')) return {};
	const condition = valueConditionOf(fields.get('condition'));
	if (condition !== undefined) return {condition};
	throw fields.error('"condition" that this operation can have', show(fields.get('condition')));
}

function readExpected(fields: JsonFields): KvExpected {
	const version = fields.optionalCount('expectedVersion');
	if (fields.has('expected') === (version !== undefined)) {
		throw fields.error('"expected" or "expectedVersion"', version === undefined ? 'neither' : 'both');
	}
	return version === undefined ? {value: fields.optionalString('expected')} : {version};
}

function readInt64(fields: JsonFields, name: string): bigint {
	const number = fields.optionalInteger(name);
	if (number !== undefined && isInt64(number)) return number;
	throw fields.error(`"${name}": a whole number of 64 bits`, show(fields.get(name)));
}

/** A completion that says something else than its invocation is a mistake. */
export function assertAsInvoked(fields: JsonFields, input: KvInput): void {
	for (const [name, value] of Object.entries(fieldsAsInvoked(input))) {
		if (!fields.has(name) || show(fields.get(name)) === show(value)) continue;
		// What a get reads and an increment makes is told by the completion alone, as is what a refusal saw.
		if (name === 'value' && fields.get('type') !== 'ok') continue;
		if (name === 'by' && value === String(fields.get(name))) continue;
		throw fields.error(`"${name}":${show(value)}, as invoked`, show(fields.get(name)));
	}
}

function fieldsAsInvoked(input: KvInput): Readonly<Record<string, unknown>> {
	const f = input.type === 'compareAndSet' ? 'cas' : input.type;
	if (input.type === 'edit') return {f, name: input.name, keys: input.keys, values: input.values};
	if (!('key' in input)) return {f};
	const {key} = input;
	const value = 'value' in input ? {value: input.value} : {};
	switch (input.type) {
		case 'put':
		case 'delete':
			return {f, key, ...value, condition: input.condition};
		case 'compareAndSet': {
			const {expected} = input;
			const asked =
				'version' in expected
					? {expected: undefined, expectedVersion: expected.version}
					: {expected: expected.value ?? null, expectedVersion: undefined};
			return {f, key, ...value, ...asked};
		}
		case 'increment':
			return {f, key, by: String(input.by)};
		default:
			return {f, key, ...value};
	}
}

export function readOutput(fields: JsonFields, input: KvInput): KvOutput {
	if (input.type === 'batch') return {type: 'batch', results: readResults(fields, input.operations)};
	if (input.type !== 'transaction') return readResult(fields, input);
	const isCommitted = fields.optionalBoolean('committed');
	if (isCommitted === undefined) throw fields.error('"committed": true or false', 'none');
	const results = readResults(fields, partsRun(input, isCommitted));
	return {type: 'transaction', isCommitted, revision: fields.optionalCount('revision'), results};
}

function readResults(fields: JsonFields, parts: readonly KvPart[]): readonly KvResult[] {
	const results = fields.list('results');
	if (results.length !== parts.length) throw fields.error(`${parts.length} "results"`, String(results.length));
	return results.map((result, place) => readPartResult(result, parts[place] as KvPart));
}

function readPartResult(fields: JsonFields, input: KvPart): KvResult {
	const type = fields.get('type');
	if (type === 'ok') {
		fields.allowOnly(okResultFields);
		return readResult(fields, input);
	}
	if (type !== 'fail') throw fields.error('"type" of a result to be ok or fail', show(type));
	fields.allowOnly(failResultFields);
	const failure = readFailure(fields, input);
	if (failure !== undefined) return failure;
	throw fields.error('a result that this operation can have', fields.text);
}

function readResult(fields: JsonFields, input: KvPart): KvResult {
	const version = fields.optionalCount('version');
	switch (input.type) {
		case 'get':
			if (!fields.has('value')) throw fields.error('"value": what was read, null for an absent key', 'none');
			return {type: 'value', value: fields.optionalString('value'), version};
		case 'delete':
			return {type: 'deleted', existed: fields.optionalBoolean('existed'), version};
		case 'increment':
			return {type: 'number', value: readInt64(fields, 'value'), version};
		case 'edit':
			return {type: 'edited', reply: readReply(fields), version};
		case 'clear':
			return {type: 'cleared', count: fields.optionalCount('count'), version};
		case 'put':
			if (fields.has('previous')) {
				return {type: 'written', version, previous: {value: fields.optionalString('previous')}};
			}
			return {type: 'written', version};
		default:
			return {type: 'written', version};
	}
}

/** `undefined`: it was not run, and that is all that is known. */
export function readFailure(fields: JsonFields, input: KvInput): KvResult | undefined {
	const version = fields.optionalCount('version');
	if (fields.has('invalid')) return {type: 'invalid', reason: readReason(fields), version};
	if (!('key' in input) || !isConditional(input) || fields.has('error')) return undefined;
	const observed = fields.has('value') ? {value: fields.optionalString('value')} : undefined;
	return {type: 'conditionFailed', observed, version};
}

function readReason(fields: JsonFields): KvInvalidReason {
	const reason = invalidReasons.find(each => each === fields.get('invalid'));
	if (reason !== undefined) return reason;
	throw fields.error(`"invalid" to be ${invalidReasons.join(', ')}`, show(fields.get('invalid')));
}
