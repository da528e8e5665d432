/**
 * Operations as positional arrays, the first element an opcode: names of fields would double the size of a small entry.
 *
 *     put        0, key, value [, flags: 1 absent | 2 present | 4 returnPrevious | 8 keep the deadline
 *                                 | 16 ttlMs | 32 expiresAt | 64 is | 128 is not | 256 lease
 *                                 [, ttlMs, expiresAt or lease, or 0 before what is compared] [, what is compared]]
 *     expire    33, key, flags: 1 absent | 2 present | 4 later | 8 earlier | 16 ttlMs | 32 expiresAt [, ttlMs or expiresAt]
 *     append     1, key, value                 increment  5, key, by
 *     delete     2, key [, 64 is | 128 is not, what is compared]                    clear      6 [, database | null: all]
 *     cas        3, key, value, expected       batch      7, [operation, ...]
 *     cas        4, key, value, version        get        8, key [, true: without the value; of a read alone]
 *     scan      34, from, to | null, prefix | null, lookedAtMax, hasValues
 *     count     35 [, database | null: all]
 *     changes   45, after | null, prefix | null, waitMs [, ofAllDatabases]
 *     keepChanges  47
 *     lease     42, 0 grant | 1 keep alive | 2 revoke, ttlMs or lease    getLease  43, lease, keysMax
 *     transaction  32, [compare, ...], [operation, ...] [, [operation, ...]: otherwise [, [key, ...]: watched]]
 *     compare      key, 0 a value | 1 a version | 4 absent since a version; and 2 for not, value | null | version
 *     script    40, source, [name, ...], [value, ...], isReadOnly [, database]
 *     edit      46, number of its name, [key, ...], [value, ...]
 *
 * These bytes rest in logs: an opcode, once given, keeps its meaning.
 */
import {unreachable} from '../base/errors.js';
import {int64OfPlain, isBytes, isCount, parseAll, plainOfInt64, type Plain} from '../base/plain.js';
import {editOpcode, parseEdit, plainOfEdit} from './edits/edit-codec.js';
import {isDatabase} from './database-name.js';
import {isKey} from './key.js';
import {scanEnd} from './scan-position.js';
import {parseScript, plainOfScript, scriptOpcode} from './script/script-codec.js';
import type {
	ChangesRead,
	Compare,
	DatabaseNumber,
	Expiry,
	Key,
	LeaseOperation,
	Operation,
	Part,
	ReadOperation,
	Value,
	ValueCondition,
	WriteOperation,
} from './types.js';

/** Compares, operations and those for otherwise, in one transaction: what more has is malformed. */
export const transactionPartsMax = 16_384;

type Put = Extract<Operation, {type: 'put'}>;
type Transaction = Extract<Operation, {type: 'transaction'}>;

/** The service's own numbers are those from 9 to 31. */
const transactionOpcode = 32;
const getOpcode = 8;
const scanOpcode = 34;
const countOpcode = 35;
const comparesVersion = 1;
const comparesNot = 2;
const comparesAbsence = 4;
type Expire = Extract<Operation, {type: 'expire'}>;

const ifAbsent = 1;
const ifPresent = 2;
const putReturnPrevious = 4;
const putKeepsExpiry = 8;
const ifIs = 64;
const ifIsNot = 128;
const expireLater = 4;
const expireEarlier = 8;
const hasTtl = 16;
const hasDeadline = 32;
const hasLease = 256;

const leaseOpcode = 42;
const leaseReadOpcode = 43;
const changesOpcode = 45;
const keepChangesOpcode = 47;
/** The answer to a read of changes waits no longer, ms. */
export const changesWaitMsMax = 60_000;
const leaseActions = ['grant', 'keepAlive', 'revoke'] as const;

function flagOfCondition(condition: Put['condition']): number {
	if (condition === undefined) return 0;
	if (typeof condition === 'object') return 'is' in condition ? ifIs : ifIsNot;
	return condition === 'absent' ? ifAbsent : ifPresent;
}

const comparedBy = (condition: ValueCondition): Value => ('is' in condition ? condition.is : condition.isNot);

/** `undefined`: it is none. */
function parseValueCondition(flags: unknown, compared: unknown): ValueCondition | undefined {
	if (!isBytes(compared) || (flags !== ifIs && flags !== ifIsNot)) return undefined;
	return flags === ifIs ? {is: compared} : {isNot: compared};
}

function conditionOf(flags: number): Expire['condition'] {
	return (flags & ifAbsent) > 0 ? 'absent' : (flags & ifPresent) > 0 ? 'present' : undefined;
}

