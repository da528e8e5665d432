import type {Operation, Result} from '../src/kv/types.js';

/** What a client of the service can do; operations begun in the same turn travel in one batch, in the order of the calls. */
export interface Executor {
	/** Resolves with what became of it; rejects with an error of src/service/errors.ts (has `code`, e.g. ERR_TIMEOUT with outcome 'unknown' | 'notExecuted'). */
	execute(operation: Operation): Promise<Result>;
}
