/**
 * What every engine's client can do, whichever cluster is behind it: `Clerk` talks to the cluster in this process,
 * `EtcdClerk` to an etcd cluster. An engine brings `execute` and `close`; the rest is `execute` with less to write.
 */
import type {Expected, Operation, Result, Version} from '../src/kv/types.js';
import {expectResult, type Written} from './clerk/results.js';
import type {Executor, OperationOptions} from './executor.js';
import {checkArgument, wholeNumber} from './options/check-options.js';
import {OptionError} from './options/option-error.js';
import {bytesOf, keyOf, textOf} from './text.js';

/** A key or a value: text is UTF-8. */
export type Data = string | Uint8Array;

export abstract class KeyValueClient implements Executor, AsyncDisposable {
	/**
	 * Any operation; the methods below are this with less to write. Linearizable; a write takes effect exactly once.
	 * Rejects with an `OperationError`, whose `outcome` tells whether it may have taken effect; with an `OptionError` for
	 * an operation that is none, as the methods below do for a key or a value that is none.
	 */
	abstract execute(operation: Operation, options?: OperationOptions): Promise<Result>;

	/** Settles everything that waits (`ClerkClosedError`) and lets go of all that it holds. Idempotent. */
	abstract close(): void | Promise<void>;

	/** `undefined`: the key is absent. */
	async get(
		key: Data,
		options?: OperationOptions,
	): Promise<{readonly value: Uint8Array; readonly version: Version} | undefined> {
		const {value, version} = expectResult(await this.execute({type: 'get', key: keyOf(key)}, options), 'value');
		return value === undefined ? undefined : {value, version};
	}

	/** The value as UTF-8 text; `undefined`: the key is absent. */
	async getText(key: Data, options?: OperationOptions): Promise<string | undefined> {
		const entry = await this.get(key, options);
		return entry === undefined ? undefined : textOf(entry.value);
	}

	/**
	 * Sets the value. Rejects with an `OperationError`, as all operations do, whose `outcome` tells whether it may have
	 * taken effect.
	 */
	async put(key: Data, value: Data, options?: OperationOptions): Promise<Written> {
		return expectResult(await this.execute({type: 'put', key: keyOf(key), value: valueOf(value)}, options), 'written');
	}

	/** Adds to the end of the value; an absent key counts as an empty one. */
	async append(key: Data, value: Data, options?: OperationOptions): Promise<Written> {
		return expectResult(
			await this.execute({type: 'append', key: keyOf(key), value: valueOf(value)}, options),
			'written',
		);
	}

	/** Whether there was something to delete. */
	async delete(key: Data, options?: OperationOptions): Promise<boolean> {
		return expectResult(await this.execute({type: 'delete', key: keyOf(key)}, options), 'deleted').existed;
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
		const result = await this.execute(operation, options);
		return result.type === 'conditionFailed' ? result : expectResult(result, 'written');
	}

	/** Adds to the decimal number that the value is, and gives the sum. */
	async increment(key: Data, by: bigint | number = 1, options?: OperationOptions): Promise<bigint> {
		return expectResult(await this.execute({type: 'increment', key: keyOf(key), by: summandOf(by)}, options), 'number')
			.value;
	}

	/** The same as `close`, for `await using`. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}
}

function valueOf(value: Data, name = 'value'): Uint8Array {
	if (typeof value === 'string') return bytesOf(value);
	if (value instanceof Uint8Array) return value;
	throw OptionError.value(name, 'a string or bytes (a Uint8Array)', value);
}

function summandOf(by: bigint | number): bigint {
	if (typeof by === 'bigint') return by;
	checkArgument('by', wholeNumber(Number.MIN_SAFE_INTEGER), by);
	return BigInt(by);
}

function expectedOf(expected: {readonly value: Data | undefined} | {readonly version: Version}): Expected {
	if (typeof expected !== 'object' || expected === null || !('value' in expected)) return expected;
	return {value: expected.value === undefined ? undefined : valueOf(expected.value, 'expected.value')};
}
