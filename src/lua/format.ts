/** `string.format` */
import type {Given} from './library.js';
import {formatExponent, formatFixed, formatGeneral} from './numbers.js';
import type {Runtime} from './runtime.js';

interface Directive {
	readonly flags: string;
	readonly width: number;
	readonly precision: number | undefined;
	readonly letter: string;
}

const directive = /%([-+ #0]*)(\d*)(?:\.(\d*))?(.?)/gs;

export function format(given: Given, runtime: Runtime): string {
	let position = 1;
	const text = given
		.text(1)
		.replaceAll(directive, (_, flags: string, width: string, precision: string | undefined, letter: string) => {
			if (letter === '%') return '%';
			if (flags.length > 5 || width.length > 2 || (precision?.length ?? 0) > 2)
				throw runtime.error('invalid format (width or precision too long)');
			position += 1;
			if (position > given.count) throw given.wrong(position, 'no value');
			const shaped = shape(
				given,
				position,
				{
					flags,
					width: Number(width),
					precision: precision === undefined ? undefined : Number(precision),
					letter,
				},
				runtime,
			);
			runtime.meter.allocate(shaped.length);
			return shaped;
		});
	return runtime.text(text);
}

function shape(given: Given, position: number, form: Directive, runtime: Runtime): string {
	const {letter, precision} = form;
	switch (letter) {
		case 'c':
			return padded(String.fromCharCode(given.integer(position) & 0xff), form);
		case 'd':
		case 'i':
			return wholeNumber(toInt64(given.number(position)), form);
		case 'u':
		case 'o':
		case 'x':
		case 'X':
			return unsigned(BigInt.asUintN(64, toInt64(given.number(position))), form);
		case 'e':
		case 'E':
		case 'f':
		case 'g':
		case 'G':
			return double(given.number(position), form);
		case 'q':
			return quoted(given.text(position));
		case 's': {
			const text = given.text(position);
			return padded(precision === undefined ? text : text.slice(0, precision), form);
		}
		default:
			throw runtime.error(`invalid option '%${letter}' to 'format'`);
	}
}

/** As C casts a double: what does not fit is the smallest. */
function toInt64(value: number): bigint {
	const isInside = value > -(2 ** 63) && value < 2 ** 63;
	return isInside ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

function padded(text: string, {flags, width}: Directive): string {
	return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}

/** `mayFill`: with zeros, where the flags ask for it. */
function withSign(sign: string, digits: string, form: Directive, mayFill: boolean): string {
	const {flags, width} = form;
	if (!mayFill || !flags.includes('0') || flags.includes('-')) return padded(sign + digits, form);
	return sign + digits.padStart(width - sign.length, '0');
}

const signOf = (isNegative: boolean, flags: string): string =>
	isNegative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';

function wholeNumber(value: bigint, form: Directive): string {
	const {flags, precision} = form;
	const magnitude = (value < 0n ? -value : value).toString();
	const digits = precision === 0 && value === 0n ? '' : magnitude.padStart(precision ?? 0, '0');
	return withSign(signOf(value < 0n, flags), digits, form, precision === undefined);
}

function unsigned(value: bigint, form: Directive): string {
	const {flags, letter, precision} = form;
	const base = letter === 'o' ? 8 : letter === 'u' ? 10 : 16;
	const written = value.toString(base);
	const digits = (letter === 'X' ? written.toUpperCase() : written).padStart(precision ?? 0, '0');
	const prefix = !flags.includes('#') || value === 0n || letter === 'u' ? '' : letter === 'o' ? '0' : `0${letter}`;
	return withSign(prefix, digits, form, precision === undefined);
}

function double(value: number, form: Directive): string {
	const {flags, letter, precision = 6} = form;
	const kind = letter.toLowerCase();
	const magnitude = Math.abs(value);
	const text =
		kind === 'e'
			? formatExponent(magnitude, precision)
			: kind === 'f'
				? formatFixed(magnitude, precision)
				: formatGeneral(magnitude, precision, flags.includes('#'));
	// Of a number that is none, the text has its sign.
	const unsignedText = text.replace(/^-/, '');
	const isNegative = value < 0 || Object.is(value, -0) || Number.isNaN(value);
	const digits = letter === kind ? unsignedText : unsignedText.toUpperCase();
	return withSign(signOf(isNegative, flags), digits, form, Number.isFinite(value));
}

const escapes: Readonly<Record<string, string>> = {'"': '\\"', '\\': '\\\\', '\n': '\\\n', '\r': '\\r', '\0': '\\000'};

const quoted = (text: string): string => `"${text.replaceAll(/["\\\n\r\0]/g, found => escapes[found] ?? found)}"`;
