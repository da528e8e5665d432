/**
 * Operations as positional arrays, the first element an opcode: names of fields would double the size of a small entry.
 *
 *     put        0, key, value [, flags: 1 absent | 2 present | 4 returnPrevious]
 *     append     1, key, value                 increment  5, key, by
 *     delete     2, key                        clear      6
 *     cas        3, key, value, expected       batch      7, [operation, ...]
 *     cas        4, key, value, version        get        8, key
 *     transaction  32, [compare, ...], [operation, ...] [, [operation, ...]: otherwise]
 *     compare      key, 0 a value | 1 a version | 2 not the value | 3 not the version, value | null | version
 *
 * These bytes rest in logs: an opcode, once given, keeps its meaning.
 */
import {unreachable} from '../base/errors.js';
import {int64OfPlain, isBytes, isCount, parseAll, plainOfInt64, type Plain} from '../base/plain.js';
import {isKey} from './key.js';
import type {Compare, Operation, Part, ReadOperation, WriteOperation} from './types.js';

/** Compares, operations and those for otherwise, in one transaction: what more has is malformed. */
export const transactionPartsMax = 16_384;

type Put = Extract<Operation, {type: 'put'}>;
type Transaction = Extract<Operation, {type: 'transaction'}>;

/** The service's own numbers are those from 9 to 31. */
const transactionOpcode = 32;
const comparesVersion = 1;
const comparesNot = 2;

const putAbsent = 1;
const putPresent = 2;
const putReturnPrevious = 4;

function plainOfPut({key, value, condition, returnPrevious}: Put): Plain {
	const conditionFlag = condition === undefined ? 0 : condition === 'absent' ? putAbsent : putPresent;
	const flags = conditionFlag + (returnPrevious === true ? putReturnPrevious : 0);
	return flags === 0 ? [0, key, value] : [0, key, value, flags];
}

export function plainOfOperation(operation: Operation): Plain {
	switch (operation.type) {
		case 'put':
			return plainOfPut(operation);
		case 'append':
			return [1, operation.key, operation.value];
		case 'delete':
			return [2, operation.key];
		case 'compareAndSet': {
			const {key, value, expected} = operation;
			if ('version' in expected) return [4, key, value, expected.version];
			return [3, key, value, expected.value ?? null];
		}
		case 'increment':
			return [5, operation.key, plainOfInt64(operation.by)];
		case 'clear':
			return [6];
		case 'batch':
			return [7, operation.operations.map(part => plainOfOperation(part))];
		case 'get':
			return [8, operation.key];
		case 'transaction':
			return plainOfTransaction(operation);
		default:
			return unreachable(operation);
	}
}

function plainOfTransaction({compares, operations, otherwise = []}: Transaction): Plain {
	const parts = operations.map(part => plainOfOperation(part));
	const plain = [transactionOpcode, compares.map(compare => plainOfCompare(compare)), parts];
	return otherwise.length === 0 ? plain : [...plain, otherwise.map(part => plainOfOperation(part))];
}

function plainOfCompare({key, expected, isNegated}: Compare): Plain {
	const negation = isNegated === true ? comparesNot : 0;
	if ('version' in expected) return [key, comparesVersion + negation, expected.version];
	return [key, negation, expected.value ?? null];
}

function parseCompare([key, how, expected]: Plain): Compare | undefined {
	if (!isKey(key) || !isCount(how) || how > comparesVersion + comparesNot) return undefined;
	const isNegated = (how & comparesNot) > 0;
	if ((how & comparesVersion) > 0) {
		return isCount(expected) ? {key, expected: {version: expected}, isNegated} : undefined;
	}
	return isBytes(expected) || expected === null
		? {key, expected: {value: expected ?? undefined}, isNegated}
		: undefined;
}

function parseTransaction(plain: Plain, from: number): Transaction | undefined {
	const compares = parseAll(plain[from + 1], parseCompare);
	const operations = parseAll(plain[from + 2], part => parsePart(part));
	const otherwise = plain[from + 3] === undefined ? [] : parseAll(plain[from + 3], part => parsePart(part));
	if (compares === undefined || operations === undefined || otherwise === undefined) return undefined;
	if (compares.length + operations.length + otherwise.length > transactionPartsMax) return undefined;
	return {type: 'transaction', compares, operations, otherwise};
}

function parsePut(key: string, value: unknown, flags: unknown): Put | undefined {
	if (!isBytes(value)) return undefined;
	if (flags === undefined) return {type: 'put', key, value};
	if (!isCount(flags) || flags > 7 || (flags & 3) === 3) return undefined;
	const condition = (flags & putAbsent) > 0 ? 'absent' : (flags & putPresent) > 0 ? 'present' : undefined;
	return {type: 'put', key, value, condition, returnPrevious: (flags & putReturnPrevious) > 0};
}

function parseKeyed(opcode: unknown, key: string, first: unknown, second: unknown): Part | undefined {
	switch (opcode) {
		case 0:
			return parsePut(key, first, second);
		case 1:
			return isBytes(first) ? {type: 'append', key, value: first} : undefined;
		case 2:
			return {type: 'delete', key};
		case 3: {
			if (!isBytes(first) || !(isBytes(second) || second === null)) return undefined;
			return {type: 'compareAndSet', key, value: first, expected: {value: second ?? undefined}};
		}
		case 4:
			return isBytes(first) && isCount(second)
				? {type: 'compareAndSet', key, value: first, expected: {version: second}}
				: undefined;
		case 5: {
			const by = int64OfPlain(first);
			return by === undefined ? undefined : {type: 'increment', key, by};
		}
		case 8:
			return {type: 'get', key};
		default:
			return undefined;
	}
}

/** The operation may be behind something else in its array. */
function parsePart(plain: Plain, from = 0): Part | undefined {
	const opcode = plain[from];
	const key = plain[from + 1];
	if (opcode === 6) return {type: 'clear'};
	return isKey(key) ? parseKeyed(opcode, key, plain[from + 2], plain[from + 3]) : undefined;
}

/** `undefined` when this is no operation. */
function parseOperation(plain: Plain, from = 0): Operation | undefined {
	if (plain[from] === transactionOpcode) return parseTransaction(plain, from);
	if (plain[from] !== 7) return parsePart(plain, from);
	const operations = parseAll(plain[from + 1], part => parsePart(part));
	return operations === undefined ? undefined : {type: 'batch', operations};
}

export function parseWrite(plain: Plain, from = 0): WriteOperation | undefined {
	const operation = parseOperation(plain, from);
	return operation === undefined || operation.type === 'get' ? undefined : operation;
}

export function parseRead(plain: Plain): ReadOperation | undefined {
	const operation = parseOperation(plain);
	return operation?.type === 'get' ? operation : undefined;
}
