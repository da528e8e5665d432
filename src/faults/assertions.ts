/** Stops at a caller's mistake: a fault with impossible numbers would quietly inject nothing. */
export function assert(condition: boolean, whatHolds: string): asserts condition {
	if (!condition) throw new RangeError(`invariant broken: ${whatHolds}`);
}

/** Closes a `switch` over a union: the compiler proves that no variant is left. */
export function unreachable(value: never): never {
	throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
