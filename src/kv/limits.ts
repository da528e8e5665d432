/** What the replicas of a key/value machine agree on. */

/** Give all of them the same, or they diverge. */
export interface KvLimits {
	/** Bytes of a value, also of what `append` makes of it. @default 1048576 (1 MiB) */
	readonly valueBytesMax: number;
}

export const defaultKvLimits: KvLimits = {valueBytesMax: 2 ** 20};
