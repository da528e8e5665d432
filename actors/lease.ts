/** A lease as a client holds it: several keys that end together, and what keeps them. */
import type {Deadline, Key, LeaseId} from '../src/kv/types.js';
import {expectResult, type Written} from './clerk/results.js';
import {type Data, valueOf} from './data.js';
import type {Executor, OperationOptions} from './executor.js';
import {LeaseKeeper} from './lease-keeper.js';
import {LeaseLostError} from './lease-lost.js';
import {bytesOfKey, keyOf, textOf} from './text.js';

/** What the cluster knows of a lease. */
export interface LeaseState {
	/** The time that it was granted for, and has again each time that it is kept alive. */
	readonly ttlMs: number;
	/** Unix ms, by the clock that the log carries. */
	readonly expiresAt: Deadline;
	readonly keyCount: number;
	/** As text, in the order of their bytes; none if there are more than were asked for. */
	readonly keys: readonly string[];
}

/** Keys that are told of a lease, at most, unless it is said otherwise. */
const keysTold = 1000;

/** A lease that this client was granted. It holds nothing here: without `keep` it is over when its time has passed. */
export class Lease {
	/** The revision that granted it: no other lease has it, and a later one has a greater. */
	readonly id: LeaseId;
	/** What it was granted for, in ms. */
	readonly ttlMs: number;
	readonly #client: Executor;
	/** On `performance.now`: it was there at least until then. */
	#heldUntil: number;

	/** @internal */
	constructor(client: Executor, id: LeaseId, ttlMs: number, askedAt: number) {
		this.#client = client;
		this.id = id;
		this.ttlMs = ttlMs;
		this.#heldUntil = askedAt + ttlMs;
	}

	/**
	 * Sets the value of a key that is there as long as the lease is. A key has one lease: a put without it takes the key out. Rejects with an
	 * `InvalidOperationError` of reason `noSuchLease` when the lease is over.
	 */
	async put(key: Data, value: Data, options?: OperationOptions): Promise<Written> {
		const operation = {type: 'put', key: keyOf(key), value: valueOf(value), expiry: {leaseId: this.id}} as const;
		return expectResult(await this.#client.execute(operation, options), 'written');
	}

	/** From now on it has all of its time again. Gives when it is over then, in Unix ms; rejects with a `LeaseLostError`. */
	async keepAlive(options?: OperationOptions): Promise<Deadline> {
		const askedAt = performance.now();
		const operation = {type: 'lease', action: 'keepAlive', leaseId: this.id} as const;
		const {isThere, expiresAt} = expectResult(await this.#client.execute(operation, options), 'lease');
		if (!isThere) throw new LeaseLostError(this.id, 'its time has passed, or it was revoked');
		this.#heldUntil = askedAt + this.ttlMs;
		return expiresAt;
	}

	/** Ends it, and deletes its keys with it. `false`: it was over. */
	async revoke(options?: OperationOptions): Promise<boolean> {
		const operation = {type: 'lease', action: 'revoke', leaseId: this.id} as const;
		return expectResult(await this.#client.execute(operation, options), 'lease').isThere;
	}

	/** What is known of it; `undefined`: it is over. `keysMax`: more keys than these are only counted. */
	async state({keysMax = keysTold, ...options}: OperationOptions & {readonly keysMax?: number} = {}): Promise<
		LeaseState | undefined
	> {
		const operation = {type: 'getLease', leaseId: this.id, keysMax} as const;
		const {
			isThere,
			ttlMs,
			expiresAt,
			keyCount = 0,
			keys = [],
		} = expectResult(await this.#client.execute(operation, options), 'lease');
		return isThere ? {ttlMs, expiresAt, keyCount, keys: keys.map(textOfKey)} : undefined;
	}

	/**
	 * Keeps it alive, three times in each of its times, until what is returned is closed, or `signal` is aborted. The `signal` of what is
	 * returned is aborted with a `LeaseLostError` as soon as the lease may be over: it was told so, or no answer came in all of its time.
	 */
	keep({signal}: {readonly signal?: AbortSignal | undefined} = {}): LeaseKeeper {
		const {id, ttlMs} = this;
		const keepAlive = (options: OperationOptions): Promise<Deadline> => this.keepAlive(options);
		return new LeaseKeeper({id, ttlMs, keepAlive, heldUntil: () => this.#heldUntil}, signal);
	}
}

const textOfKey = (key: Key): string => textOf(bytesOfKey(key));
