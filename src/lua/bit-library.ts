/** The library `bit` of LuaJIT, which Redis has: whole numbers of 32 bits, with a sign. */
import {type Given, libraryOf} from './library.js';
import type {Runtime} from './runtime.js';

/** Rounded to a whole number, and of that the lower 32 bits. */
function bitsAt(given: Given, position: number): number {
	const value = given.number(position);
	const floor = Math.floor(value);
	const rest = value - floor;
	const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
	return Number.isFinite(value) ? (isUp ? floor + 1 : floor) | 0 : 0;
}

function fold(given: Given, combine: (one: number, other: number) => number): number {
	let bits = bitsAt(given, 1);
	for (let position = 2; position <= given.count; position += 1) bits = combine(bits, bitsAt(given, position));
	return bits;
}

const rotate = (bits: number, by: number): number => (bits << (by & 31)) | (bits >>> (-by & 31));

function hexadecimal(given: Given): string {
	const digits = given.at(2) === undefined ? 8 : bitsAt(given, 2);
	const count = Math.min(Math.abs(digits), 8);
	const text = (bitsAt(given, 1) >>> 0)
		.toString(16)
		.padStart(8, '0')
		.slice(8 - count);
	return digits < 0 ? text.toUpperCase() : text;
}

const swapped = (bits: number): number =>
	(bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24);

export function addBitLibrary(runtime: Runtime): void {
	const shifts: Record<string, (bits: number, by: number) => number> = {
		lshift: (bits, by) => bits << (by & 31),
		rshift: (bits, by) => (bits >>> (by & 31)) | 0,
		arshift: (bits, by) => bits >> (by & 31),
		rol: rotate,
		ror: (bits, by) => rotate(bits, -by),
	};
	const library = libraryOf(runtime, {
		...Object.fromEntries(
			Object.entries(shifts).map(([name, shift]) => [
				name,
				(given: Given) => shift(bitsAt(given, 1), bitsAt(given, 2)),
			]),
		),
		tobit: given => bitsAt(given, 1),
		tohex: given => hexadecimal(given),
		bnot: given => ~bitsAt(given, 1),
		band: given => fold(given, (one, other) => one & other),
		bor: given => fold(given, (one, other) => one | other),
		bxor: given => fold(given, (one, other) => one ^ other),
		bswap: given => swapped(bitsAt(given, 1)),
	});
	runtime.globals.set('bit', library);
}
