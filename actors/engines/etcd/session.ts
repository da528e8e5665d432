/**
 * A session: a key of its own under a lease. It holds what the session's last transaction did, and each transaction asks
 * that nobody has used it since; so of all attempts at one transaction at most one takes effect, and the next attempt
 * finds out which. When the lease runs out etcd deletes the key, and no attempt under it succeeds any more.
 */
import type {Version} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import type {Keyspace} from './keyspace.js';
import {drawLeaseId} from './lease-id.js';
import {elapsedMs, type Instant, now} from './instant.js';
import type {EtcdLimits} from './limits.js';
import {methods} from './rpc/messages.js';
import {openRequest, revisionOf} from './transactions.js';

/** How often a lease is renewed within its life: two renewals in a row may fail. */
const renewalsPerLife = 3;
/** After a renewal that failed. ms. */
const renewalRetryMs = 1000;

export type OpenedSession = {readonly type: 'opened'; readonly session: EtcdSession} | CallFailure;
export type Renewal = {readonly type: 'alive'} | {readonly type: 'gone'} | CallFailure;

export class EtcdSession {
	readonly id: number;
	readonly key: Buffer;
	/** Of the transaction under way, or of the next. */
	sequence = 1;
	/** The key's mod_revision; `undefined`: to be read. */
	revision: Version | undefined;
	readonly #endpoints: Endpoints;
	readonly #attemptTimeoutMs: Milliseconds;
	readonly #lifeMs: Milliseconds;
	/** etcd counts the lease's life from this moment, or a later one. */
	#renewedAt: Instant;
	#timer: NodeJS.Timeout | undefined;
	#isGone = false;

	private constructor(
		id: number,
		key: Buffer,
		revision: Version,
		since: Instant,
		endpoints: Endpoints,
		limits: EtcdLimits,
	) {
		this.id = id;
		this.key = key;
		this.revision = revision;
		this.#renewedAt = since;
		this.#endpoints = endpoints;
		this.#attemptTimeoutMs = limits.attemptTimeoutMs;
		this.#lifeMs = limits.sessionTtlS * 1000;
		this.#schedule(this.#lifeMs / renewalsPerLife);
	}

	/** One attempt. The remains of a failed one expire by themselves: the next attempt draws another id. */
	static async open(endpoints: Endpoints, keyspace: Keyspace, limits: EtcdLimits): Promise<OpenedSession> {
		const id = drawLeaseId();
		const {attemptTimeoutMs: timeoutMs, sessionTtlS} = limits;
		const since = now();
		const granted = await endpoints.call(methods.leaseGrant, {id, ttl: sessionTtlS}, {timeoutMs});
		if (granted.type !== 'answered') return granted;
		const key = keyspace.sessionKey(id);
		const made = await endpoints.call(methods.txn, openRequest(key, id), {timeoutMs});
		if (made.type !== 'answered') return made;
		if (made.value.succeeded) {
			return {type: 'opened', session: new EtcdSession(id, key, revisionOf(made.value), since, endpoints, limits)};
		}
		return {type: 'lost', mayHaveRun: false, lastReply: 'lost', reason: 'the id is taken', remedy: undefined};
	}

	/**
	 * The lease is surely alive, or was renewed so lately that it should be. After an outage, or when the machine slept, it
	 * is not: then ask before a write, so that a session that ended meanwhile makes no write's outcome unknown.
	 */
	get isFresh(): boolean {
		return !this.#isGone && elapsedMs(this.#renewedAt) < this.#lifeMs / 2;
	}

	/** Another transaction comes next. `revision`: the key's, if that is known. */
	advance(revision: Version | undefined): void {
		this.sequence += 1;
		this.revision = revision;
	}

	/** It is renewed no more. */
	stop(): void {
		this.#isGone = true;
		clearTimeout(this.#timer);
	}

	/** Ends it now, as far as etcd can be reached. */
	async revoke(): Promise<void> {
		this.stop();
		await this.#endpoints.call(methods.leaseRevoke, {id: this.id}, {timeoutMs: this.#attemptTimeoutMs});
	}

	/** One attempt. */
	async renew(): Promise<Renewal> {
		const since = now();
		const limits = {timeoutMs: this.#attemptTimeoutMs};
		const answer = await this.#endpoints.call(methods.leaseKeepAlive, {id: this.id}, limits);
		if (answer.type !== 'answered') return answer;
		if (answer.value.ttl <= 0) {
			this.stop();
			return {type: 'gone'};
		}
		this.#renewedAt = since;
		return {type: 'alive'};
	}

	#schedule(delayMs: Milliseconds): void {
		this.#timer = setTimeout(() => void this.#keepAlive(), delayMs);
		// A program that has nothing else to do may end, and its session with it.
		this.#timer.unref();
	}

	/** A renewal that fails is tried again soon, for as long as the session is in use. */
	async #keepAlive(): Promise<void> {
		const renewal = await this.renew();
		if (this.#isGone) return;
		this.#schedule(renewal.type === 'alive' ? this.#lifeMs / renewalsPerLife : renewalRetryMs);
	}
}
