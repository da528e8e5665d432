/** The base of every error that this project throws on purpose: `code` is stable, facts are fields, the message says what to do. */
export abstract class ThreadraftError extends Error {
	abstract readonly code: `ERR_${string}`;
	abstract override readonly name: string;
}

/** An invariant does not hold: a bug, or damage that nothing noticed. The node stops before it writes anything more. */
export class InvariantError extends ThreadraftError {
	override readonly name = 'InvariantError';
	readonly code = 'ERR_INVARIANT';
}

/** Kept on in production: a consensus system that goes on after a broken invariant spreads the damage. */
export function assert(condition: boolean, whatHolds: string): asserts condition {
	if (!condition) throw new InvariantError(`invariant broken: ${whatHolds}`);
}

/** Closes a `switch` over a union: the compiler proves that no variant is left. */
export function unreachable(value: never): never {
	throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
