/**
 * Sums as INCRBYFLOAT tells them: each number is rounded to the 64 bits of x86-64's long double, and so is their sum; it is printed
 * with 17 digits behind the point. All of it in fractions of whole numbers.
 */

/** `units` times two to the `power`. */
interface Binary {
	readonly units: bigint;
	readonly power: number;
}

const unitsEnd = 2n ** 64n;
const powerMin = -16_445;
const powerMax = 16_320;
/** Beyond, a number is too large or too small anyway; what is counted up to here stays small. */
const tensMax = 4960;
const charactersMax = 5119;
const scale = 10n ** 17n;

const number =
	/^(?<sign>[-+]?)(?:0x(?<hex>[0-9a-f]*)(?:\.(?<hexPart>[0-9a-f]*))?(?:p(?<twos>[-+]?\d+))?|(?<whole>\d*)(?:\.(?<part>\d*))?(?:e(?<tens>[-+]?\d+))?)$/i;

/** `undefined`: there is none, as one of them is no number, or the sum none that can be written. */
export function decimalSum(one: string, other: string): string | undefined {
	const [first, second] = [binaryOf(one), binaryOf(other)];
	if (first === undefined || second === undefined) return undefined;
	const power = Math.min(first.power, second.power);
	const units = shifted(first, power) + shifted(second, power);
	const sum = power < 0 ? rounded(units, 2n ** BigInt(-power)) : rounded(units * 2n ** BigInt(power), 1n);
	return sum && textOf(sum);
}

const shifted = ({units, power}: Binary, to: number): bigint => units * 2n ** BigInt(power - to);

function binaryOf(text: string): Binary | undefined {
	const parts = text.length > charactersMax ? undefined : number.exec(text)?.groups;
	if (parts === undefined) return undefined;
	const {sign, hex, hexPart = '', twos = '0', whole = '', part = '', tens = '0'} = parts;
	const digits = hex === undefined ? whole + part : hex + hexPart;
	if (digits === '') return undefined;
	const magnitude = BigInt(hex === undefined ? digits : `0x${digits}`);
	if (magnitude === 0n) return {units: 0n, power: 0};
	const base = hex === undefined ? 10n : 2n;
	const exponent = hex === undefined ? Number(tens) - part.length : Number(twos) - 4 * hexPart.length;
	const size = exponent + (hex === undefined ? String(magnitude).length : magnitude.toString(2).length);
	const limit = hex === undefined ? tensMax : 2 * 16_445;
	if (Math.abs(size) > limit) return undefined;
	const factor = base ** BigInt(Math.abs(exponent));
	const found = exponent < 0 ? rounded(magnitude, factor) : rounded(magnitude * factor, 1n);
	if (found === undefined || found.units === 0n) return undefined;
	return sign === '-' ? {...found, units: -found.units} : found;
}

/** The nearest that is one; of two as near, the even one. `undefined`: it is too large for any. */
function rounded(numerator: bigint, denominator: bigint): Binary | undefined {
	if (numerator < 0n) {
		const found = rounded(-numerator, denominator);
		return found && {...found, units: -found.units};
	}
	if (numerator === 0n) return {units: 0n, power: 0};
	let power = Math.max(powerMin, numerator.toString(2).length - denominator.toString(2).length - 64);
	let units = nearest(numerator, denominator, power);
	while (units >= unitsEnd) {
		power += 1;
		units = nearest(numerator, denominator, power);
	}
	return power > powerMax ? undefined : {units, power};
}

function nearest(numerator: bigint, denominator: bigint, power: number): bigint {
	const above = power < 0 ? numerator * 2n ** BigInt(-power) : numerator;
	const below = power < 0 ? denominator : denominator * 2n ** BigInt(power);
	const down = above / below;
	const twiceRest = 2n * (above - down * below);
	return twiceRest > below || (twiceRest === below && down % 2n === 1n) ? down + 1n : down;
}

function textOf({units, power}: Binary): string {
	const magnitude = (units < 0n ? -units : units) * scale;
	const scaled = power < 0 ? nearest(magnitude, 1n, -power) : magnitude * 2n ** BigInt(power);
	const fraction = String(scaled % scale)
		.padStart(17, '0')
		.replace(/0+$/, '');
	const text = fraction === '' ? String(scaled / scale) : `${scaled / scale}.${fraction}`;
	return units < 0n && text !== '0' ? `-${text}` : text;
}
