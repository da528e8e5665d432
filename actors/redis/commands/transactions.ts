/** MULTI, EXEC and DISCARD; WATCH and UNWATCH. An EXEC is one operation of the machine: see `transaction` there. */
import type {Operation} from '../../../src/kv/types.js';
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

function planMulti(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	if (transactions.queued !== undefined) return refuse('ERR MULTI calls can not be nested');
	transactions.begin();
	return {type: 'local', reply: replyOk};
}

function planDiscard(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	if (transactions.queued === undefined) return refuse('ERR DISCARD without MULTI');
	transactions.reset();
	return {type: 'local', reply: replyOk};
}

function planUnwatch(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	// Within a transaction it is queued, and EXEC ends the watching anyway.
	if (transactions.queued === undefined) transactions.unwatch();
	return {type: 'local', reply: replyOk};
}

function planWatch(parts: readonly Buffer[], _: unknown, {transactions}: RefusedModes): Plan {
	if (transactions.queued !== undefined) return refuse('ERR WATCH inside MULTI is not allowed');
	const keys = parts.slice(1).map((__, offset) => keyAt(parts, offset + 1));
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

function planExec(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	const {queued} = transactions;
	// What is watched stays watched: there was nothing to end.
	if (queued === undefined) return refuse('ERR EXEC without MULTI');
	const watches = transactions.end();
	if (queued.isAborted) return refuse(discarded(' previous errors.'));
	return {
		type: 'transaction',
		reports: queued.reports,
		begin: () => operationOf(queued, watches),
		reply: (out, settled, clientState, cluster) => replyToExec(queued, settled, {out, clientState, cluster}),
	};
}

/** It ends the transaction all the same. */
function planExecWithArguments(_: readonly Buffer[], __: unknown, {transactions}: RefusedModes): Plan {
	transactions.reset();
	return refuse(discarded(": wrong number of arguments for 'exec' command"));
}

/** What was watched has been read by now, or could not be. */
function operationOf({parts}: QueuedTransaction, watches: readonly Watch[]): Operation | NoOperation {
	const compares = watches.flatMap(watch => watch.compares ?? []);
	if (watches.some(watch => watch.compares === undefined)) return 'unreadable';
	return parts.length + compares.length === 0 ? 'nothing' : {type: 'transaction', compares, operations: parts};
}

function replyToExec(queued: QueuedTransaction, settled: Settled | NoOperation, conversation: Conversation): void {
	const {out, clientState} = conversation;
	if (settled === 'nothing') return queued.replyToAll([], conversation);
	if (settled === 'unreadable') return out.error(discarded(': a watched key could not be read.'));
	if (settled instanceof Failure) return out.error(failureText(settled, 'write'));
	if (settled.type === 'invalid') return out.error(invalidText(settled, clientState.gateway.limits));
	const {isCommitted, results} = expectResult(settled, 'transaction');
	return isCommitted ? queued.replyToAll(results, conversation) : out.nullArray();
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
