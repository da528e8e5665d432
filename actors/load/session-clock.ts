/** One clock for all threads of the process that record: nanoseconds since a moment that one of them chose. It never goes back. */

/** A moment, for `clockSince`. */
export const presentMoment = (): bigint => process.hrtime.bigint();

/** Whole nanoseconds since that moment; exact for a hundred days. */
export function clockSince(moment: bigint): () => number {
	return () => Number(process.hrtime.bigint() - moment);
}
