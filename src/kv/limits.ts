/** What the replicas of a key/value machine agree on. */

/** Give all of them the same, or they diverge. */
export interface KvLimits {
	/** Bytes of a value, also of what `append` makes of it. @default 1048576 (1 MiB) */
	readonly valueBytesMax: number;
	/** Changes that a replica remembers for whoever watches; the replicas need not agree on it. @default 16384 */
	readonly changesMax: number;
	/** Bytes of their keys and values. @default 4194304 (4 MiB) */
	readonly changeBytesMax: number;
	/** So long changes are remembered after somebody has asked for it, ms of the log's time. @default 600000 (10 minutes) */
	readonly changesKeptMs: number;
}

export const defaultKvLimits: KvLimits = {
	valueBytesMax: 2 ** 20,
	changesMax: 16_384,
	changeBytesMax: 4 * 2 ** 20,
	changesKeptMs: 600_000,
};
