/** Checks an operation where it is handed over, since a program in JavaScript can hand over anything. Costs no allocation. */
import {isInt64} from '../../src/base/int64.js';
import {isCount} from '../../src/base/plain.js';
import {editNames, fitsEdit} from '../../src/kv/edits/edit-words.js';
import {databaseOf, isDatabase} from '../../src/kv/database-name.js';
import {isKey} from '../../src/kv/key.js';
import {scanEnd} from '../../src/kv/scan-position.js';
import {changesWaitMsMax, transactionPartsMax} from '../../src/kv/operation-codec.js';
import {wordsMax} from '../../src/kv/script/script-codec.js';
import type {Compare, LeaseOperation, Operation} from '../../src/kv/types.js';
import {OptionError} from './option-error.js';

const partTypes = 'put, append, delete, compareAndSet, increment, expire, clear, script, edit or get';
const types = `${partTypes}, or batch, transaction, lease, keepChanges, getLease, scan, count or changes`;
const notParts: ReadonlySet<string> = new Set([
	'batch',
	'transaction',
	'lease',
	'keepChanges',
	'getLease',
	'scan',
	'count',
	'changes',
]);

/** Throws an `OptionError` that names the field. `path`: what the caller calls the operation. */
export function checkOperation(operation: Operation, path = 'operation'): void {
	if (typeof operation !== 'object' || operation === null) throw OptionError.value(path, 'an operation', operation);
	switch (operation.type) {
		case 'put':
			checkCondition(operation, path);
			checkKey(operation.key, path);
			checkPutExpiry(operation.expiry, path);
			return checkValue(operation.value, path, 'value');
		case 'expire':
			checkKey(operation.key, path);
			return checkExpire(operation, path);
		case 'append':
			checkKey(operation.key, path);
			return checkValue(operation.value, path, 'value');
		case 'compareAndSet':
			checkKey(operation.key, path);
			checkExpected(operation.expected, path);
			return checkValue(operation.value, path, 'value');
		case 'increment':
			checkKey(operation.key, path);
			return checkSummand(operation.by, path);
		case 'delete':
			if (operation.condition !== undefined) checkValueCondition(operation.condition, path);
			return checkKey(operation.key, path);
		case 'get':
			if (!['undefined', 'boolean'].includes(typeof operation.withoutValue))
				throw OptionError.value(`${path}.withoutValue`, 'true or false', operation.withoutValue);
			return checkKey(operation.key, path);
		case 'clear':
		case 'count':
			if (operation.database === 'all') return;
			return checkDatabase(operation.database, path, "a whole number from 0 to 15, or 'all'");
		case 'keepChanges':
			return;
		case 'scan':
			return checkScan(operation, path);
		case 'changes':
			return checkChanges(operation, path);
		case 'script':
			return checkScript(operation, path);
		case 'edit':
			return checkEdit(operation, path);
		case 'lease':
			return checkLease(operation, path);
		case 'getLease':
			checkLeaseId(operation.leaseId, path);
			if (isCount(operation.keysMax)) return;
			throw OptionError.value(`${path}.keysMax`, 'a whole number from 0 on', operation.keysMax);
		case 'batch':
			return checkParts(operation.operations, `${path}.operations`);
		case 'transaction':
			return checkTransaction(operation, path);
		default:
			throw OptionError.value(`${path}.type`, types, (operation as {readonly type?: unknown}).type);
	}
}

function checkDatabase(database: unknown, path: string, wanted = 'a whole number from 0 to 15'): void {
	if (database !== undefined && !isDatabase(database)) throw OptionError.value(`${path}.database`, wanted, database);
}

function checkLease(operation: LeaseOperation, path: string): void {
	switch (operation.action) {
		case 'grant':
			if (isCount(operation.ttlMs) && operation.ttlMs > 0) return;
			throw OptionError.value(`${path}.ttlMs`, 'a whole number of milliseconds from 1 on', operation.ttlMs);
		case 'keepAlive':
		case 'revoke':
			return checkLeaseId(operation.leaseId, path);
		default:
			throw OptionError.value(`${path}.action`, "'grant', 'keepAlive' or 'revoke'", operation satisfies never);
	}
}

function checkLeaseId(id: unknown, path: string): void {
	if (isCount(id) && id > 0) return;
	throw OptionError.value(`${path}.leaseId`, 'the id of a lease, a whole number from 1 on', id);
}

function checkKey(key: unknown, path: string): void {
	if (isKey(key)) return;
	throw OptionError.value(`${path}.key`, 'a string with one byte in each character (U+0000 to U+00FF)', key);
}

