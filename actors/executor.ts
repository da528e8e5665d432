import type {Operation, Result} from '../src/kv/types.js';

/** What goes along with one operation. */
export interface OperationOptions {
	/** Gives the operation up when it is aborted: it rejects at once, with an `OperationAbortedError`. */
	readonly signal?: AbortSignal | undefined;
}

/** What a client of the service can do; operations begun in the same turn travel in one batch, in the order of the calls. */
export interface Executor {
	/** Resolves with what became of it; rejects with an error of src/service/errors.ts (has `code`, e.g. ERR_TIMEOUT with outcome 'unknown' | 'notExecuted'). */
	execute(operation: Operation, options?: OperationOptions): Promise<Result>;
}
