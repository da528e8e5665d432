/**
 * Leases: a time that several keys share. Keys that are attached to a lease are there until its time is over or it is revoked; whoever
 * keeps it alive gives all of them more time at once, and none of their records changes.
 *
 * A lease that is over is kept until its keys are deleted, which is done in parts: till then it says that they are gone.
 */
import {assert} from '../base/errors.js';
import {DeadlineHeap} from './deadline-heap.js';
import type {Deadline, Key, LeaseId} from './types.js';

/** Leases at once: what is granted beyond is refused. A snapshot copies their times when it begins. */
export const leasesMax = 65_536;
/** What a lease takes, about, and an attached key besides what it takes without a lease and its own bytes. */
export const leaseBytes = 160;
export const attachedBytes = 56;

const staleMax = 64;

interface Lease {
	readonly ttlMs: number;
	/** 0: it is over. */
	expiresAt: Deadline;
	readonly keys: Set<Key>;
}

/** As a snapshot has it. */
export type FrozenLease = readonly [id: LeaseId, ttlMs: number, expiresAt: Deadline];

export class Leases {
	/** Told of a lease whose time is over, with its keys, which are gone from then on. */
	readonly #ended: (keys: ReadonlySet<Key>, deadline: Deadline) => void;
	readonly #leases = new Map<LeaseId, Lease>();
	/** Those whose keys are still to be deleted. */
	readonly #over = new Set<LeaseId>();
	/** Each lease that is not over, once, with a time that is not later than its own; and some that were revoked. */
	#deadlines = new DeadlineHeap();
	#keyCount = 0;
	#overKeyCount = 0;
	#keyBytes = 0;

	constructor(ended: (keys: ReadonlySet<Key>, deadline: Deadline) => void = () => undefined) {
		this.#ended = ended;
	}

	/** Leases that are held: also those that are over, until their keys are deleted. */
	get heldCount(): number {
		return this.#leases.size;
	}

	/** Attached keys, also of leases that are over. */
	get keyCount(): number {
		return this.#keyCount;
	}

	/** Attached keys of leases that are over. */
	get overKeyCount(): number {
		return this.#overKeyCount;
	}

	/** Whether keys that are there are attached to one. */
	get haveKeys(): boolean {
		return this.#keyCount > this.#overKeyCount;
	}

	/** About. */
	get bytes(): number {
		return this.#leases.size * leaseBytes + this.#keyBytes;
	}

	/** No lease is over before this, and no key of one is to be deleted. */
	get earliest(): Deadline {
		return this.#over.size > 0 ? 0 : this.#deadlines.earliest;
	}

	/** Whether a key can be attached to it: also to one that is over, while it has keys. */
	isHeld(id: LeaseId): boolean {
		return this.#leases.has(id);
	}

	/** 0: it is over, or there never was one. */
	deadlineOf(id: LeaseId): Deadline {
		return this.#leases.get(id)?.expiresAt ?? 0;
	}

	/** `undefined`: it is over, or there never was one. `keys`: valid until the next change. */
	get(
		id: LeaseId,
	): {readonly ttlMs: number; readonly expiresAt: Deadline; readonly keys: ReadonlySet<Key>} | undefined {
		const lease = this.#leases.get(id);
		return lease === undefined || lease.expiresAt === 0 ? undefined : lease;
	}

	/** `false`: there are as many as there may be. */
	grant(id: LeaseId, ttlMs: number, expiresAt: Deadline): boolean {
		if (this.#leases.size >= leasesMax) return false;
		this.#leases.set(id, {ttlMs, expiresAt, keys: new Set()});
		this.#deadlines.add(id, expiresAt);
		return true;
	}

	/** From now on it has all of its time again. `undefined`: it is over, or there never was one. */
	keepAlive(id: LeaseId, now: number): Deadline | undefined {
		const lease = this.#leases.get(id);
		if (lease === undefined || lease.expiresAt === 0) return undefined;
		lease.expiresAt = momentAfter(now, lease.ttlMs);
		return lease.expiresAt;
	}

	/** It is over. Whether there was one. */
	revoke(id: LeaseId): boolean {
		const lease = this.#leases.get(id);
		if (lease === undefined || lease.expiresAt === 0) return false;
		this.#end(id, lease);
		return true;
	}

	/** Leases whose time is over are over from here on. */
	advance(now: number): void {
		while (this.#deadlines.earliest <= now) {
			const id = this.#deadlines.take();
			const lease = this.#leases.get(id);
			if (lease === undefined || lease.expiresAt === 0) continue;
			if (lease.expiresAt <= now) {
				this.#ended(lease.keys, lease.expiresAt);
				this.#end(id, lease);
			} else this.#deadlines.add(id, lease.expiresAt);
		}
	}

	/** A key of a lease that is over and has keys; `undefined`: there is none. */
	nextOver(): Key | undefined {
		for (const id of this.#over) {
			const [key] = this.#leases.get(id)?.keys ?? [];
			if (key !== undefined) return key;
		}
		return undefined;
	}

	attach(id: LeaseId, key: Key): void {
		const lease = this.#leases.get(id);
		assert(lease !== undefined, 'a key is attached to a lease that is there');
		if (lease.keys.has(key)) return;
		lease.keys.add(key);
		this.#note(lease, key, 1);
	}

	/** The key is deleted, or belongs to something else now. */
	detach(id: LeaseId, key: Key): void {
		const lease = this.#leases.get(id);
		if (lease?.keys.delete(key) !== true) return;
		this.#note(lease, key, -1);
		if (lease.expiresAt === 0 && lease.keys.size === 0) this.#forget(id);
	}

	/** All keys are gone: those that are over have nothing left. */
	clear(): void {
		for (const lease of this.#leases.values()) lease.keys.clear();
		this.#keyCount = 0;
		this.#overKeyCount = 0;
		this.#keyBytes = 0;
		for (const id of this.#over) this.#forget(id);
	}

	/** In the order in which they were granted. */
	freeze(): readonly FrozenLease[] {
		return Array.from(this.#leases, ([id, {ttlMs, expiresAt}]) => [id, ttlMs, expiresAt] as const);
	}

	/** As a snapshot had it. */
	restore([id, ttlMs, expiresAt]: FrozenLease): boolean {
		if (this.#leases.has(id) || !this.grant(id, ttlMs, expiresAt)) return false;
		if (expiresAt === 0) this.#over.add(id);
		return true;
	}

	#end(id: LeaseId, lease: Lease): void {
		lease.expiresAt = 0;
		this.#overKeyCount += lease.keys.size;
		if (lease.keys.size === 0) this.#forget(id);
		else this.#over.add(id);
	}

	#forget(id: LeaseId): void {
		this.#leases.delete(id);
		this.#over.delete(id);
		if (this.#deadlines.size > 2 * this.#leases.size + staleMax) this.#collect();
	}

	/** Leaves those behind that were revoked long before their time. */
	#collect(): void {
		this.#deadlines = new DeadlineHeap();
		for (const [id, {expiresAt}] of this.#leases) if (expiresAt > 0) this.#deadlines.add(id, expiresAt);
	}

	#note(lease: Lease, key: Key, count: 1 | -1): void {
		this.#keyCount += count;
		this.#keyBytes += count * (attachedBytes + key.length);
		if (lease.expiresAt === 0) this.#overKeyCount += count;
	}
}

export const momentAfter = (now: number, ttlMs: number): Deadline => Math.min(now + ttlMs, Number.MAX_SAFE_INTEGER);
