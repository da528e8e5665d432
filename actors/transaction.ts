/**
 * Transactions as people write them, with text for keys and values: what is compared, what is done if all of it holds, what
 * if not. They go to the cluster as one operation of the key/value machine.
 */
import {unreachable} from '../src/base/errors.js';
import type {Attachment, Compare, Expected, Expiry, Part, Result, Version} from '../src/kv/types.js';
import type {PutExpiry} from './executor.js';
import {InvalidOperationError} from './clerk/results.js';
import {type Data, summandOf, valueOf} from './data.js';
import {checkNames} from './options/call-options.js';
import {OptionError} from './options/option-error.js';
import {keyOf} from './text.js';

/** What a key must be: absent, present, of this value, or of this version. */
export type KeyExpectation = 'absent' | 'present' | {readonly value: Data} | {readonly version: Version};

/** Asks whether a key is like this, or is not. */
export type TransactionCondition =
	| {readonly key: Data; readonly is: KeyExpectation}
	| {readonly key: Data; readonly isNot: KeyExpectation};

/** One operation of a transaction. */
export type TransactionStep =
	| {readonly type: 'get'; readonly key: Data}
	/** Without a deadline the key has none afterwards. */
	| ({readonly type: 'put'; readonly key: Data; readonly value: Data} & PutExpiry)
	| {readonly type: 'append'; readonly key: Data; readonly value: Data}
	| {readonly type: 'delete'; readonly key: Data}
	/** Without `by`, it adds 1. */
	| {readonly type: 'increment'; readonly key: Data; readonly by?: bigint | number}
	/** Gives a key that is there another deadline. */
	| {readonly type: 'expire'; readonly key: Data; readonly expiry: Expiry}
	/** Takes the deadline from a key. */
	| {readonly type: 'persist'; readonly key: Data};

/** What is to be done in one step. */
export interface Transaction<Do extends readonly TransactionStep[], Else extends readonly TransactionStep[]> {
	/** All must hold. @default nothing: `do` is carried out in any case */
	readonly if?: readonly TransactionCondition[];
	/** Carried out in this order if all conditions hold. */
	readonly do: Do;
	/** Carried out in this order if one of them does not. @default nothing */
	readonly else?: Else;
}

/** Types of results by types of steps. */
export type StepResultTypes = {
	readonly get: 'value';
	readonly put: 'written' | 'invalid';
	readonly append: 'written' | 'invalid';
	readonly delete: 'deleted';
	readonly increment: 'number' | 'invalid';
	readonly expire: 'expirySet';
	readonly persist: 'expirySet';
};

/** The result of one step. `invalid`: it could not be carried out, which undoes none of the others. */
export type StepResult<One extends TransactionStep> = Extract<Result, {type: StepResultTypes[One['type']]}>;

/** The results of the steps, in their order. */
export type StepResults<Steps extends readonly TransactionStep[]> = {
	readonly [Place in keyof Steps]: StepResult<Steps[Place]>;
};

/**
 * What became of a transaction. `revision`: its place among all writes, and the version of all keys that it changed; on etcd,
 * where it changed nothing, that of the store.
 */
export type TransactionResult<Do extends readonly TransactionStep[], Else extends readonly TransactionStep[]> =
	| {readonly isCommitted: true; readonly revision: Version; readonly results: StepResults<Do>}
	| {readonly isCommitted: false; readonly revision: Version; readonly results: StepResults<Else>};

const transactionNames: ReadonlySet<string> = new Set(['if', 'do', 'else']);
const conditionNames: ReadonlySet<string> = new Set(['key', 'is', 'isNot']);
const keyStepNames: ReadonlySet<string> = new Set(['type', 'key']);
const stepNames: Readonly<Record<TransactionStep['type'], ReadonlySet<string>>> = {
	get: keyStepNames,
	put: new Set(['type', 'key', 'value', 'ttlMs', 'expiresAt', 'leaseId', 'keepsExpiry']),
	append: new Set(['type', 'key', 'value']),
	delete: keyStepNames,
	increment: new Set(['type', 'key', 'by']),
	expire: new Set(['type', 'key', 'expiry']),
	persist: keyStepNames,
};

