/** What a run has been through of keys and values, counted by kind: see `Coverage`. */
import type {Operation, Result} from '../../kv/types.js';
import {modelDatabase} from './model-database.js';
import {textOf} from './operation-text.js';
import {sharedCoverageKinds, type Coverage} from '../coverage.js';

/** All kinds of what can become of an operation. */
export const kvCoverageKinds = [
	'get of a value',
	'get of nothing',
	'put: written',
	'put: too large',
	'put if absent: written',
	'put if absent: refused',
	'put if present: written',
	'put if present: refused',
	'put if of a value: written',
	'put if of a value: refused',
	'put with previous: a value',
	'put with previous: none',
	'append: written',
	'append: too large',
	'delete of a value',
	'delete of nothing',
	'delete if of a value: refused',
	'compareAndSet by value: written',
	'compareAndSet by value: refused',
	'compareAndSet by version: written',
	'compareAndSet by version: refused',
	'compareAndSet from absent: written',
	'compareAndSet from absent: refused',
	'compareAndSet: too large',
	'increment: done',
	'increment: no number',
	'increment: overflow',
	'put with a deadline: written',
	'expire: set',
	'expire: not set',
	'key gone at its deadline',
	'lease: granted',
	'lease: kept alive',
	'lease: revoked',
	'lease: not there',
	'put with a lease: written',
	'put with a lease: no such lease',
	'clear of keys',
	'clear of another database',
	'clear of all databases',
	'batch',
	'batch of a hundred or more',
	'transaction: committed',
	'transaction: not committed',
	'transaction: committed, and a part failed',
	'transaction: watches',
	'transaction: absent since, committed',
	'transaction: absent since, not committed',
	'script: done',
	'script: failed',
	'edit: done',
	'edit: refused',
	'move to another database',
	'exchange of databases',
	'exchange of database 0',
	'write to another database',
	'script in another database',
	'state of a thousand keys',
	'scan to the end',
	'scan of another database',
	'scan of a part',
	'count of keys',
	'watch: changes kept',
	'watch: begun',
	'watch: changes',
	'watch: no change',
	'watch: compacted',
	'watch: a revision of several changes',
] as const;

/** All kinds of what a run of keys and values can meet. */
export const coverageKinds: readonly string[] = [...sharedCoverageKinds, ...kvCoverageKinds];

/** The log has run a write. */
export function coverRun(coverage: Coverage, operation: Operation, result: Result): void {
	if ('key' in operation && modelDatabase(operation.key) > 0) coverage.count('write to another database');
	switch (operation.type) {
		case 'put':
			coverPut(coverage, operation, result);
			return;
		case 'append':
			coverage.count(result.type === 'written' ? 'append: written' : 'append: too large');
			return;
		case 'compareAndSet': {
			const {expected} = operation;
			const isAbsent = 'version' in expected ? expected.version === 0 : expected.value === undefined;
			const how = isAbsent ? 'from absent' : 'version' in expected ? 'by version' : 'by value';
			if (result.type === 'invalid') coverage.count('compareAndSet: too large');
			else coverage.count(`compareAndSet ${how}: ${result.type === 'written' ? 'written' : 'refused'}`);
			return;
		}
		case 'increment':
			if (result.type === 'invalid')
				coverage.count(`increment: ${result.reason === 'notANumber' ? 'no number' : 'overflow'}`);
			else coverage.count('increment: done');
			return;
		case 'delete':
			if (result.type === 'conditionFailed') coverage.count('delete if of a value: refused');
			else coverage.count(result.type === 'deleted' && result.existed ? 'delete of a value' : 'delete of nothing');
			return;
		case 'expire':
			if (result.type === 'expirySet') coverage.count(result.isSet ? 'expire: set' : 'expire: not set');
			return;
		case 'clear':
			if (result.type === 'cleared' && result.count > 0) coverage.count(clearKind(operation));
			return;
		case 'batch':
			coverage.count(operation.operations.length >= 100 ? 'batch of a hundred or more' : 'batch');
			if (result.type !== 'batch') return;
			for (const [place, part] of operation.operations.entries())
				coverRun(coverage, part, result.results[place] as Result);
			return;
		case 'script':
			if (result.type === 'scripted') coverage.count(result.isApplied ? 'script: done' : 'script: failed');
			if (operation.database !== undefined) coverage.count('script in another database');
			return;
		case 'edit':
			if (result.type === 'scripted') coverEdit(coverage, operation, result);
			return;
		case 'transaction':
			coverTransaction(coverage, operation, result);
			return;
		case 'keepChanges':
			coverage.count('watch: changes kept');
			return;
		case 'lease':
			return coverLease(coverage, operation, result);
		case 'get':
		case 'scan':
		case 'count':
		case 'getLease':
		case 'changes':
			return;
		default:
			operation satisfies never;
	}
}

