/**
 * Results as positional arrays, for replies and for what sessions keep in a snapshot.
 *
 *     value            0, value | null, version [, expiresAt]    number   4, value, version
 *                      0, null, version, expiresAt | null, length
 *     written          1, version, length [, previous]    cleared  5, count, version
 *     deleted          2, existed, version                batch    6, [result, ...]
 *     conditionFailed  3, value | null, version           invalid  7, reason, version
 *     transaction      32, isCommitted, revision, [result, ...]
 *     expirySet       33, isSet, version
 *     keys            34, revision, next | null, [key, ...], [version, ...] [, [value, ...]]
 *     count           35, count, revision [, [count, expiringCount, expireAfterMs, ...]: of each database]
 *     scripted        40, reply, isApplied, version
 *     changes         44, revision, [revision, ...], [event, ...], [key, ...], [value, ...]
 *     compacted       45, revision
 *     lease           42, isThere, lease, ttlMs, expiresAt, version [, keyCount, [key, ...]]
 *
 * These bytes rest in snapshots: a number, once given, keeps its meaning.
 */
import {unreachable} from '../base/errors.js';
import {int64OfPlain, isBytes, isCount, parseAll, plainOfInt64, type Plain} from '../base/plain.js';
import {isKey} from './key.js';
import {parseScripted, plainOfScripted, scriptOpcode} from './script/script-codec.js';
import {codeOf, parseCode} from './changes/changes.js';
import type {Change, Result} from './types.js';

type LeaseResult = Extract<Result, {type: 'lease'}>;
type Invalid = Extract<Result, {type: 'invalid'}>;

const reasons: readonly Invalid['reason'][] = [
	'notANumber',
	'numberOverflow',
	'valueTooLarge',
	'malformed',
	'outOfMemory',
	'resultTooLarge',
	'notWatched',
	'noSuchLease',
	'tooManyLeases',
];

/** The service's own numbers are those from 9 to 31. */
const transactionNumber = 32;
const leaseNumber = 42;
const changesNumber = 44;
const compactedNumber = 45;

export function plainOfResult(result: Result): Plain {
	switch (result.type) {
		case 'value':
			if (result.length !== undefined) return [0, null, result.version, result.expiresAt ?? null, result.length];
			if (result.expiresAt !== undefined) return [0, result.value ?? null, result.version, result.expiresAt];
			return [0, result.value ?? null, result.version];
		case 'written': {
			const {version, length, previous} = result;
			return previous === undefined ? [1, version, length] : [1, version, length, previous];
		}
		case 'deleted':
			return [2, result.existed, result.version];
		case 'conditionFailed':
			return [3, result.value ?? null, result.version];
		case 'number':
			return [4, plainOfInt64(result.value), result.version];
		case 'cleared':
			return [5, result.count, result.version];
		case 'scripted':
			return plainOfScripted(result);
		case 'expirySet':
			return [33, result.isSet, result.version];
		case 'keys': {
			const {revision, next, keys, versions, values} = result;
			const plain = [34, revision, next ?? null, keys, versions];
			return values === undefined ? plain : [...plain, values];
		}
		case 'count':
			return plainOfCount(result);
		case 'lease':
			return plainOfLease(result);
		case 'changes':
			return plainOfChanges(result);
		case 'compacted':
			return [compactedNumber, result.revision];
		case 'batch':
			return [6, result.results.map(part => plainOfResult(part))];
		case 'transaction': {
			const {isCommitted, revision, results} = result;
			return [transactionNumber, isCommitted, revision, results.map(part => plainOfResult(part))];
		}
		case 'invalid':
			return [7, reasons.indexOf(result.reason), result.version];
		default:
			return unreachable(result);
	}
}

function parseVersioned(kind: unknown, first: unknown, version: number): Result | undefined {
	switch (kind) {
		case 0:
		case 3: {
			if (!isBytes(first) && first !== null) return undefined;
			return {type: kind === 0 ? 'value' : 'conditionFailed', value: first ?? undefined, version};
		}
		case 2:
			return typeof first === 'boolean' ? {type: 'deleted', existed: first, version} : undefined;
		case 4: {
			const value = int64OfPlain(first);
			return value === undefined ? undefined : {type: 'number', value, version};
		}
		case 33:
			return typeof first === 'boolean' ? {type: 'expirySet', isSet: first, version} : undefined;
		case 35:
			return isCount(first) ? {type: 'count', count: first, revision: version} : undefined;
		case 5:
			return isCount(first) ? {type: 'cleared', count: first, version} : undefined;
		case 7: {
			const reason = isCount(first) ? reasons[first] : undefined;
			return reason && {type: 'invalid', reason, version};
		}
		default:
			return undefined;
	}
}

function plainOfLease({isThere, leaseId, ttlMs, expiresAt, version, keyCount, keys}: LeaseResult): Plain {
	const plain = [leaseNumber, isThere, leaseId, ttlMs, expiresAt, version];
	return keyCount === undefined ? plain : [...plain, keyCount, keys];
}

function plainOfChanges({revision, changes}: Extract<Result, {type: 'changes'}>): Plain {
	const revisions = changes.map(change => change.revision);
	const codes = changes.map(change => codeOf(change));
	const keys = changes.map(({key}) => key);
	return [changesNumber, revision, revisions, codes, keys, changes.map(({value}) => value)];
}