function flagOfPutExpiry(expiry: Put['expiry']): number {
	if (expiry === undefined) return 0;
	if (expiry === 'keep') return putKeepsExpiry;
	if ('leaseId' in expiry) return hasLease;
	return 'ttlMs' in expiry ? hasTtl : hasDeadline;
}

/** `undefined`: it has none. */
function timeOfPutExpiry(expiry: Put['expiry']): number | undefined {
	if (expiry === undefined || expiry === 'keep') return undefined;
	if ('leaseId' in expiry) return expiry.leaseId;
	return 'ttlMs' in expiry ? expiry.ttlMs : expiry.expiresAt;
}

function plainOfPut({key, value, condition, returnPrevious, expiry}: Put): Plain {
	const ownFlags = returnPrevious === true ? putReturnPrevious : 0;
	const flags = flagOfCondition(condition) + ownFlags + flagOfPutExpiry(expiry);
	if (flags === 0) return [0, key, value];
	const time = timeOfPutExpiry(expiry);
	if (typeof condition === 'object') return [0, key, value, flags, time ?? 0, comparedBy(condition)];
	return time === undefined ? [0, key, value, flags] : [0, key, value, flags, time];
}

function plainOfExpire({key, expiry, condition, order}: Expire): Plain {
	const orderFlag = order === undefined ? 0 : order === 'later' ? expireLater : expireEarlier;
	const flags = flagOfCondition(condition) + orderFlag;
	return expiry === 'never' ? [33, key, flags] : [33, key, ...plainOfExpiry(flags, expiry)];
}

const plainOfExpiry = (flags: number, expiry: Expiry): readonly [number, number] =>
	'ttlMs' in expiry ? [flags + hasTtl, expiry.ttlMs] : [flags + hasDeadline, expiry.expiresAt];

/** `undefined`: none is asked for; `null`: it is not valid. */
function parseExpiry(flags: number, time: unknown): Expiry | undefined | null {
	if ((flags & (hasTtl + hasDeadline)) === 0) return undefined;
	if (!isCount(time)) return null;
	return (flags & hasTtl) > 0 ? {ttlMs: time} : {expiresAt: time};
}

export function plainOfOperation(operation: Operation): Plain {
	switch (operation.type) {
		case 'put':
			return plainOfPut(operation);
		case 'append':
			return [1, operation.key, operation.value];
		case 'delete':
			if (operation.condition === undefined) return [2, operation.key];
			return [2, operation.key, flagOfCondition(operation.condition), comparedBy(operation.condition)];
		case 'compareAndSet': {
			const {key, value, expected} = operation;
			if ('version' in expected) return [4, key, value, expected.version];
			return [3, key, value, expected.value ?? null];
		}
		case 'increment':
			return [5, operation.key, plainOfInt64(operation.by)];
		case 'expire':
			return plainOfExpire(operation);
		case 'clear':
			return operation.database === undefined || operation.database === 0
				? [6]
				: [6, databaseOrAll(operation.database)];
		case 'script':
			return plainOfScript(operation);
		case 'edit':
			return plainOfEdit(operation);
		case 'batch':
			return [7, operation.operations.map(part => plainOfOperation(part))];
		case 'get':
			return [getOpcode, operation.key];
		case 'scan': {
			const {from, to, prefix, lookedAtMax, hasValues = false} = operation;
			return [scanOpcode, from, to ?? null, prefix ?? null, lookedAtMax, hasValues];
		}
		case 'count':
			return plainOfCount(operation);
		case 'transaction':
			return plainOfTransaction(operation);
		case 'lease': {
			const {action} = operation;
			const subject = action === 'grant' ? operation.ttlMs : operation.leaseId;
			return [leaseOpcode, leaseActions.indexOf(action), subject];
		}
		case 'keepChanges':
			return [keepChangesOpcode];
		case 'getLease':
			return [leaseReadOpcode, operation.leaseId, operation.keysMax];
		case 'changes':
			return plainOfChanges(operation);
		default:
			return unreachable(operation);
	}
}

const databaseOrAll = (database: DatabaseNumber | 'all'): DatabaseNumber | null =>
	database === 'all' ? null : database;

function plainOfCount({database = 0}: Extract<Operation, {type: 'count'}>): Plain {
	return database === 0 ? [countOpcode] : [countOpcode, databaseOrAll(database)];
}

function plainOfChanges({after, prefix, waitMs, ofAllDatabases = false}: ChangesRead): Plain {
	const plain = [changesOpcode, after ?? null, prefix ?? null, waitMs];
	return ofAllDatabases ? [...plain, true] : plain;
}

