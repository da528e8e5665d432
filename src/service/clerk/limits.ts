/** What a clerk sends at a time, and how long it waits. */
import type {Milliseconds} from '../../raft/types.js';
import type {BackoffLimits} from './leader-search.js';

/** How a clerk batches its requests, and when it asks again or another server. Sizes in bytes, times in ms. */
export interface ClerkLimits extends BackoffLimits {
	/**
	 * How long one attempt may take before another server is asked, ms. An operation that is larger than a batch gets this
	 * for each `batchBytesMax` of its bytes, and twice as long with each attempt, up to eight times. @default 500
	 */
	readonly attemptTimeoutMs: Milliseconds;
	/** Requests in flight; down to 4 while servers are too busy to answer them in time. @default 16 */
	readonly requestsMax: number;
	/**
	 * While a request is on its way, operations that do not fill another one wait for its answer, at most for so long, ms: fewer
	 * requests, each with more operations. For a clerk that is asked by many at different times. @default 0 (they do not wait)
	 */
	readonly gatherMs: Milliseconds;
	/** Operations of one request. @default 256 */
	readonly batchOperationsMax: number;
	/** Bytes of one request, more only for a single larger operation. @default 262144 (256 KiB) */
	readonly batchBytesMax: number;
	/** Writes not yet acknowledged; not more than the servers' `sessionResultsMax`. @default 2048 */
	readonly windowMax: number;
	/** Bytes of one operation; not more than the servers' `commandBytesMax`. @default 1572864 (1.5 MiB) */
	readonly operationBytesMax: number;
	/** Operations submitted and not settled. @default 65536 */
	readonly operationsMax: number;
}

export const defaultClerkLimits: ClerkLimits = {
	backoffMinMs: 5,
	backoffMaxMs: 25,
	attemptTimeoutMs: 500,
	requestsMax: 16,
	gatherMs: 0,
	batchOperationsMax: 256,
	batchBytesMax: 256 * 1024,
	windowMax: 2048,
	operationBytesMax: 1.5 * 2 ** 20,
	operationsMax: 65_536,
};