function compareOf(condition: TransactionCondition): Compare {
	checkNames(condition, conditionNames, 'condition');
	const isNegated = 'isNot' in condition;
	const key = keyOf(condition.key);
	const expectation = isNegated ? condition.isNot : condition.is;
	// A key is present where its version is not that of an absent one.
	if (expectation === 'present') return {key, expected: {version: 0}, isNegated: !isNegated};
	return {key, expected: expectedOf(expectation), isNegated};
}

function expectedOf(expectation: Exclude<KeyExpectation, 'present'>): Expected {
	if (expectation === 'absent') return {version: 0};
	if (typeof expectation === 'object' && expectation !== null) {
		if ('version' in expectation) return expectation;
		if ('value' in expectation) return {value: valueOf(expectation.value, 'condition.value')};
	}
	throw OptionError.value('condition', "'absent', 'present', {value} or {version}, under is or isNot", expectation);
}

/** Throws an `OptionError` where more than one is given. */
export function expiryOf({
	ttlMs,
	expiresAt,
	leaseId,
	keepsExpiry,
}: PutExpiry): Expiry | Attachment | 'keep' | undefined {
	const given = [ttlMs, expiresAt, leaseId, keepsExpiry === true ? true : undefined].filter(each => each !== undefined);
	if (given.length > 1) throw OptionError.value('options', 'one of ttlMs, expiresAt, leaseId and keepsExpiry', given);
	if (ttlMs !== undefined) return {ttlMs};
	if (leaseId !== undefined) return {leaseId};
	if (expiresAt !== undefined) return {expiresAt};
	return keepsExpiry === true ? 'keep' : undefined;
}

function partOf(step: TransactionStep): Part {
	checkStep(step);
	const key = keyOf(step.key);
	switch (step.type) {
		case 'get':
		case 'delete':
			return {type: step.type, key};
		case 'put': {
			const put = {type: 'put', key, value: valueOf(step.value)} as const;
			const expiry = expiryOf(step);
			return expiry === undefined ? put : {...put, expiry};
		}
		case 'append':
			return {type: 'append', key, value: valueOf(step.value)};
		case 'increment':
			return {type: 'increment', key, by: summandOf(step.by ?? 1)};
		case 'expire':
			return {type: 'expire', key, expiry: step.expiry};
		case 'persist':
			return {type: 'expire', key, expiry: 'never'};
		default:
			return unreachable(step);
	}
}

function checkStep(step: TransactionStep): void {
	if (typeof step !== 'object' || step === null) throw OptionError.value('step', 'an object', step);
	const names: ReadonlySet<string> | undefined = Object.hasOwn(stepNames, step.type) ? stepNames[step.type] : undefined;
	if (names === undefined) throw OptionError.value('step.type', Object.keys(stepNames).join(', '), step.type);
	checkNames(step, names, 'step');
}

function listOf<T>(items: readonly T[], name: string): readonly T[] {
	if (Array.isArray(items)) return items;
	throw OptionError.value(name, 'a list', items);
}

/** The transaction as the machine knows it. Throws an `OptionError` for what is none. */
export function operationOf(transaction: Transaction<readonly TransactionStep[], readonly TransactionStep[]>): {
	readonly type: 'transaction';
	readonly compares: readonly Compare[];
	readonly operations: readonly Part[];
	readonly otherwise: readonly Part[];
} {
	checkNames(transaction, transactionNames, '');
	const {if: conditions = [], do: operations, else: otherwise = []} = transaction;
	return {
		type: 'transaction',
		compares: listOf(conditions, 'if').map(compareOf),
		operations: listOf(operations, 'do').map(partOf),
		otherwise: listOf(otherwise, 'else').map(partOf),
	};
}

/** Throws an `InvalidOperationError` where its reads have found more than one answer may hold: it has run all the same. */
export function assertComplete(results: readonly Result[]): void {
	for (const result of results) {
		if (result.type === 'invalid' && result.reason === 'resultTooLarge') throw new InvalidOperationError(result.reason);
	}
}
