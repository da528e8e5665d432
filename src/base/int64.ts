/** Both ends of a signed 64-bit number. */
export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

export const isInt64 = (value: bigint): boolean => value >= int64Min && value <= int64Max;
