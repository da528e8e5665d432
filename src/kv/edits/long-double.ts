/**
 * Decimal numbers as INCRBYFLOAT of Redis has them: the long double of x86-64, with 64 bits of mantissa, in whole numbers. So the sum
 * is the same on every machine, and printed as Redis prints it (util.c, string2ld and ld2string).
 */

/** `mantissa` times 2 to the `exponent`. */
export interface LongDouble {
	readonly mantissa: bigint;
	readonly exponent: number;
}

const mantissaBits = 64;
/** Of the lowest bit: of the smallest number that is not 0, and of the largest. */
const exponentMin = -16_445;
const exponentMax = 16_383 - 63;
/** As long as a text may be (util.h, MAX_LONG_DOUBLE_CHARS). */
const textLengthMax = 5119;
/** Beyond these powers of ten a number is infinite, or 0. */
const powerMax = 4940;
const powerMin = -4960;
const shownDigits = 17;

const decimal = /^([-+]?)([0-9]*)(?:\.([0-9]*))?(?:e([-+]?[0-9]+))?$/i;
const hexadecimal = /^([-+]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([-+]?[0-9]+))?$/i;
const infinite = /^[-+]?inf(?:inity)?$/i;

const zero: LongDouble = {mantissa: 0n, exponent: 0};

/** `undefined`: it is none, or too small or too large for one. A byte is a character. */
export function parseLongDouble(text: string): LongDouble | 'infinite' | undefined {
	if (text.length > textLengthMax) return undefined;
	if (infinite.test(text)) return 'infinite';
	const isHexadecimal = hexadecimal.test(text);
	const [, sign, whole = '', fraction = '', power = '0'] = (isHexadecimal ? hexadecimal : decimal).exec(text) ?? [];
	if (sign === undefined || whole.length + fraction.length === 0) return undefined;
	const digits = BigInt(`${isHexadecimal ? '0x' : ''}${whole}${fraction}`);
	if (digits === 0n) return zero;
	const magnitude = isHexadecimal
		? binary(digits, Number(power) - 4 * fraction.length)
		: tens(digits, Number(power) - fraction.length);
	if (typeof magnitude !== 'object' || magnitude.mantissa === 0n) return undefined;
	return sign === '-' ? {...magnitude, mantissa: -magnitude.mantissa} : magnitude;
}

/** Digits times 2 to the power. */
function binary(digits: bigint, power: number): LongDouble | 'infinite' {
	const length = bitLength(digits);
	if (power + length > exponentMax + mantissaBits) return 'infinite';
	return power + length < exponentMin ? zero : rounded(digits, 1n, power);
}

/** Digits times 10 to the power. */
function tens(digits: bigint, power: number): LongDouble | 'infinite' {
	const length = String(digits).length;
	if (power + length > powerMax) return 'infinite';
	if (power + length < powerMin) return zero;
	return power < 0 ? rounded(digits, 10n ** BigInt(-power), 0) : rounded(digits * 10n ** BigInt(power), 1n, 0);
}

/** 'infinite' as soon as one of them is, or if the sum is beyond the largest number. */
export function sumOf(one: LongDouble | 'infinite', other: LongDouble | 'infinite'): LongDouble | 'infinite' {
	if (one === 'infinite' || other === 'infinite') return 'infinite';
	const exponent = Math.min(one.exponent, other.exponent);
	const sum = (one.mantissa << BigInt(one.exponent - exponent)) + (other.mantissa << BigInt(other.exponent - exponent));
	if (sum >= 0n) return rounded(sum, 1n, exponent);
	const magnitude = rounded(-sum, 1n, exponent);
	return magnitude === 'infinite' ? magnitude : {...magnitude, mantissa: -magnitude.mantissa};
}

/** At most 17 digits behind the point, rounded, without zeros at the end. */
export function textOfLongDouble({mantissa, exponent}: LongDouble): string {
	const isNegative = mantissa < 0n;
	const scaled = (isNegative ? -mantissa : mantissa) * 10n ** BigInt(shownDigits);
	const units = exponent >= 0 ? scaled << BigInt(exponent) : nearest(scaled, 1n << BigInt(-exponent));
	const digits = String(units).padStart(shownDigits + 1, '0');
	const fraction = digits.slice(-shownDigits).replace(/0+$/, '');
	const whole = digits.slice(0, -shownDigits);
	const text = fraction === '' ? whole : `${whole}.${fraction}`;
	return isNegative && text !== '0' ? `-${text}` : text;
}

/** The number nearest to numerator / denominator times 2 to the `exponent`; of two as near, that with the even mantissa. */
function rounded(numerator: bigint, denominator: bigint, exponent: number): LongDouble | 'infinite' {
	if (numerator === 0n) return zero;
	// So that the quotient has 64 bits, or 65.
	const wanted = bitLength(numerator) - bitLength(denominator) - mantissaBits;
	const shift = Math.max(wanted, exponentMin - exponent);
	const quotient = scaledQuotient(numerator, denominator, shift);
	if (bitLength(quotient) <= mantissaBits) return within(quotient, exponent + shift);
	// Anew from what is exact: who rounds twice, rounds wrongly.
	return within(scaledQuotient(numerator, denominator, shift + 1), exponent + shift + 1);
}

const scaledQuotient = (numerator: bigint, denominator: bigint, shift: number): bigint =>
	shift >= 0 ? nearest(numerator, denominator << BigInt(shift)) : nearest(numerator << BigInt(-shift), denominator);

function within(mantissa: bigint, exponent: number): LongDouble | 'infinite' {
	return bitLength(mantissa) + exponent > exponentMax + mantissaBits ? 'infinite' : {mantissa, exponent};
}

/** The whole number nearest to the quotient; of two as near, the even one. */
function nearest(numerator: bigint, denominator: bigint): bigint {
	const quotient = numerator / denominator;
	const twice = (numerator - quotient * denominator) * 2n;
	const isUp = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
	return isUp ? quotient + 1n : quotient;
}

const bitLength = (value: bigint): number => value.toString(16).length * 4 - unusedBits(value);

function unusedBits(value: bigint): number {
	const first = Number.parseInt(value.toString(16)[0] ?? '0', 16);
	return Math.clz32(first) - 28;
}