function checkValue(value: unknown, path: string, field: string): void {
	if (!(value instanceof Uint8Array)) throw OptionError.value(`${path}.${field}`, 'bytes (a Uint8Array)', value);
}

function checkEdit({name, keys, values}: Operation & {type: 'edit'}, path: string): void {
	if (!editNames.includes(name)) throw OptionError.value(`${path}.name`, editNames.join(', '), name);
	checkWords(keys, values, path);
	if (!fitsEdit(name, keys.length, values.length))
		throw OptionError.value(`${path}.keys`, `as many keys and values as ${name} has`, keys.length + values.length);
}

function checkWords(keys: readonly unknown[], values: readonly unknown[], path: string): void {
	if (!Array.isArray(keys) || !keys.every(key => isKey(key)))
		throw OptionError.value(`${path}.keys`, 'strings with one byte in each character (U+0000 to U+00FF)', keys);
	if (!Array.isArray(values) || !values.every(value => value instanceof Uint8Array))
		throw OptionError.value(`${path}.values`, 'bytes (each a Uint8Array)', values);
}

function checkScript(script: Operation & {type: 'script'}, path: string): void {
	const {source, keys, values, isReadOnly, database} = script;
	checkValue(source, path, 'source');
	checkWords(keys, values, path);
	checkDatabase(database, path);
	if (keys.some(name => databaseOf(name) > 0))
		throw OptionError.value(`${path}.keys`, 'names in a database: give `database`', keys);
	if (keys.length + values.length > wordsMax)
		throw OptionError.value(`${path}.keys`, `at most ${wordsMax} keys and values`, keys.length + values.length);
	if (isReadOnly !== undefined && typeof isReadOnly !== 'boolean')
		throw OptionError.value(`${path}.isReadOnly`, 'true, false or undefined', isReadOnly);
}

function checkCondition({condition, returnPrevious}: Operation & {type: 'put'}, path: string): void {
	if (typeof condition === 'object') checkValueCondition(condition, path);
	else if (condition !== undefined && condition !== 'absent' && condition !== 'present')
		throw OptionError.value(`${path}.condition`, "'absent', 'present', {is}, {isNot} or undefined", condition);
	if (returnPrevious !== undefined && typeof returnPrevious !== 'boolean') {
		throw OptionError.value(`${path}.returnPrevious`, 'true, false or undefined', returnPrevious);
	}
}

function checkValueCondition(condition: unknown, path: string): void {
	if (typeof condition === 'object' && condition !== null) {
		if ('is' in condition) return checkValue(condition.is, path, 'condition.is');
		if ('isNot' in condition) return checkValue(condition.isNot, path, 'condition.isNot');
	}
	throw OptionError.value(`${path}.condition`, '{is} or {isNot}, with bytes', condition);
}

function checkScan({from, to, prefix, lookedAtMax, hasValues}: Operation & {type: 'scan'}, path: string): void {
	checkPosition(from, `${path}.from`);
	if (to !== undefined) checkPosition(to, `${path}.to`);
	if (prefix !== undefined && !isKey(prefix))
		throw OptionError.value(`${path}.prefix`, 'a string with one byte in each character (U+0000 to U+00FF)', prefix);
	if (!isCount(lookedAtMax) || lookedAtMax === 0)
		throw OptionError.value(`${path}.lookedAtMax`, 'a whole number from 1 on', lookedAtMax);
	if (hasValues !== undefined && typeof hasValues !== 'boolean')
		throw OptionError.value(`${path}.hasValues`, 'true, false or undefined', hasValues);
}

function checkChanges({after, prefix, waitMs, ofAllDatabases}: Operation & {type: 'changes'}, path: string): void {
	if (after !== undefined && !isCount(after))
		throw OptionError.value(`${path}.after`, 'a revision, a whole number from 0 on', after);
	if (prefix !== undefined && !isKey(prefix))
		throw OptionError.value(`${path}.prefix`, 'a string with one byte in each character (U+0000 to U+00FF)', prefix);
	if (ofAllDatabases !== undefined && typeof ofAllDatabases !== 'boolean')
		throw OptionError.value(`${path}.ofAllDatabases`, 'true, false or undefined', ofAllDatabases);
	if (!isCount(waitMs) || waitMs > changesWaitMsMax)
		throw OptionError.value(`${path}.waitMs`, `a whole number of milliseconds from 0 to ${changesWaitMsMax}`, waitMs);
}

function checkPosition(position: unknown, path: string): void {
	if (isCount(position) && position < scanEnd) return;
	throw OptionError.value(path, `a whole number from 0, less than ${scanEnd}`, position);
}

