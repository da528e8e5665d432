import type {Operation, Result} from '../src/kv/types.js';

/** What goes along with one operation. */
export interface OperationOptions {
	/** Gives the operation up when it is aborted: it rejects at once, with an `OperationAbortedError`. */
	readonly signal?: AbortSignal | undefined;
}

/** What goes along with a put. Without a deadline the key has none afterwards, whatever it had before. */
export interface PutOptions extends OperationOptions, PutExpiry {}

/** When a key that is put is absent by itself: one of these, or never. */
export interface PutExpiry {
	/** The key is absent so many ms after the put, counted by the cluster. */
	readonly ttlMs?: number | undefined;
	/** The key is absent from this time on: Unix ms. */
	readonly expiresAt?: number | undefined;
	/** The key is absent when this lease is over: `Lease.id`. */
	readonly leaseId?: number | undefined;
	/** The key keeps the deadline that it has. @default false */
	readonly keepsExpiry?: boolean | undefined;
}

/** Who waits for an operation: one of these is called, once, and never within the call of `begin`. */
export interface OperationWaiter {
	/** What became of the operation. */
	resolve(result: Result): void;
	/** The error that `Executor.execute` would have rejected with. */
	reject(error: unknown): void;
}

/** What a client of the service can do; operations begun in the same turn travel in one batch, in the order of the calls. */
export interface Executor {
	/** Resolves with what became of it; rejects with an error of src/service/errors.ts (has `code`, e.g. ERR_TIMEOUT with outcome 'unknown' | 'notExecuted'). */
	execute(operation: Operation, options?: OperationOptions): Promise<Result>;
	/** As `execute`, for callers with so many operations that a promise for each would show. @default `execute` is asked */
	begin?(operation: Operation, waiter: OperationWaiter): void;
}
