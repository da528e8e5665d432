/** Reads: those that begin in one turn are one read-only transaction, which etcd answers linearizably at one revision. */
import {ClerkClosedError, ValueTooLargeError} from '../../../src/service/errors.js';
import type {Deadline, GetOperation} from '../../../src/kv/types.js';
import {backOff} from './backoff.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import {EngineRefusedError, EngineReplacedError} from './errors.js';
import type {Keyspace} from './keyspace.js';
import {keysMax, type EtcdLimits} from './limits.js';
import type {PendingOperation} from './pending-operation.js';
import {timesOf} from './lease-times.js';
import {type KeyValue, methods} from './rpc/messages.js';
import {firstOf} from './transactions.js';

type PendingRead = PendingOperation<GetOperation>;
/** What became of an attempt: nothing more to do, a pause and then again, or again in halves. */
type Attempt = 'done' | 'again' | 'halves';

/** Transactions under way at a time, and bytes of the answer to one: together they bound what reads hold in memory. */
const transactionsMax = 16;
const replyBytesMax = 16 * 2 ** 20;

export class ReadLane {
	readonly #endpoints: Endpoints;
	readonly #keyspace: Keyspace;
	readonly #limits: EtcdLimits;
	readonly #closed = new AbortController();
	/** Not yet part of a transaction. */
	#begun: PendingRead[] = [];
	readonly #underWay = new Set<PendingRead>();
	#transactionCount = 0;

	constructor(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits) {
		this.#endpoints = endpoints;
		this.#keyspace = keyspace;
		this.#limits = limits;
	}

	submit(read: PendingRead): void {
		if (this.#begun.length === 0) setImmediate(() => this.#flush());
		this.#begun.push(read);
		this.#underWay.add(read);
	}

	close(): void {
		this.#closed.abort();
		for (const read of this.#underWay) if (!read.isSettled) read.fail(new ClerkClosedError('notExecuted'));
		this.#underWay.clear();
		this.#begun = [];
	}

	#flush(): void {
		while (this.#begun.length > 0 && this.#transactionCount < transactionsMax) {
			const reads = this.#begun.splice(0, keysMax);
			void this.#finish(reads);
		}
	}

	async #finish(reads: readonly PendingRead[]): Promise<void> {
		this.#transactionCount++;
		await this.#carryOut(reads);
		this.#transactionCount--;
		for (const read of reads) this.#underWay.delete(read);
		this.#flush();
	}

	/** Settles all of them. Never rejects. */
	async #carryOut(reads: readonly PendingRead[]): Promise<void> {
		for (let failures = 1; ; failures++) {
			const waiting = reads.filter(read => !read.isSettled);
			if (waiting.length === 0 || this.#closed.signal.aborted) return;
			const attempt = await this.#attempt(waiting);
			if (attempt === 'done') return;
			if (attempt === 'halves') {
				const half = waiting.length >> 1;
				await this.#carryOut(waiting.slice(0, half));
				return this.#carryOut(waiting.slice(half));
			}
			await backOff(failures, this.#limits, this.#closed.signal);
		}
	}

	async #attempt(reads: readonly PendingRead[]): Promise<Attempt> {
		for (const read of reads) read.attempts++;
		const success = reads.map(({operation}) => ({range: {key: this.#keyspace.keyOf(operation.key)}}));
		const timeoutMs = this.#limits.attemptTimeoutMs;
		const answer = await this.#endpoints.call(methods.txn, {success}, {timeoutMs, replyBytesMax});
		if (answer.type !== 'answered') return fail(reads, answer);
		const entries = reads.map((_, offset) => {
			const response = answer.value.responses[offset];
			return response && firstOf(response);
		});
		const leases = new Set(entries.map(entry => entry?.lease ?? 0n).filter(lease => lease !== 0n));
		const times = await timesOf(this.#endpoints, leases, timeoutMs);
		if (times.type !== 'told') return fail(reads, times);
		for (const [offset, read] of reads.entries()) settle(read, entries[offset], times.deadlines);
		return reads.every(read => read.isSettled) ? 'done' : 'again';
	}
}

/** Of a key whose lease nobody knows it is not told what there is: the key is gone by now, or the lease not yet known everywhere. */
function settle(read: PendingRead, entry: KeyValue | undefined, deadlines: ReadonlyMap<bigint, Deadline>): void {
	if (read.isSettled) return;
	// What was read is a view of the whole answer.
	const value = entry && new Uint8Array(entry.value);
	const result = {type: 'value', value, version: entry?.modRevision ?? 0} as const;
	if (entry === undefined || entry.lease === 0n) return read.complete(result);
	const expiresAt = deadlines.get(entry.lease);
	if (expiresAt !== undefined) read.complete({...result, expiresAt});
}

function fail(reads: readonly PendingRead[], failure: CallFailure): Attempt {
	if (failure.type === 'leaseGone') return 'again';
	if (failure.type === 'lost') {
		for (const read of reads) {
			read.lastReply = failure.lastReply;
			read.lastReason = failure.reason;
		}
		return 'again';
	}
	const isOfOne = failure.type === 'tooLarge' || (failure.type === 'refused' && !failure.isOfAll);
	if (isOfOne && reads.length > 1) return 'halves';
	for (const read of reads) {
		if (read.isSettled) continue;
		if (failure.type === 'replaced') read.fail(new EngineReplacedError(failure.reason, 'notExecuted'));
		else if (failure.type === 'refused') {
			read.fail(new EngineRefusedError(failure.reason, failure.remedy, 'notExecuted'));
		} else read.fail(new ValueTooLargeError('notExecuted', replyBytesMax, replyBytesMax));
	}
	return 'done';
}
