/** What each operation does to the store. Nothing here knows of logs or sessions. */
import {unreachable} from '../base/errors.js';
import {isInt64} from '../base/int64.js';
import type {Stored} from './shard.js';
import type {ChangeDetails} from './changes/changes.js';
import type {ChangeEvent} from './changes/change-event.js';
import {databaseCount, databaseOf, keyInDatabase} from './database-name.js';
import {runEdit} from './edits/edit.js';
import type {Execution, KeyValues} from './execution.js';
import {mayReturnValue} from './operation-bytes.js';
import {changeLease} from './lease-operations.js';
import {momentAfter} from './leases.js';
import type {
	Attachment,
	Compare,
	Expected,
	Expiry,
	GetOperation,
	Key,
	NamedOperation,
	Operation,
	Part,
	Result,
	Value,
} from './types.js';
import {bytesOfResult} from './words.js';

type Of<Type extends Operation['type']> = Extract<Operation, {type: Type}>;

/** In an array of its own: the result is kept until its client has it, and what is stored changes in place. */
const copyOf = (value: Value): Value => new Uint8Array(value);

const conditionFailed = (current: Stored | undefined): Result => ({
	type: 'conditionFailed',
	value: current && copyOf(current.value),
	version: current?.version ?? 0,
});

/** As `KeyValues.set` takes it. */
function untilOf(current: Stored | undefined): number {
	if (current?.leaseId !== undefined) return -current.leaseId;
	return current?.expiresAt ?? 0;
}

const momentOf = (expiry: Expiry, now: number): number =>
	'ttlMs' in expiry ? momentAfter(now, expiry.ttlMs) : expiry.expiresAt;

const isAttachment = (expiry: Expiry | Attachment | 'keep' | undefined): expiry is Attachment =>
	typeof expiry === 'object' && 'leaseId' in expiry;

/** What is written, until when, and what it is called. */
interface Written {
	readonly value: Value;
	readonly until?: number;
	readonly event: ChangeEvent;
	readonly setsDeadline?: boolean;
}

/** Sets the key, and tells so. */
function set(
	{store, version, changes}: Execution,
	key: string,
	{value, until = 0, event, setsDeadline}: Written,
): void {
	const isNew = store.set(key, value, version, until);
	changes?.note(event, version, key, value, setsDeadline === true ? {isNew, setsDeadline} : isNew ? newKey : undefined);
}

const newKey: ChangeDetails = {isNew: true};

function write(execution: Execution, key: string, written: Written): Result {
	const {store, version, valueBytesMax} = execution;
	const {length} = written.value;
	if (length > valueBytesMax) {
		return {type: 'invalid', reason: 'valueTooLarge', version: store.get(key)?.version ?? 0};
	}
	set(execution, key, written);
	return {type: 'written', version, length};
}

/** Deletes the key, and tells so. Whether it was there. */
function erase({store, version, changes}: Execution, key: string, event: ChangeEvent): boolean {
	const existed = store.delete(key);
	if (existed) changes?.note(event, version, key);
	return existed;
}

function isMet(condition: Exclude<Of<'put'>['condition'], undefined>, current: Stored | undefined): boolean {
	if (condition === 'absent') return current === undefined;
	if (condition === 'present') return current !== undefined;
	return 'is' in condition ? isSame(current?.value, condition.is) : !isSame(current?.value, condition.isNot);
}

function remove(execution: Execution, {key, condition}: Of<'delete'>): Result {
	const {store, version} = execution;
	if (condition !== undefined) {
		const current = store.get(key);
		if (!isMet(condition, current)) return conditionFailed(current);
	}
	return {type: 'deleted', existed: erase(execution, key, 'del'), version};
}

function untilAfter(expiry: Of<'put'>['expiry'], current: Stored | undefined, now: number): number {
	if (expiry === undefined) return 0;
	if (expiry === 'keep') return untilOf(current);
	return isAttachment(expiry) ? -expiry.leaseId : momentOf(expiry, now);
}

