/** Numbers as text, as C's printf and strtod have them: Lua 5.1 has doubles only, and shows 3.0 as "3". */

/** `%.14g`, which is how Lua shows a number. */
export function textOfNumber(value: number): string {
	if (Number.isInteger(value) && Math.abs(value) < 1e14) return Object.is(value, -0) ? '-0' : String(value);
	return formatGeneral(value, 14);
}

/** What printf has for a number that is none; `undefined` for all others. */
function textOfSpecial(value: number): string | undefined {
	// What 0/0 gives has its sign set on the processors that Redis runs on.
	if (Number.isNaN(value)) return '-nan';
	if (value === Infinity) return 'inf';
	return value === -Infinity ? '-inf' : undefined;
}

/** More digits than what is in the middle between two texts has: JavaScript writes no more. */
const exactDigits: number = 100;

/** JavaScript rounds up what is in the middle, C to the even digit. `exact`: with so many digits that nothing is rounded. */
function evenTie(rounded: string, exact: string): string {
	const rest = exact.slice(rounded.length);
	// A point that both have no digits behind is not there in the rounded one.
	const digits = rest.startsWith('.') ? rest.slice(1) : rest;
	const kept = exact.slice(0, rounded.length);
	return /^50*$/.test(digits) && /[02468]$/.test(kept) ? kept : rounded;
}

function toExponential(value: number, precision: number): string {
	const [rounded = '', exponent] = value.toExponential(precision).split('e');
	const [exact = '', exactExponent] = value.toExponential(exactDigits).split('e');
	// Rounded up to a power of ten, it was not in the middle between two even digits.
	return exponent === exactExponent ? `${evenTie(rounded, exact)}e${exponent}` : `${rounded}e${exponent}`;
}

/** `%e` with so many digits behind the point. */
export function formatExponent(value: number, precision: number): string {
	const special = textOfSpecial(value);
	if (special !== undefined) return special;
	const sign = Object.is(value, -0) ? '-' : '';
	const [digits = '', exponent = '+0'] = toExponential(value, precision).split('e');
	return `${sign}${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** `%f` with so many digits behind the point. */
export function formatFixed(value: number, precision: number): string {
	const special = textOfSpecial(value);
	if (special !== undefined) return special;
	const sign = Object.is(value, -0) ? '-' : '';
	if (Math.abs(value) < 1e21) return sign + evenTie(value.toFixed(precision), value.toFixed(exactDigits));
	// `toFixed` goes over to exponents there; each double of that size is a whole number.
	return BigInt(value).toString() + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}

/** `%g` with so many significant digits; `isAlternate` (#) keeps the zeros at the end. */
export function formatGeneral(value: number, precision: number, isAlternate = false): string {
	const special = textOfSpecial(value);
	if (special !== undefined) return special;
	const digits = precision === 0 ? 1 : precision;
	const exponent = value === 0 ? 0 : Number(toExponential(value, digits - 1).split('e')[1]);
	const isFixed = exponent >= -4 && exponent < digits;
	const text = isFixed ? formatFixed(value, digits - 1 - exponent) : formatExponent(value, digits - 1);
	if (isAlternate || !text.includes('.')) return text;
	const [number = '', power] = text.split('e');
	const shortened = number.replace(/\.?0+$/, '');
	return power === undefined ? shortened : `${shortened}e${power}`;
}

const decimal = /^[ \t-\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[ \t-\r]*$/;
const hexadecimal = /^[ \t-\r]*([+-]?)0[xX]([0-9a-fA-F]+)[ \t-\r]*$/;
const special = /^[ \t-\r]*([+-]?)(inf|infinity|nan)[ \t-\r]*$/i;

/** The number that a text is, with blanks around it; `undefined`: it is none. */
export function parseNumber(text: string): number | undefined {
	const asDecimal = decimal.exec(text);
	if (asDecimal !== null) return Number(asDecimal[1]);
	const asHexadecimal = hexadecimal.exec(text);
	if (asHexadecimal !== null) return (asHexadecimal[1] === '-' ? -1 : 1) * Number(`0x${asHexadecimal[2]}`);
	const asSpecial = special.exec(text);
	if (asSpecial === null) return undefined;
	if (asSpecial[2]?.toLowerCase() === 'nan') return NaN;
	return asSpecial[1] === '-' ? -Infinity : Infinity;
}

/** In another base than 10, as strtoul has it. */
export function parseInBase(text: string, base: number): number | undefined {
	const matched = /^[ \t-\r]*([+-]?)([0-9a-zA-Z]+)[ \t-\r]*$/.exec(text);
	if (matched === null) return undefined;
	const [, sign, found = ''] = matched;
	const digits = base === 16 ? found.replace(/^0[xX](?=.)/, '') : found;
	let value = 0;
	for (const digit of digits) {
		const weight = Number.parseInt(digit, 36);
		if (weight >= base) return undefined;
		value = value * base + weight;
	}
	return sign === '-' ? 2 ** 64 - value : value;
}
