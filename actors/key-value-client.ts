/**
 * What every engine's client can do, whichever cluster is behind it: `Clerk` talks to the cluster in this process,
 * `EtcdClerk` to an etcd cluster. An engine brings `execute` and `close`; the rest is `execute` with less to write.
 */
import type {Deadline, Expected, Expiry, Operation, Result, Version} from '../src/kv/types.js';
import {expectResult, type Written} from './clerk/results.js';
import type {Executor, OperationOptions, PutOptions} from './executor.js';
import {type Data, summandOf, valueOf} from './data.js';
import {checkCallOptions, putOptionNames, rangeOptionNames, watchOptionNames} from './options/call-options.js';
import {type RangeOptions, type RangePart, rangeOf} from './range.js';
import {type WatchedRevision, type WatchOptions, watchOf} from './watch.js';
import {Lease} from './lease.js';
import {keyOf, textOf} from './text.js';
import {
	assertComplete,
	expiryOf,
	operationOf,
	type Transaction,
	type TransactionResult,
	type TransactionStep,
} from './transaction.js';

export abstract class KeyValueClient implements Executor, AsyncDisposable {
	/**
	 * Any operation; the methods below are this with less to write. Linearizable; a write takes effect exactly once.
	 * Rejects with an `OperationError`, whose `outcome` tells whether it may have taken effect; with an `OptionError` for
	 * an operation that is none, as the methods below do for a key or a value that is none.
	 */
	abstract execute(operation: Operation, options?: OperationOptions): Promise<Result>;

	/** Settles everything that waits (`ClerkClosedError`) and lets go of all that it holds. Idempotent. */
	abstract close(): void | Promise<void>;

