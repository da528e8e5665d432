/**
 * Leases: each is one of etcd's, with a key of its own (see keyspace.ts) that is there as long as the lease.
 *
 * etcd's leader alone counts the time of leases, and asks nobody before it answers for them. So one that was deposed and has not
 * heard of it yet (it stood still, say) still renews leases that are over (etcd-io/etcd#13915; seen with 3.4.23); and one that is a moment behind does not know a lease
 * that was just granted. Therefore a linearizable read of the lease's key comes behind each answer. It tells whether the lease is
 * there; and if it is of the same term as the answer, then the leader that gave the answer still led.
 */
import {ClerkClosedError} from '../../../src/service/errors.js';
import type {LeaseId, LeaseOperation, LeaseRead, Result, Version} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import {backOff} from './backoff.js';
import type {CallFailure} from './call-failure.js';
import {secondsOf} from './deadline-leases.js';
import type {CallAnswer, Endpoints} from './endpoints.js';
import {EngineRefusedError, EngineReplacedError} from './errors.js';
import {drawLeaseId} from './lease-id.js';
import {type Keyspace, nameOfLease} from './keyspace.js';
import type {EtcdLimits} from './limits.js';
import type {PendingOperation} from './pending-operation.js';
import {type Header, type Method, methods} from './rpc/messages.js';
import type {Decoded, Draft, Fields} from './rpc/protobuf.js';
import {claimRequest} from './transactions.js';

type PendingAsk = PendingOperation<LeaseOperation | LeaseRead>;
type LeaseResult = Extract<Result, {type: 'lease'}>;
type Attempt = LeaseResult | CallFailure;

/** The answer cannot be relied on: it may be that of a leader that does not lead any more. */
const unreliable = (reason: string): CallFailure => ({
	type: 'lost',
	mayHaveRun: true,
	lastReply: 'lost',
	reason,
	remedy: undefined,
});

const over = (leaseId: LeaseId, version = 0): LeaseResult => ({
	type: 'lease',
	isThere: false,
	leaseId,
	ttlMs: 0,
	expiresAt: 0,
	version,
});

export class LeaseLane {
	readonly #endpoints: Endpoints;
	readonly #keyspace: Keyspace;
	readonly #limits: EtcdLimits;
	readonly #closed = new AbortController();
	readonly #underWay = new Set<PendingAsk>();

	constructor(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits) {
		this.#endpoints = endpoints;
		this.#keyspace = keyspace;
		this.#limits = limits;
	}

	submit(asked: PendingAsk): void {
		this.#underWay.add(asked);
		void this.#carryOut(asked);
	}

	close(): void {
		this.#closed.abort();
		for (const asked of this.#underWay) if (!asked.isSettled) asked.fail(new ClerkClosedError(asked.outcome));
	}

	/** Settles it. Never rejects. */
	async #carryOut(asked: PendingAsk): Promise<void> {
		for (let failures = 1; !asked.isSettled && !this.#closed.signal.aborted; failures++) {
			asked.attempts++;
			const attempt = await this.#attempt(asked);
			if (asked.isSettled) break;
			if (attempt.type === 'lease') asked.complete(attempt);
			else this.#failed(asked, attempt);
			if (!asked.isSettled) await backOff(failures, this.#limits, this.#closed.signal);
		}
		this.#underWay.delete(asked);
	}

	#attempt(asked: PendingAsk): Promise<Attempt> {
		const {operation} = asked;
		if (operation.type === 'getLease') return this.#read(operation);
		if (operation.action === 'grant') return this.#grant(operation.ttlMs);
		return operation.action === 'keepAlive'
			? this.#keepAlive(operation.leaseId)
			: this.#revoke(asked, operation.leaseId);
	}

