/** Closes a switch over a union: a variant that was forgotten is a type error. */
export function unreachable(value: never): never {
	throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