	/** `undefined`: the key is absent. `expiresAt`: from when on it is absent by itself, in Unix ms, where it has a deadline. */
	async get(
		key: Data,
		options?: OperationOptions,
	): Promise<
		{readonly value: Uint8Array; readonly version: Version; readonly expiresAt?: Deadline | undefined} | undefined
	> {
		const result = expectResult(await this.#ask({type: 'get', key: keyOf(key)}, options), 'value');
		const {value, version, expiresAt} = result;
		if (value === undefined) return undefined;
		return expiresAt === undefined ? {value, version} : {value, version, expiresAt};
	}

	/** The value as UTF-8 text; `undefined`: the key is absent. */
	async getText(key: Data, options?: OperationOptions): Promise<string | undefined> {
		const entry = await this.get(key, options);
		return entry === undefined ? undefined : textOf(entry.value);
	}

	/**
	 * Sets the value. Rejects with an `OperationError`, as all operations do, whose `outcome` tells whether it may have
	 * taken effect. With `ttlMs` or `expiresAt` the key is absent by itself from then on, with `leaseId` when that lease is over.
	 */
	async put(key: Data, value: Data, options?: PutOptions): Promise<Written> {
		checkCallOptions(options, putOptionNames);
		const put = {type: 'put', key: keyOf(key), value: valueOf(value)} as const;
		const expiry = options && expiryOf(options);
		const operation = expiry === undefined ? put : {...put, expiry};
		return expectResult(await this.execute(operation, options), 'written');
	}

	/**
	 * Gives a key that is there another deadline: `{ttlMs}` from now on, counted by the cluster, or `{expiresAt}`, in Unix ms. `false`:
	 * there is no such key. A deadline that is over deletes the key. Changes the key's version, and not its value.
	 */
	async expire(key: Data, expiry: Expiry, options?: OperationOptions): Promise<boolean> {
		return expectResult(await this.#ask({type: 'expire', key: keyOf(key), expiry}, options), 'expirySet').isSet;
	}

	/** Takes the deadline from a key. `false`: it has none, or is absent. */
	async persist(key: Data, options?: OperationOptions): Promise<boolean> {
		const operation = {type: 'expire', key: keyOf(key), expiry: 'never'} as const;
		return expectResult(await this.#ask(operation, options), 'expirySet').isSet;
	}

	/**
	 * When the key is absent by itself, without its value: `'never'`, or in so many ms from now on by this machine's clock, at least 0;
	 * `undefined`: it is absent. See `get` for the deadline itself.
	 */
	async ttl(key: Data, options?: OperationOptions): Promise<number | 'never' | undefined> {
		const {value, expiresAt} = expectResult(await this.#ask({type: 'get', key: keyOf(key)}, options), 'value');
		if (value === undefined) return undefined;
		return expiresAt === undefined ? 'never' : Math.max(0, expiresAt - Date.now());
	}

	/**
	 * A lease: a time that several keys share, in ms from 1 on, counted by the cluster. They are there until it has passed, unless somebody
	 * keeps the lease alive, or until it is revoked. There are at most 65536 at once.
	 */
	async grantLease(ttlMs: number, options?: OperationOptions): Promise<Lease> {
		const askedAt = performance.now();
		const result = expectResult(await this.#ask({type: 'lease', action: 'grant', ttlMs}, options), 'lease');
		return new Lease(this, result.leaseId, result.ttlMs, askedAt);
	}

	/** Adds to the end of the value; an absent key counts as an empty one. */
	async append(key: Data, value: Data, options?: OperationOptions): Promise<Written> {
		return expectResult(await this.#ask({type: 'append', key: keyOf(key), value: valueOf(value)}, options), 'written');
	}

	/** Whether there was something to delete. */
	async delete(key: Data, options?: OperationOptions): Promise<boolean> {
		return expectResult(await this.#ask({type: 'delete', key: keyOf(key)}, options), 'deleted').existed;
	}

	/**
	 * Writes `value` if the key is as expected: `{value}` (`undefined`: absent) or `{version}` (0: absent).
	 * Otherwise changes nothing and gives what is there, as `conditionFailed`.
	 */
	async compareAndSet(
		key: Data,
		expected: {readonly value: Data | undefined} | {readonly version: Version},
		value: Data,
		options?: OperationOptions,
	): Promise<Extract<Result, {type: 'written' | 'conditionFailed'}>> {
		const operation = {
			type: 'compareAndSet',
			key: keyOf(key),
			expected: expectedOf(expected),
			value: valueOf(value),
		} as const;
		const result = await this.#ask(operation, options);
		return result.type === 'conditionFailed' ? result : expectResult(result, 'written');
	}

	/**
	 * Deletes the key if it is as expected: `{value}` or `{version}`. Otherwise changes nothing and gives what is there, as
	 * `conditionFailed`. So a lock is released by its owner alone.
	 */
	async compareAndDelete(
		key: Data,
		expected: {readonly value: Data} | {readonly version: Version},
		options?: OperationOptions,
	): Promise<Extract<Result, {type: 'deleted' | 'conditionFailed'}>> {
		const {isCommitted, results} = await this.transaction(
			{if: [{key, is: expected}], do: [{type: 'delete', key}], else: [{type: 'get', key}]},
			options,
		);
		return isCommitted ? results[0] : {...results[0], type: 'conditionFailed'};
	}

	/**
	 * All in one step: compares keys, and carries out `do` if all conditions hold, else `else`. Nothing comes between, and
	 * it is one write: it runs exactly once, also where its answer was lost and it had to be asked again. A step that cannot
	 * be carried out has an `invalid` result and undoes none of the others.
	 *
	 * Rejects with an `OperationError` as all operations do; with an `OptionError` for more than 16384 conditions and steps.
	 */
	async transaction<
		const Do extends readonly TransactionStep[],
		const Else extends readonly TransactionStep[] = readonly [],
	>(transaction: Transaction<Do, Else>, options?: OperationOptions): Promise<TransactionResult<Do, Else>> {
		const result = expectResult(await this.#ask(operationOf(transaction), options), 'transaction');
		const {isCommitted, revision, results} = result;
		assertComplete(results);
		return {isCommitted, revision, results} as unknown as TransactionResult<Do, Else>;
	}

	/** Adds to the decimal number that the value is, and gives the sum. */
	async increment(key: Data, by: bigint | number = 1, options?: OperationOptions): Promise<bigint> {
		return expectResult(await this.#ask({type: 'increment', key: keyOf(key), by: summandOf(by)}, options), 'number')
			.value;
	}

	/**
	 * All keys that begin with a prefix, with their values, part by part, each when the loop asks for it: `for await (const {entries} of
	 * clerk.range({prefix}))`. Each part is linearizable, and as it was at its `revision`; the parts are of different revisions, unless there
	 * is one only, which is so where the store has less than about 16,000 keys and 1 MiB of them is asked for. A key that is there from the first part to the
	 * last comes exactly once, also over crashes; one that comes or goes meanwhile comes at most once.
	 *
	 * Rejects with an `OperationError` as all operations do; an abort of the `signal` ends it with an `OperationAbortedError`. The
	 * call throws an `OptionError` for an option that does not exist.
	 */
	range(options: RangeOptions = {}): AsyncGenerator<RangePart, void, undefined> {
		checkCallOptions(options, rangeOptionNames);
		return rangeOf(this, options);
	}

	/**
	 * Changes of the keys that begin with a prefix, as they come, in the order of the log: `for await (const {revision, changes} of
	 * clerk.watch({prefix}))`. Each is told once, and none is left out, also over leader crashes; those of one revision come together. Only what
	 * is committed is told. Without `from` it begins with the first change after the loop has begun. It goes on until the loop is left, or
	 * the `signal` is aborted, which ends it with an `OperationAbortedError`. A cluster without a leader only makes it wait.
	 *
	 * Nodes keep the latest 16384 changes, of 4 MiB at most, since they started: what is older rejects with a `CompactedError`. As many clients
	 * as one node serves at once (1024) watch; one more rejects with a `TooManyWatchesError`. The call throws an `OptionError` for an option that cannot be used.
	 */
	watch(options: WatchOptions = {}): AsyncGenerator<WatchedRevision, void, undefined> {
		checkCallOptions(options, watchOptionNames);
		return watchOf(this, options);
	}

	#ask(operation: Operation, options: OperationOptions | undefined): Promise<Result> {
		checkCallOptions(options);
		return this.execute(operation, options);
	}

	/** The same as `close`, for `await using`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}
}

function expectedOf(expected: {readonly value: Data | undefined} | {readonly version: Version}): Expected {
	if (typeof expected !== 'object' || expected === null || !('value' in expected)) return expected;
	return {value: expected.value === undefined ? undefined : valueOf(expected.value, 'expected.value')};
}