	#failed(asked: PendingAsk, failure: CallFailure): void {
		switch (failure.type) {
			case 'lost':
				asked.lastReply = failure.lastReply;
				asked.lastReason = failure.reason;
				// A lease whose grant was lost is known to nobody, and ends by itself.
				if (failure.mayHaveRun && asked.operation.type === 'lease' && asked.operation.action !== 'grant')
					asked.mayHaveRun = true;
				return;
			case 'leaseGone':
				asked.lastReason = failure.reason;
				return;
			case 'replaced':
				asked.fail(new EngineReplacedError(failure.reason, asked.outcome));
				return;
			case 'refused':
				asked.fail(new EngineRefusedError(failure.reason, failure.remedy, asked.outcome));
				return;
			case 'tooLarge':
				asked.fail(new EngineRefusedError(failure.reason, 'the lease has too many keys to be told', asked.outcome));
				return;
			default:
				failure satisfies never;
		}
	}

	/** Each attempt draws another id: what a failed one leaves behind expires by itself. */
	async #grant(ttlMs: Milliseconds): Promise<Attempt> {
		const leaseId = drawLeaseId();
		const granted = await this.#call(methods.leaseGrant, {id: leaseId, ttl: secondsOf(ttlMs)});
		if (granted.type !== 'answered') return granted;
		const grantedMs = granted.value.ttl * 1000;
		const expiresAt = Date.now() + grantedMs;
		const key = this.#keyspace.keyOf(nameOfLease(leaseId));
		const claimed = await this.#call(methods.txn, claimRequest(key, new Uint8Array(0), leaseId));
		if (claimed.type !== 'answered') return claimed;
		if (!claimed.value.succeeded) return unreliable('the id is taken');
		const version = revisionOf(claimed.value.header);
		return {type: 'lease', isThere: true, leaseId, ttlMs: grantedMs, expiresAt, version};
	}

	async #keepAlive(leaseId: LeaseId): Promise<Attempt> {
		const renewed = await this.#call(methods.leaseKeepAlive, {id: leaseId});
		if (renewed.type !== 'answered') return renewed;
		const {header, ttl} = renewed.value;
		const expiresAt = Date.now() + ttl * 1000;
		const existing = await this.#confirm(leaseId, header);
		if (existing.type !== 'there') return existing;
		if (ttl <= 0) return unreliable('the leader does not know the lease yet');
		return {type: 'lease', isThere: true, leaseId, ttlMs: ttl * 1000, expiresAt, version: existing.revision};
	}

	async #revoke(asked: PendingAsk, leaseId: LeaseId): Promise<Attempt> {
		const revoked = await this.#call(methods.leaseRevoke, {id: leaseId});
		if (revoked.type === 'answered') return {...over(leaseId, revisionOf(revoked.value.header)), isThere: true};
		if (revoked.type !== 'leaseGone') return revoked;
		// It was there when it was asked for first, or an attempt whose answer was lost has ended it.
		return {...over(leaseId), isThere: asked.mayHaveRun};
	}

	async #read({leaseId, keysMax}: LeaseRead): Promise<Attempt> {
		const told = await this.#call(methods.leaseTimeToLive, {id: BigInt(leaseId), keys: true});
		if (told.type !== 'answered') return told;
		const {header, ttl, grantedTtl, keys: bytes} = told.value;
		const expiresAt = Date.now() + Math.max(0, ttl) * 1000;
		const existing = await this.#confirm(leaseId, header);
		if (existing.type !== 'there') return existing;
		if (grantedTtl === 0) return unreliable('the leader does not know the lease yet');
		const keys = bytes.map(each => this.#keyspace.userKeyOf(each)).filter(key => key !== undefined);
		return {
			type: 'lease',
			isThere: true,
			leaseId,
			ttlMs: grantedTtl * 1000,
			expiresAt,
			version: 0,
			keyCount: keys.length,
			keys: keys.length <= keysMax ? keys.sort() : [],
		};
	}

	/** Whether the lease is there, and the term is still that of an answer. */
	async #confirm(
		leaseId: LeaseId,
		answered: Header | undefined,
	): Promise<{readonly type: 'there'; readonly revision: number} | Attempt> {
		const found = await this.#call(methods.range, {key: this.#keyspace.keyOf(nameOfLease(leaseId))});
		if (found.type !== 'answered') return found;
		const {header, kvs} = found.value;
		const revision = revisionOf(header);
		if (kvs.length === 0) return over(leaseId, revision);
		if (header?.raftTerm !== answered?.raftTerm) return unreliable('the leader was another one meanwhile');
		return {type: 'there', revision};
	}

	#call<Request extends Fields, Reply extends Fields>(
		method: Method<Request, Reply>,
		request: Draft<Request>,
	): Promise<CallAnswer<Decoded<Reply>>> {
		return this.#endpoints.call(method, request, {timeoutMs: this.#limits.attemptTimeoutMs});
	}
}

const revisionOf = (header: Header | undefined): Version => header?.revision ?? 0;
