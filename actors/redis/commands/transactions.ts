/** MULTI, EXEC and DISCARD; WATCH and UNWATCH. An EXEC is one operation of the machine: see `transaction` there. */
import {keyInDatabase} from '../../../src/kv/database-name.js';
import type {Operation, Result} from '../../../src/kv/types.js';
import type {ClientState} from '../client-state.js';
import {
	comparesOf,
	type Conversation,
	type QueuedTransaction,
	type Watch,
	watchedKeysMax,
	watchOperation,
} from '../queued-transaction.js';
import type {RefusedModes} from '../refused-modes.js';
import {
	allKeys,
	type NoOperation,
	type RedisCommand,
	expectResult,
	keyAt,
	type Plan,
	refuse,
	replyOk,
	type Settled,
} from './command.js';
import {Failure} from './failure.js';
import {failureText, invalidText} from './failures.js';

/** In Redis' words, which clients know as "nothing of the transaction was executed". */
const discarded = (why: string): string => `EXECABORT Transaction discarded because of${why}`;

function planMulti(_: readonly Buffer[], __: unknown, {transactions, database}: RefusedModes): Plan {
	if (transactions.queued !== undefined) return refuse('ERR MULTI calls can not be nested');
	transactions.begin(database);
	return {type: 'local', reply: replyOk};
}

function planDiscard(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	if (modes.transactions.queued === undefined) return refuse('ERR DISCARD without MULTI');
	modes.endTransaction();
	return {type: 'local', reply: replyOk};
}

function planUnwatch(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	// Within a transaction it is queued, and EXEC ends the watching anyway.
	if (transactions.queued === undefined) transactions.unwatch();
	return {type: 'local', reply: replyOk};
}

function planWatch(parts: readonly Buffer[], _: unknown, {transactions, database}: RefusedModes): Plan {
	if (transactions.queued !== undefined) return refuse('ERR WATCH inside MULTI is not allowed');
	const keys = parts.slice(1).map((__, offset) => keyInDatabase(database, keyAt(parts, offset + 1)));
	const watch = transactions.watch(keys);
	if (watch === undefined)
		return refuse(`ERR more than ${watchedKeysMax} keys, or too long ones, are watched: send UNWATCH, and watch fewer`);
	return {
		type: 'write',
		operation: watchOperation(keys),
		reply(out, result) {
			watch.compares = comparesOf(keys, expectResult(result, 'transaction'));
			replyOk(out);
		},
	};
}

function planExec(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	const {transactions, database} = modes;
	const {queued} = transactions;
	// What is watched stays watched: there was nothing to end.
	if (queued === undefined) return refuse('ERR EXEC without MULTI');
	const watches = transactions.end();
	// Until it is known whether a SELECT in it is carried out.
	modes.database = queued.databaseBefore;
	if (queued.isAborted) return refuse(discarded(' previous errors.'));
	const isElsewhere = database !== queued.databaseBefore;
	return {
		type: 'transaction',
		reports: queued.reports,
		changesModes: isElsewhere ? true : undefined,
		begin: () => operationOf(queued, watches),
		reply(out, settled, clientState, cluster) {
			const isCommitted = replyToExec(queued, settled, {out, clientState, cluster});
			// Else what stands behind it is planned already, and may have selected another one.
			if (isCommitted && isElsewhere) modes.database = database;
		},
	};
}

/** It ends the transaction all the same. */
function planExecWithArguments(_: readonly Buffer[], __: unknown, modes: RefusedModes): Plan {
	modes.endTransaction();
	return refuse(discarded(": wrong number of arguments for 'exec' command"));
}

/** What was watched has been read by now, or could not be. */
function operationOf({parts}: QueuedTransaction, watches: readonly Watch[]): Operation | NoOperation {
	const compares = watches.flatMap(watch => watch.compares ?? []);
	if (watches.some(watch => watch.compares === undefined)) return 'unreadable';
	return parts.length + compares.length === 0 ? 'nothing' : {type: 'transaction', compares, operations: parts};
}

/** Whether all of it was carried out. */
function replyToExec(queued: QueuedTransaction, settled: Settled | NoOperation, conversation: Conversation): boolean {
	const {out, clientState} = conversation;
	const error = errorOf(settled, clientState);
	if (error !== undefined) {
		out.error(error);
		return false;
	}
	const {isCommitted, results} =
		settled === 'nothing' ? {isCommitted: true, results: []} : expectResult(settled as Result, 'transaction');
	if (isCommitted) queued.replyToAll(results, conversation);
	else out.nullArray();
	return isCommitted;
}

function errorOf(settled: Settled | NoOperation, {gateway}: ClientState): string | undefined {
	if (settled === 'unreadable') return discarded(': a watched key could not be read.');
	if (settled instanceof Failure) return failureText(settled, 'write');
	return settled !== 'nothing' && settled.type === 'invalid' ? invalidText(settled, gateway.limits) : undefined;
}

const common = {group: 'transactions', worksInTransaction: true} as const;
const flags = ['noscript', 'loading', 'stale', 'fast', 'allow_busy'];

export const transactionCommands: readonly RedisCommand[] = [
	{...common, name: 'multi', arity: 1, flags, since: '1.2.0', summary: 'Begin a transaction', plan: planMulti},
	{
		...common,
		name: 'exec',
		arity: 1,
		flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
		since: '1.2.0',
		summary: 'Carry out all commands of the transaction in one step',
		plan: planExec,
		planWrongArity: planExecWithArguments,
	},
	{...common, name: 'discard', arity: 1, flags, since: '2.0.0', summary: 'Drop the transaction', plan: planDiscard},
	{
		...common,
		name: 'watch',
		arity: -2,
		flags,
		since: '2.2.0',
		summary: 'Let the next EXEC do nothing if one of these keys has changed until then',
		keys: allKeys,
		namesDatabases: true,
		plan: planWatch,
	},
	{
		...common,
		name: 'unwatch',
		arity: 1,
		flags,
		since: '2.2.0',
		summary: 'Watch no key any more',
		worksInTransaction: false,
		plan: planUnwatch,
	},
];