function plainOfTransaction({compares, operations, otherwise = [], watched = []}: Transaction): Plain {
	const parts = operations.map(part => plainOfOperation(part));
	const plain = [transactionOpcode, compares.map(compare => plainOfCompare(compare)), parts];
	if (otherwise.length + watched.length === 0) return plain;
	const others = otherwise.map(part => plainOfOperation(part));
	return watched.length === 0 ? [...plain, others] : [...plain, others, watched];
}

function plainOfCompare({key, expected, isNegated}: Compare): Plain {
	const negation = isNegated === true ? comparesNot : 0;
	if ('absentSince' in expected) return [key, comparesAbsence + negation, expected.absentSince];
	if ('version' in expected) return [key, comparesVersion + negation, expected.version];
	return [key, negation, expected.value ?? null];
}

function parseCompare([key, how, expected]: Plain): Compare | undefined {
	if (!isKey(key) || !isCount(how)) return undefined;
	const isNegated = (how & comparesNot) > 0;
	const kind = isNegated ? how - comparesNot : how;
	if (kind === comparesAbsence)
		return isCount(expected) ? {key, expected: {absentSince: expected}, isNegated} : undefined;
	if (kind > comparesVersion) return undefined;
	if (kind === comparesVersion) {
		return isCount(expected) ? {key, expected: {version: expected}, isNegated} : undefined;
	}
	return isBytes(expected) || expected === null
		? {key, expected: {value: expected ?? undefined}, isNegated}
		: undefined;
}

const parseKeys = (plain: unknown): readonly Key[] | undefined =>
	Array.isArray(plain) && plain.every(key => isKey(key)) ? plain : undefined;

function parseTransaction(plain: Plain, from: number): Transaction | undefined {
	const compares = parseAll(plain[from + 1], parseCompare);
	const operations = parseAll(plain[from + 2], part => parsePart(part));
	const otherwise = plain[from + 3] === undefined ? [] : parseAll(plain[from + 3], part => parsePart(part));
	if (compares === undefined || operations === undefined || otherwise === undefined) return undefined;
	const watched = plain[from + 4] === undefined ? [] : parseKeys(plain[from + 4]);
	if (watched === undefined) return undefined;
	if (compares.length + operations.length + otherwise.length + watched.length > transactionPartsMax) return undefined;
	if (watched.length === 0) return {type: 'transaction', compares, operations, otherwise};
	return {type: 'transaction', compares, operations, otherwise, watched};
}

function parsePut(key: string, plain: Plain, from: number): Put | undefined {
	const value = plain[from];
	const flags = plain[from + 1];
	if (!isBytes(value)) return undefined;
	if (flags === undefined) return {type: 'put', key, value};
	if (!isCount(flags) || flags > 511) return undefined;
	const comparing = flags & (ifIs + ifIsNot);
	const condition = comparing === 0 ? conditionOf(flags) : parseValueCondition(comparing, plain[from + 3]);
	const presence = flags & (ifAbsent + ifPresent);
	const isRefused = comparing === 0 ? presence === ifAbsent + ifPresent : presence > 0 || condition === undefined;
	if (isRefused) return undefined;
	const returnPrevious = (flags & putReturnPrevious) > 0;
	const expiryFlags = flags & (putKeepsExpiry + hasTtl + hasDeadline + hasLease);
	// Literals and no spreads: this is most of what it takes to parse a batch.
	if (expiryFlags === 0) return {type: 'put', key, value, condition, returnPrevious};
	const expiry = parsePutExpiry(expiryFlags, plain[from + 2]);
	return expiry && {type: 'put', key, value, condition, returnPrevious, expiry};
}

/** `undefined`: it is not valid, as with more than one of the four flags. */
function parsePutExpiry(flags: number, time: unknown): Put['expiry'] {
	if ((flags & (flags - 1)) > 0) return undefined;
	if (flags === putKeepsExpiry) return 'keep';
	if (!isCount(time)) return undefined;
	if (flags === hasLease) return time > 0 ? {leaseId: time} : undefined;
	return flags === hasTtl ? {ttlMs: time} : {expiresAt: time};
}

function parseDelete(key: string, flags: unknown, compared: unknown): Part | undefined {
	if (flags === undefined) return {type: 'delete', key};
	const condition = parseValueCondition(flags, compared);
	return condition && {type: 'delete', key, condition};
}

function parseExpire(key: string, flags: unknown, time: unknown): Expire | undefined {
	if (!isCount(flags) || flags > 63 || (flags & 3) === 3 || (flags & 12) === 12 || (flags & 48) === 48)
		return undefined;
	const expiry = parseExpiry(flags, time);
	if (expiry === null) return undefined;
	const order = (flags & expireLater) > 0 ? 'later' : (flags & expireEarlier) > 0 ? 'earlier' : undefined;
	return {type: 'expire', key, expiry: expiry ?? 'never', condition: conditionOf(flags), order};
}