function checkExpire({expiry, condition, order}: Operation & {type: 'expire'}, path: string): void {
	if (expiry === undefined) throw OptionError.value(`${path}.expiry`, `{ttlMs}, {expiresAt} or 'never'`, expiry);
	checkExpiry(expiry, path, 'never');
	if (condition !== undefined && condition !== 'absent' && condition !== 'present') {
		throw OptionError.value(`${path}.condition`, "'absent', 'present' or undefined", condition);
	}
	if (order !== undefined && order !== 'later' && order !== 'earlier') {
		throw OptionError.value(`${path}.order`, "'later', 'earlier' or undefined", order);
	}
}

function checkPutExpiry(expiry: unknown, path: string): void {
	if (typeof expiry === 'object' && expiry !== null && 'leaseId' in expiry)
		return checkLeaseId(expiry.leaseId, `${path}.expiry`);
	checkExpiry(expiry, path, 'keep');
}

/** `word`: what can stand in the place of a time. */
function checkExpiry(expiry: unknown, path: string, word: 'keep' | 'never'): void {
	if (expiry === undefined || expiry === word) return;
	if (typeof expiry === 'object' && expiry !== null) {
		if ('ttlMs' in expiry) return checkTime(expiry.ttlMs, `${path}.expiry.ttlMs`);
		if ('expiresAt' in expiry) return checkTime(expiry.expiresAt, `${path}.expiry.expiresAt`);
	}
	throw OptionError.value(`${path}.expiry`, `{ttlMs}, {expiresAt} or '${word}'`, expiry);
}

function checkTime(time: unknown, path: string): void {
	if (isCount(time)) return;
	throw OptionError.value(path, 'a whole number of milliseconds from 0 on', time);
}

function checkExpected(expected: unknown, path: string): void {
	if (typeof expected === 'object' && expected !== null) {
		if ('version' in expected) {
			const {version} = expected;
			if (Number.isSafeInteger(version) && (version as number) >= 0) return;
			throw OptionError.value(`${path}.expected.version`, 'a whole number from 0 on (0: the key is absent)', version);
		}
		if ('value' in expected) {
			if (expected.value === undefined) return;
			return checkValue(expected.value, path, 'expected.value');
		}
	}
	throw OptionError.value(`${path}.expected`, '{value} (undefined: the key is absent) or {version}', expected);
}

function checkSummand(by: unknown, path: string): void {
	if (typeof by === 'bigint' && isInt64(by)) return;
	throw OptionError.value(`${path}.by`, 'a bigint of 64 bits', by);
}

function checkParts(parts: readonly Operation[], path: string): void {
	if (!Array.isArray(parts)) throw OptionError.value(path, 'a list of operations', parts);
	for (const [offset, part] of parts.entries()) {
		const name = `${path}[${offset}]`;
		checkOperation(part, name);
		if (notParts.has(part.type))
			throw OptionError.value(`${name}.type`, `${partTypes} within a batch or a transaction`, part.type);
	}
}

function checkTransaction(
	{compares, operations, otherwise = [], watched = []}: Operation & {type: 'transaction'},
	path: string,
): void {
	checkCompares(compares, `${path}.compares`);
	checkParts(operations, `${path}.operations`);
	checkParts(otherwise, `${path}.otherwise`);
	if (!Array.isArray(watched)) throw OptionError.value(`${path}.watched`, 'a list of keys', watched);
	for (const [offset, key] of watched.entries()) checkKey(key, `${path}.watched[${offset}]`);
	const count = compares.length + operations.length + otherwise.length + watched.length;
	if (count > transactionPartsMax)
		throw OptionError.value(path, `at most ${transactionPartsMax} compares, operations and watched keys`, count);
}

function checkCompared(expected: unknown, path: string): void {
	if (typeof expected !== 'object' || expected === null || !('absentSince' in expected))
		return checkExpected(expected, path);
	if (isCount(expected.absentSince)) return;
	throw OptionError.value(`${path}.expected.absentSince`, 'the revision of a transaction', expected.absentSince);
}

function checkCompares(compares: readonly Compare[], path: string): void {
	if (!Array.isArray(compares)) throw OptionError.value(path, 'a list of compares', compares);
	for (const [offset, compare] of (compares as readonly Compare[]).entries()) {
		const name = `${path}[${offset}]`;
		if (typeof compare !== 'object' || compare === null) throw OptionError.value(name, 'a compare', compare);
		checkKey(compare.key, name);
		checkCompared(compare.expected, name);
		if (compare.isNegated !== undefined && typeof compare.isNegated !== 'boolean')
			throw OptionError.value(`${name}.isNegated`, 'true, false or undefined', compare.isNegated);
	}
}
