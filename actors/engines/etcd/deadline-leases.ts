/**
 * Leases under keys that have a deadline of their own. One lease serves the keys that were given the same time within a short
 * while: with a lease for each put, etcd would hold as many leases as there were puts in all of that time.
 */
import type {Deadline, LeaseId} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import type {CallFailure} from './call-failure.js';
import type {Endpoints} from './endpoints.js';
import {elapsedMs, type Instant, now} from './instant.js';
import {drawLeaseId} from './lease-id.js';
import type {EtcdLimits} from './limits.js';
import {methods} from './rpc/messages.js';

/** A time to live, in whole seconds: what etcd counts in. */
export type Seconds = number;

/** What a key is put with. */
export interface DeadlineLease {
	readonly leaseId: LeaseId;
	/** About: etcd may be later, and is not earlier. */
	readonly expiresAt: Deadline;
}

interface SharedLease {
	readonly leaseId: LeaseId;
	readonly ttlMs: Milliseconds;
	/** So long after it was granted a key that is put with it is still there for all of its time. */
	readonly sharedMs: Milliseconds;
	/** etcd counts from this moment, or a later one. */
	readonly since: Instant;
}

export type GrantedLeases =
	| {readonly type: 'granted'; readonly leases: ReadonlyMap<Seconds, DeadlineLease>}
	| CallFailure;

/** A time to live as etcd can count it: never shorter. */
export const secondsOf = (ttlMs: Milliseconds): Seconds => Math.ceil(ttlMs / 1000);

/** By how much a lease outlives the time that its first key was put for. */
const spareOf = (seconds: Seconds): Seconds => Math.min(60, Math.max(1, Math.floor(seconds / 20)));

export class DeadlineLeases {
	readonly #endpoints: Endpoints;
	readonly #attemptTimeoutMs: Milliseconds;
	readonly #shared = new Map<Seconds, SharedLease>();

	constructor(endpoints: Endpoints, {attemptTimeoutMs}: EtcdLimits) {
		this.#endpoints = endpoints;
		this.#attemptTimeoutMs = attemptTimeoutMs;
	}

	/** A lease for each of these times: one attempt. What it leaves behind when it fails expires by itself. */
	async leasesFor(times: ReadonlySet<Seconds>): Promise<GrantedLeases> {
		const leases = new Map<Seconds, DeadlineLease>();
		if (times.size === 0) return {type: 'granted', leases};
		for (const [seconds, {since, sharedMs}] of this.#shared) {
			if (elapsedMs(since) >= sharedMs) this.#shared.delete(seconds);
		}
		const failures = await Promise.all([...times].map(seconds => this.#grantUnlessShared(seconds)));
		const failure = failures.find(each => each !== undefined);
		if (failure !== undefined) return failure;
		for (const seconds of times) {
			const shared = this.#shared.get(seconds);
			if (shared === undefined) continue;
			const {leaseId, ttlMs, since} = shared;
			leases.set(seconds, {leaseId, expiresAt: Math.round(Date.now() + ttlMs - elapsedMs(since))});
		}
		return {type: 'granted', leases};
	}

	/** One of them is over. */
	forget(): void {
		this.#shared.clear();
	}

	async #grantUnlessShared(seconds: Seconds): Promise<CallFailure | undefined> {
		if (this.#shared.has(seconds)) return undefined;
		const spare = spareOf(seconds);
		const request = {id: drawLeaseId(), ttl: seconds + spare};
		const since = now();
		const granted = await this.#endpoints.call(methods.leaseGrant, request, {timeoutMs: this.#attemptTimeoutMs});
		if (granted.type !== 'answered') return granted;
		const ttlMs = granted.value.ttl * 1000;
		this.#shared.set(seconds, {leaseId: request.id, ttlMs, sharedMs: spare * 1000, since});
		return undefined;
	}
}
