/**
 * Outcomes as positional arrays, for replies and for the sessions' results in a snapshot.
 *
 *     value            0, value | null, version      batch          6, [result, ...]
 *     written          1, version, length [, previous]  invalid     7, reason, version
 *     deleted          2, existed, version           sessionOpened  8, session, timeout
 *     conditionFailed  3, value | null, version      sessionExpired 9
 *     number           4, value, version             alreadyAcknowledged 10
 *     cleared          5, count, version             sessionFull    11
 *                                                    outOfOrder     12
 */
import {unreachable} from '../base/errors.js';
import {int64OfPlain, isBytes, isCount, parseAll, plainOfInt64, type Plain} from '../base/plain.js';
import type {Outcome, Result} from './types.js';

type Invalid = Extract<Result, {type: 'invalid'}>;

const reasons: readonly Invalid['reason'][] = [
	'notANumber',
	'numberOverflow',
	'valueTooLarge',
	'malformed',
	'outOfMemory',
];

function plainOfResult(result: Result): Plain {
	switch (result.type) {
		case 'value':
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
		case 'batch':
			return [6, result.results.map(part => plainOfResult(part))];
		case 'invalid':
			return [7, reasons.indexOf(result.reason), result.version];
		default:
			return unreachable(result);
	}
}

export function plainOfOutcome(outcome: Outcome): Plain {
	switch (outcome.type) {
		case 'sessionOpened':
			return [8, outcome.session, outcome.timeoutMs];
		case 'sessionExpired':
			return [9];
		case 'alreadyAcknowledged':
			return [10];
		case 'sessionFull':
			return [11];
		case 'outOfOrder':
			return [12];
		default:
			return plainOfResult(outcome);
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

function parseWritten(version: unknown, length: unknown, previous: unknown): Result | undefined {
	if (!isCount(version) || !isCount(length)) return undefined;
	if (previous === undefined) return {type: 'written', version, length};
	return isBytes(previous) ? {type: 'written', version, length, previous} : undefined;
}

/** `undefined` when this is no result of an operation. */
export function parseResult(plain: Plain): Result | undefined {
	const [kind, first, second, third] = plain;
	if (kind === 1) return parseWritten(first, second, third);
	if (kind === 6) {
		const results = parseAll(first, parseResult);
		return results && {type: 'batch', results};
	}
	return isCount(second) ? parseVersioned(kind, first, second) : undefined;
}

function parseOpened(session: unknown, timeoutMs: unknown): Outcome | undefined {
	return isCount(session) && isCount(timeoutMs) ? {type: 'sessionOpened', session, timeoutMs} : undefined;
}

/** `undefined` when this is no outcome. */
export function parseOutcome(plain: Plain): Outcome | undefined {
	switch (plain[0]) {
		case 8:
			return parseOpened(plain[1], plain[2]);
		case 9:
			return {type: 'sessionExpired'};
		case 10:
			return {type: 'alreadyAcknowledged'};
		case 11:
			return {type: 'sessionFull'};
		case 12:
			return {type: 'outOfOrder'};
		default:
			return parseResult(plain);
	}
}