function put(execution: Execution, {key, value, condition, returnPrevious, expiry}: Of<'put'>): Result {
	if (condition === undefined && returnPrevious !== true && expiry === undefined)
		return write(execution, key, {value, event: 'set'});
	const {store, now} = execution;
	const current = store.get(key);
	if (condition !== undefined && !isMet(condition, current)) return conditionFailed(current);
	if (isAttachment(expiry) && (databaseOf(key) > 0 || store.leases?.get(expiry.leaseId) === undefined))
		return {type: 'invalid', reason: 'noSuchLease', version: current?.version ?? 0};
	const previous = returnPrevious === true && current !== undefined ? copyOf(current.value) : undefined;
	const until = untilAfter(expiry, current, now);
	const setsDeadline = typeof expiry === 'object' && !isAttachment(expiry);
	const isOver = setsDeadline && until <= now;
	const result = write(execution, key, {value, until: isOver ? 0 : until, event: 'set', setsDeadline});
	if (result.type !== 'written') return result;
	if (isOver) erase(execution, key, 'expired');
	return previous === undefined ? result : {type: 'written', version: result.version, length: result.length, previous};
}

function expire(execution: Execution, {key, expiry, condition, order}: Of<'expire'>): Result {
	const {store, version, now} = execution;
	const current = store.get(key);
	const unchanged: Result = {type: 'expirySet', isSet: false, version: current?.version ?? 0};
	if (current === undefined) return unchanged;
	const before = current.expiresAt ?? Infinity;
	const after = expiry === 'never' ? Infinity : momentOf(expiry, now);
	if (expiry === 'never' && before === Infinity) return unchanged;
	if (condition !== undefined && (condition === 'present') !== before < Infinity) return unchanged;
	if (order !== undefined && (order === 'later' ? after <= before : after >= before)) return unchanged;
	if (after <= now) erase(execution, key, 'del');
	else {
		const until = after === Infinity ? 0 : after;
		set(execution, key, {value: copyOf(current.value), until, event: expiry === 'never' ? 'persist' : 'expire'});
	}
	return {type: 'expirySet', isSet: true, version};
}

function append(execution: Execution, {key, value}: Of<'append'>): Result {
	const current = execution.store.get(key);
	if (current === undefined) return write(execution, key, {value, event: 'append'});
	const length = current.value.length + value.length;
	if (length > execution.valueBytesMax) {
		return {type: 'invalid', reason: 'valueTooLarge', version: current.version};
	}
	const joined = new Uint8Array(length);
	joined.set(current.value);
	joined.set(value, current.value.length);
	set(execution, key, {value: joined, until: untilOf(current), event: 'append'});
	return {type: 'written', version: execution.version, length};
}

function isSame(one: Value | undefined, other: Value | undefined): boolean {
	if (one?.length !== other?.length) return false;
	return one === undefined || one.every((byte, offset) => byte === other?.[offset]);
}

function matches(current: Stored | undefined, expected: Expected): boolean {
	if ('version' in expected) return (current?.version ?? 0) === expected.version;
	return isSame(current?.value, expected.value);
}

function compareAndSet(execution: Execution, {key, expected, value}: Of<'compareAndSet'>): Result {
	const current = execution.store.get(key);
	return matches(current, expected) ? write(execution, key, {value, event: 'set'}) : conditionFailed(current);
}

/** A signed decimal number as one would write it: no plus, no leading zeros, no blanks. */
const decimal = /^(?:0|-?[1-9][0-9]{0,18})$/;

const decimalLengthMax = 20;

/** `undefined` when the value is not a signed 64-bit decimal number. */
function numberOf(value: Value): bigint | undefined {
	if (value.length > decimalLengthMax) return undefined;
	const text = String.fromCharCode(...value);
	const number = decimal.test(text) ? BigInt(text) : undefined;
	return number !== undefined && isInt64(number) ? number : undefined;
}

function increment(execution: Execution, {key, by}: Of<'increment'>): Result {
	const {store, version} = execution;
	const current = store.get(key);
	const unchanged = current?.version ?? 0;
	const number = current === undefined ? 0n : numberOf(current.value);
	if (number === undefined) return {type: 'invalid', reason: 'notANumber', version: unchanged};
	const sum = number + by;
	if (!isInt64(sum)) return {type: 'invalid', reason: 'numberOverflow', version: unchanged};
	const value = Uint8Array.from(sum.toString(), digit => digit.charCodeAt(0));
	set(execution, key, {value, until: untilOf(current), event: 'incrby'});
	return {type: 'number', value: sum, version};
}

