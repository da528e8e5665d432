import {type Given, libraryOf} from './library.js';
import type {Runtime} from './runtime.js';
import type {LuaValues} from './values.js';

/** As `drand48` has it, which Redis uses, and begins anew for each script: all replicas draw the same numbers. */
class Chance {
	#state = 0n;

	seed(seed: number): void {
		this.#state = (BigInt.asUintN(32, BigInt(Math.trunc(seed))) << 16n) + 0x330en;
	}

	/** From 0 up to 1. */
	next(): number {
		this.#state = BigInt.asUintN(48, this.#state * 0x5deece66dn + 0xbn);
		return (Number(this.#state >> 17n) % 0x7fffffff) / 0x7fffffff;
	}
}

function random(given: Given, chance: Chance, runtime: Runtime): number {
	const drawn = chance.next();
	if (given.count === 0) return drawn;
	if (given.count > 2) throw runtime.error('wrong number of arguments');
	const low = given.count === 1 ? 1 : given.integer(1);
	const high = given.integer(given.count);
	if (low > high) throw given.wrong(given.count, 'interval is empty');
	return Math.floor(drawn * (high - low + 1)) + low;
}

/** Its fraction, from 0.5 up to 1, and the power of two that it is multiplied with. */
function fractionAndPower(value: number): LuaValues {
	if (value === 0 || !Number.isFinite(value)) return [value, 0];
	let power = Math.max(-1023, Math.floor(Math.log2(Math.abs(value))) + 1);
	let fraction = value * 2 ** -power;
	while (Math.abs(fraction) < 0.5) {
		fraction *= 2;
		power -= 1;
	}
	while (Math.abs(fraction) >= 1) {
		fraction /= 2;
		power += 1;
	}
	return [fraction, power];
}

function wholeAndRest(value: number): LuaValues {
	const whole = Math.trunc(value);
	return [whole, Number.isFinite(value) ? value - whole : 0];
}

const ofOneNumber = {
	abs: Math.abs,
	acos: Math.acos,
	asin: Math.asin,
	atan: Math.atan,
	ceil: Math.ceil,
	cos: Math.cos,
	cosh: Math.cosh,
	deg: (value: number) => value / (Math.PI / 180),
	exp: Math.exp,
	floor: Math.floor,
	log: Math.log,
	log10: Math.log10,
	rad: (value: number) => value * (Math.PI / 180),
	sin: Math.sin,
	sinh: Math.sinh,
	sqrt: Math.sqrt,
	tan: Math.tan,
	tanh: Math.tanh,
};

/** Returns what begins the chance of a script anew. */
export function addMathLibrary(runtime: Runtime): () => void {
	const chance = new Chance();
	const largest = (given: Given, pick: (one: number, other: number) => number): number => {
		let found = given.number(1);
		for (let position = 2; position <= given.count; position += 1) found = pick(found, given.number(position));
		return found;
	};
	const remainder = (given: Given): number => given.number(1) % given.number(2);
	const library = libraryOf(runtime, {
		...Object.fromEntries(
			Object.entries(ofOneNumber).map(([name, calculate]) => [name, (given: Given) => calculate(given.number(1))]),
		),
		atan2: given => Math.atan2(given.number(1), given.number(2)),
		fmod: remainder,
		mod: remainder,
		frexp: given => fractionAndPower(given.number(1)),
		ldexp: given => given.number(1) * 2 ** given.integer(2),
		max: given => largest(given, Math.max),
		min: given => largest(given, Math.min),
		modf: given => wholeAndRest(given.number(1)),
		pow: given => given.number(1) ** given.number(2),
		random: given => random(given, chance, runtime),
		randomseed(given) {
			chance.seed(given.number(1));
			return [];
		},
	});
	library.set('pi', Math.PI);
	library.set('huge', Infinity);
	runtime.globals.set('math', library);
	return () => chance.seed(0);
}
