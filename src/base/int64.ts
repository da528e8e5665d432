/** Both ends of a signed 64-bit number. */
export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

export const isInt64 = (value: bigint): boolean => value >= int64Min && value <= int64Max;

const canonical = /^(?:0|-?[1-9][0-9]{0,18})$/;

/** Of its canonical decimal form, the only one that Redis takes (util.c, string2ll); `undefined` for anything else. */
export function int64OfText(text: string): bigint | undefined {
	const value = canonical.test(text) ? BigInt(text) : undefined;
	return value !== undefined && isInt64(value) ? value : undefined;
}