function valueResult(value: Value | undefined, current: Stored | undefined): Extract<Result, {type: 'value'}> {
	const version = current?.version ?? 0;
	const expiresAt = current?.expiresAt;
	return expiresAt === undefined ? {type: 'value', value, version} : {type: 'value', value, version, expiresAt};
}

/** The value as the store has it: who keeps the result, copies it. */
export function readKey(store: Pick<KeyValues, 'get'>, key: Key): Extract<Result, {type: 'value'}> {
	const current = store.get(key);
	return valueResult(current?.value, current);
}

/** As `readKey`, without the value where it need not be told. */
export function readOf(
	store: Pick<KeyValues, 'get'>,
	{key, withoutValue}: GetOperation,
): Extract<Result, {type: 'value'}> {
	const result = readKey(store, key);
	if (withoutValue !== true || result.value === undefined) return result;
	return {...result, value: undefined, length: result.value.length};
}

function readCopy(store: KeyValues, key: Key): Result {
	const current = store.get(key);
	return valueResult(current && copyOf(current.value), current);
}

/**
 * Beyond this no part of a transaction that may bring a value is run: its answer is one piece, held in memory by every
 * replica until its client has it.
 */
const transactionResultBytesMax = 16 * 2 ** 20;

function holds(store: KeyValues, {key, expected, isNegated = false}: Compare): boolean {
	if ('absentSince' in expected) return store.isAbsentSince(key, expected.absentSince) !== isNegated;
	return matches(store.get(key), expected) !== isNegated;
}

function transaction(execution: Execution, operation: Of<'transaction'>): Result {
	const {store, version} = execution;
	const {compares, operations, otherwise = [], watched = []} = operation;
	const isCommitted = compares.every(compare => holds(store, compare));
	for (const key of watched) {
		if (store.get(key) === undefined && !store.watch(key, version))
			return {type: 'invalid', reason: 'notWatched', version: 0};
	}
	const parts = isCommitted ? operations : otherwise;
	return {type: 'transaction', isCommitted, revision: version, results: runBounded(execution, parts)};
}

function runBounded(execution: Execution, parts: readonly Part[]): readonly Result[] {
	let bytes = 0;
	return parts.map(part => {
		const result =
			bytes >= transactionResultBytesMax && mayReturnValue(part) ? tooMuch(execution, part) : execute(execution, part);
		bytes += bytesOfResult(result);
		return result;
	});
}

function tooMuch({store}: Execution, part: Part): Result {
	const version = 'key' in part ? (store.get(part.key)?.version ?? 0) : 0;
	return {type: 'invalid', reason: 'resultTooLarge', version};
}

function clear({store, version, changes}: Execution, {database = 0}: Of<'clear'>): Result {
	const count = store.clear(database);
	for (let each = 0; each < databaseCount; each += 1)
		if (database === 'all' || database === each) changes?.note('clear', version, keyInDatabase(each, ''));
	return {type: 'cleared', count, version};
}

const noLease: Result = {type: 'invalid', reason: 'noSuchLease', version: 0};

/** Runs the operation; the same state, operation and version give the same result and state, everywhere. */
export function execute(execution: Execution, operation: NamedOperation): Result {
	const {store} = execution;
	switch (operation.type) {
		case 'put':
			return put(execution, operation);
		case 'append':
			return append(execution, operation);
		case 'delete':
			return remove(execution, operation);
		case 'compareAndSet':
			return compareAndSet(execution, operation);
		case 'increment':
			return increment(execution, operation);
		case 'expire':
			return expire(execution, operation);
		case 'clear':
			return clear(execution, operation);
		case 'script':
			return execution.runScript?.(execution, operation) ?? {type: 'invalid', reason: 'malformed', version: 0};
		case 'edit':
			return runEdit(execution, operation);
		case 'batch':
			return {type: 'batch', results: operation.operations.map(part => execute(execution, part))};
		case 'transaction':
			return transaction(execution, operation);
		case 'get':
			return readCopy(store, operation.key);
		case 'keepChanges':
			// The machine's own: it changes no key.
			return {type: 'changes', revision: execution.version, changes: []};
		case 'lease':
			return store.leases === undefined ? noLease : changeLease(store.leases, operation, execution);
		default:
			return unreachable(operation);
	}
}