function parseKeyed(opcode: unknown, key: string, plain: Plain, from: number): Part | undefined {
	const first = plain[from];
	const second = plain[from + 1];
	switch (opcode) {
		case 0:
			return parsePut(key, plain, from);
		case 33:
			return parseExpire(key, first, second);
		case 1:
			return isBytes(first) ? {type: 'append', key, value: first} : undefined;
		case 2:
			return parseDelete(key, first, second);
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
		case getOpcode:
			return {type: 'get', key};
		default:
			return undefined;
	}
}

function parseClear(database: unknown): Part | undefined {
	if (database === undefined || database === 0) return {type: 'clear'};
	if (database === null) return {type: 'clear', database: 'all'};
	return isDatabase(database) ? {type: 'clear', database} : undefined;
}

function parseCount(database: unknown): ReadOperation | undefined {
	if (database === undefined || database === 0) return {type: 'count'};
	if (database === null) return {type: 'count', database: 'all'};
	return isDatabase(database) ? {type: 'count', database} : undefined;
}

/** The operation may be behind something else in its array. */
function parsePart(plain: Plain, from = 0): Part | undefined {
	const opcode = plain[from];
	const key = plain[from + 1];
	if (opcode === 6) return parseClear(key);
	if (opcode === scriptOpcode) return parseScript(plain, from);
	if (opcode === editOpcode) return parseEdit(plain, from);
	return isKey(key) ? parseKeyed(opcode, key, plain, from + 2) : undefined;
}

function parseLease(place: unknown, subject: unknown): LeaseOperation | undefined {
	const action = isCount(place) ? leaseActions[place] : undefined;
	if (action === undefined || !isCount(subject) || subject === 0) return undefined;
	return action === 'grant' ? {type: 'lease', action, ttlMs: subject} : {type: 'lease', action, leaseId: subject};
}

/** `undefined` when this is no operation. */
function parseOperation(plain: Plain, from = 0): WriteOperation | Part | undefined {
	if (plain[from] === transactionOpcode) return parseTransaction(plain, from);
	if (plain[from] === leaseOpcode) return parseLease(plain[from + 1], plain[from + 2]);
	if (plain[from] === keepChangesOpcode) return {type: 'keepChanges'};
	if (plain[from] !== 7) return parsePart(plain, from);
	const operations = parseAll(plain[from + 1], part => parsePart(part));
	return operations === undefined ? undefined : {type: 'batch', operations};
}

export function parseWrite(plain: Plain, from = 0): WriteOperation | undefined {
	const operation = parseOperation(plain, from);
	return operation === undefined || operation.type === 'get' ? undefined : operation;
}

export const plainOfRead = (operation: ReadOperation): Plain =>
	operation.type === 'get' && operation.withoutValue === true
		? [getOpcode, operation.key, true]
		: plainOfOperation(operation);

export function parseRead(plain: Plain): ReadOperation | undefined {
	if (plain[0] === scanOpcode) return parseScan(plain);
	if (plain[0] === countOpcode) return parseCount(plain[1]);
	if (plain[0] === leaseReadOpcode) return parseLeaseRead(plain);
	if (plain[0] === changesOpcode) return parseChanges(plain);
	const operation = parseOperation(plain);
	if (operation?.type !== 'get') return undefined;
	return plain[2] === true ? {...operation, withoutValue: true} : operation;
}

function parseLeaseRead([, leaseId, keysMax]: Plain): ReadOperation | undefined {
	return isCount(leaseId) && isCount(keysMax) ? {type: 'getLease', leaseId, keysMax} : undefined;
}

function parseChanges([, after, prefix, waitMs, ofAllDatabases = false]: Plain): ReadOperation | undefined {
	if (!(after === null || isCount(after)) || !(prefix === null || isKey(prefix))) return undefined;
	if (!isCount(waitMs) || waitMs > changesWaitMsMax || typeof ofAllDatabases !== 'boolean') return undefined;
	const read = {type: 'changes', after: after ?? undefined, prefix: prefix ?? undefined, waitMs} as const;
	return ofAllDatabases ? {...read, ofAllDatabases} : read;
}

function parseScan([, from, to, prefix, lookedAtMax, hasValues]: Plain): ReadOperation | undefined {
	if (!isPosition(from) || !(to === null || isPosition(to)) || !(prefix === null || isKey(prefix))) return undefined;
	if (!isCount(lookedAtMax) || lookedAtMax === 0 || typeof hasValues !== 'boolean') return undefined;
	return {type: 'scan', from, to: to ?? undefined, prefix: prefix ?? undefined, lookedAtMax, hasValues};
}

const isPosition = (value: unknown): value is number => isCount(value) && value < scanEnd;