function parseChanges([, revision, revisions, codes, keys, values]: Plain): Result | undefined {
	if (!isCount(revision) || !isListOf(revisions, isCount) || !isListOf(codes, isCount)) return undefined;
	if (!isListOf(keys, isKey) || !isListOf(values, isBytes)) return undefined;
	if (codes.length !== revisions.length || keys.length !== codes.length || values.length !== codes.length)
		return undefined;
	const changes: Change[] = [];
	for (const [place, code] of codes.entries()) {
		const kind = parseCode(code);
		if (kind === undefined) return undefined;
		const [at, key, value] = [revisions[place], keys[place], values[place]] as [number, string, Uint8Array];
		changes.push({...kind, revision: at, key, value});
	}
	return {type: 'changes', revision, changes};
}

function parseLease([, isThere, leaseId, ttlMs, expiresAt, version, keyCount, keys]: Plain): LeaseResult | undefined {
	if (typeof isThere !== 'boolean' || !isCount(leaseId) || !isCount(ttlMs)) return undefined;
	if (!isCount(expiresAt) || !isCount(version)) return undefined;
	if (keyCount === undefined) return {type: 'lease', isThere, leaseId, ttlMs, expiresAt, version};
	if (!isCount(keyCount) || !Array.isArray(keys) || !keys.every(key => isKey(key))) return undefined;
	return {type: 'lease', isThere, leaseId, ttlMs, expiresAt, version, keyCount, keys};
}

function parseWritten(version: unknown, length: unknown, previous: unknown): Result | undefined {
	if (!isCount(version) || !isCount(length)) return undefined;
	if (previous === undefined) return {type: 'written', version, length};
	return isBytes(previous) ? {type: 'written', version, length, previous} : undefined;
}

function plainOfCount({count, revision, databases}: Extract<Result, {type: 'count'}>): Plain {
	if (databases === undefined) return [35, count, revision];
	return [35, count, revision, databases.flatMap(each => [each.count, each.expiringCount, each.expireAfterMs])];
}

function parseCounts([, count, revision, numbers]: Plain): Result | undefined {
	if (!isCount(count) || !isCount(revision) || !isListOf(numbers, isCount) || numbers.length % 3 !== 0)
		return undefined;
	const databases = Array.from({length: numbers.length / 3}, (_, place) => {
		const [keys, expiringCount, expireAfterMs] = numbers.slice(place * 3) as [number, number, number];
		return {count: keys, expiringCount, expireAfterMs};
	});
	return {type: 'count', count, revision, databases};
}

function parseExpiring(value: unknown, version: unknown, expiresAt: unknown): Result | undefined {
	if (!isBytes(value) || !isCount(version) || !isCount(expiresAt)) return undefined;
	return {type: 'value', value, version, expiresAt};
}

function parseBrief([, , version, expiresAt, length]: Plain): Result | undefined {
	if (!isCount(version) || !(expiresAt === null || isCount(expiresAt)) || !isCount(length)) return undefined;
	const brief = {type: 'value', value: undefined, version, length} as const;
	return expiresAt === null ? brief : {...brief, expiresAt};
}

function parseKeys([, revision, next, keys, versions, values]: Plain): Result | undefined {
	if (!isCount(revision) || !(next === null || isCount(next))) return undefined;
	if (!isListOf(keys, isKey) || !isListOf(versions, isCount) || versions.length !== keys.length) return undefined;
	const from = next ?? undefined;
	if (values === undefined) return {type: 'keys', revision, next: from, keys, versions};
	if (!isListOf(values, isBytes) || values.length !== keys.length) return undefined;
	return {type: 'keys', revision, next: from, keys, versions, values};
}

function isListOf<T>(list: unknown, isItem: (item: unknown) => item is T): list is readonly T[] {
	return Array.isArray(list) && list.every(item => isItem(item));
}

/** `undefined` when this is no result of an operation. */
export function parseResult(plain: Plain): Result | undefined {
	// No destructuring: its iterator shows in what clients do for each operation.
	const kind = plain[0];
	const first = plain[1];
	const second = plain[2];
	if (kind === 1) return parseWritten(first, second, plain[3]);
	if (kind === 0 && plain[4] !== undefined) return parseBrief(plain);
	if (kind === 0 && plain[3] !== undefined) return parseExpiring(first, second, plain[3]);
	if (kind === 34) return parseKeys(plain);
	if (kind === 35 && plain[3] !== undefined) return parseCounts(plain);
	if (kind === scriptOpcode) return parseScripted(plain);
	if (kind === leaseNumber) return parseLease(plain);
	if (kind === changesNumber) return parseChanges(plain);
	if (kind === compactedNumber) return isCount(first) ? {type: 'compacted', revision: first} : undefined;
	if (kind === 6) {
		const results = parseAll(first, parseResult);
		return results && {type: 'batch', results};
	}
	if (kind === transactionNumber) {
		const results = parseAll(plain[3], parseResult);
		if (typeof first !== 'boolean' || !isCount(second) || results === undefined) return undefined;
		return {type: 'transaction', isCommitted: first, revision: second, results};
	}
	return isCount(second) ? parseVersioned(kind, first, second) : undefined;
}
