/** What etcd takes, with its defaults (`--max-txn-ops` 128, `--max-request-bytes` 1.5 MiB), and what we make of it. */
import type {Milliseconds} from '../../../src/raft/types.js';

/** Keys of one transaction: a list of 128, one of which is the session's. */
export const keysMax = 127;

/** Sizes up to which the client sends something to etcd. Beyond them it refuses the operation itself. */
export interface EtcdLimits {
	/** Bytes of a value, also of what `append` makes of it. @default 1048576 (1 MiB) */
	readonly valueBytesMax: number;
	/** Bytes of a transaction, a little below etcd's limit of 1572864 since ours is an estimate. @default 1540096 */
	readonly requestBytesMax: number;
	/** Operations submitted and not settled. @default 65536 */
	readonly operationsMax: number;
	/** Bytes of these, keys and values. @default 268435456 (256 MiB) */
	readonly operationBytesMax: number;
	/** How long one attempt may take before another member is asked, ms. @default 2000 */
	readonly attemptTimeoutMs: Milliseconds;
	/** Between attempts, at least and at most, ms; drawn at random below a bound that doubles. @default 5, 250 */
	readonly backoffMinMs: Milliseconds;
	readonly backoffMaxMs: Milliseconds;
	/** A session that is not renewed for so long is forgotten, s. Not below 5. @default 60 */
	readonly sessionTtlS: number;
}

/** What etcd takes as it comes: see `EtcdLimits` for each. */
export const defaultEtcdLimits: EtcdLimits = {
	valueBytesMax: 2 ** 20,
	requestBytesMax: 1504 * 1024,
	operationsMax: 65_536,
	operationBytesMax: 256 * 2 ** 20,
	attemptTimeoutMs: 2000,
	backoffMinMs: 5,
	backoffMaxMs: 250,
	sessionTtlS: 60,
};