function clearKind({database = 0}: Extract<Operation, {type: 'clear'}>): string {
	if (database === 'all') return 'clear of all databases';
	return database === 0 ? 'clear of keys' : 'clear of another database';
}

function coverEdit(
	coverage: Coverage,
	{name, values}: Extract<Operation, {type: 'edit'}>,
	{isApplied, reply}: Extract<Result, {type: 'scripted'}>,
): void {
	coverage.count(isApplied ? 'edit: done' : 'edit: refused');
	if (name === 'move' && reply === 1n) coverage.count('move to another database');
	if (name !== 'swapdb' || !isApplied) return;
	const isFirst = values.some(value => textOf(value) === '0');
	coverage.count(isFirst ? 'exchange of database 0' : 'exchange of databases');
}

function coverTransaction(
	coverage: Coverage,
	{compares, operations, otherwise = [], watched = []}: Extract<Operation, {type: 'transaction'}>,
	result: Result,
): void {
	if (result.type !== 'transaction') return;
	const {isCommitted, results} = result;
	const hasFailed = results.some(({type}) => type === 'conditionFailed' || type === 'invalid');
	const outcome = isCommitted ? 'committed' : 'not committed';
	coverage.count(`transaction: ${outcome}`);
	if (watched.length > 0) coverage.count('transaction: watches');
	if (compares.some(({expected}) => 'absentSince' in expected)) coverage.count(`transaction: absent since, ${outcome}`);
	if (isCommitted && hasFailed) coverage.count('transaction: committed, and a part failed');
	for (const [place, part] of (isCommitted ? operations : otherwise).entries())
		coverRun(coverage, part, results[place] as Result);
}

function coverLease(coverage: Coverage, {action}: Extract<Operation, {type: 'lease'}>, result: Result): void {
	if (result.type !== 'lease') return;
	const done = {grant: 'granted', keepAlive: 'kept alive', revoke: 'revoked'} as const;
	coverage.count(result.isThere ? `lease: ${done[action]}` : 'lease: not there');
}

function coverPut(
	coverage: Coverage,
	{condition, returnPrevious, expiry}: Extract<Operation, {type: 'put'}>,
	result: Result,
): void {
	if (result.type === 'invalid')
		return coverage.count(result.reason === 'noSuchLease' ? 'put with a lease: no such lease' : 'put: too large');
	if (typeof expiry === 'object' && 'leaseId' in expiry && result.type === 'written')
		coverage.count('put with a lease: written');
	else if (expiry !== undefined && result.type === 'written') coverage.count('put with a deadline: written');
	const how = condition === undefined ? 'put' : `put if ${typeof condition === 'object' ? 'of a value' : condition}`;
	coverage.count(`${how}: ${result.type === 'written' ? 'written' : 'refused'}`);
	if (returnPrevious !== true || result.type !== 'written') return;
	coverage.count(`put with previous: ${result.previous === undefined ? 'none' : 'a value'}`);
}
