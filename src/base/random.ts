/**
 * Seeded randomness: xoshiro128** 1.1 (Blackman and Vigna, 2018) started by a splitmix32 sequence. Not for secrets.
 *
 * Everything that is drawn anywhere comes from one seed, so that a run can be replayed.
 */
import {assert} from './errors.js';

/** All there is to a generator, as plain data. `words`: the four 32-bit words of xoshiro128**, never all zero. */
export interface RandomState {
	/** What {@link Random.fork} derives from; 32 bits, unsigned. */
	readonly seed: number;
	readonly words: readonly [number, number, number, number];
}

const UINT32_RANGE = 0x1_0000_0000;

/** Chance from a seed: the same seed gives the same numbers, on every machine. Not for secrets. */
export class Random {
	readonly #seed: number;
	/** Signed: then all of the arithmetic stays in 32-bit integers. */
	readonly #words: Int32Array;

	constructor(state: RandomState) {
		assert(
			state.words.some(word => word !== 0),
			'a state of xoshiro128** is not all zero',
		);
		this.#seed = state.seed >>> 0;
		this.#words = Int32Array.from(state.words);
	}

	/** The seed is any whole number; only its low 32 bits count. */
	static fromSeed(seed: number): Random {
		const next = splitmix32(seed >>> 0);
		return new Random({seed: seed >>> 0, words: [next(), next(), next(), next()]});
	}

	/** A copy that goes on from here: `new Random(random.state)` draws what `random` would. */
	get state(): RandomState {
		const [a = 0, b = 0, c = 0, d = 0] = this.#words;
		return {seed: this.#seed, words: [a >>> 0, b >>> 0, c >>> 0, d >>> 0]};
	}

	/**
	 * A stream of its own, derived from the seed and the label and from nothing else: what has been drawn before does
	 * not matter, so one more consumer never changes what the others see. The same label gives the same stream.
	 */
	fork(label: string): Random {
		return Random.fromSeed(hash(this.#seed, label));
	}

	/** A whole number from 0 to 2^32 - 1. */
	uint32(): number {
		// Not by destructuring: that goes through an iterator, and a simulated run draws millions of these.
		const words = this.#words;
		const a = words[0] ?? 0;
		const b = words[1] ?? 0;
		const c = words[2] ?? 0;
		const d = words[3] ?? 0;
		const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
		words[0] = a ^ d ^ b;
		words[1] = b ^ c ^ a;
		words[2] = c ^ a ^ (b << 9);
		words[3] = rotateLeft(d ^ b, 11);
		return result;
	}

	/** Uniform in [0, 1), in steps of 2^-32. */
	float(): number {
		return this.uint32() / UINT32_RANGE;
	}

	/** True with this probability. Always draws exactly once. */
	chance(probability: number): boolean {
		return this.float() < probability;
	}

	/** A whole number from `min` to `max`, both included, each as likely as the other. */
	integer(min: number, max: number): number {
		const range = max - min + 1;
		const isRange = Number.isInteger(min) && Number.isInteger(max) && range >= 1 && range <= UINT32_RANGE;
		// A message that is made for nobody costs more than the draw.
		if (!isRange) assert(false, `${min}..${max} has from 1 to 2^32 whole numbers`);
		// Draws past the last whole multiple of the range are thrown away: they would favour the small numbers.
		const limit = UINT32_RANGE - (UINT32_RANGE % range);
		let draw = this.uint32();
		while (draw >= limit) draw = this.uint32();
		const offset = draw % range;
		// What is left of a large number is a double for V8, however small, and so is all that is made of it: two hidden classes
		// for each kind of object that holds a drawn number. The bitwise operator makes an integer of it.
		return min + (offset < 2 ** 31 ? offset | 0 : offset);
	}

	/** One of the items, each as likely as the others. There has to be one. */
	pick<T>(items: readonly T[]): T {
		assert(items.length > 0, 'there is something to pick from');
		return items[this.integer(0, items.length - 1)] as T;
	}

	/** The same items in a new order, each order as likely (Fisher and Yates). */
	shuffle<T>(items: readonly T[]): T[] {
		const shuffled = [...items];
		for (let last = shuffled.length - 1; last > 0; last--) {
			const other = this.integer(0, last);
			[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
		}
		return shuffled;
	}

	/** Exponentially distributed with this mean; never more than about 22 times of it. */
	exponential(mean: number): number {
		return -mean * Math.log(1 - this.float());
	}
}

function rotateLeft(word: number, bits: number): number {
	return (word << bits) | (word >>> (32 - bits));
}

/** Spreads a seed over many words: near seeds must not give near streams. */
function splitmix32(seed: number): () => number {
	let counter = seed;
	return () => {
		counter = (counter + 0x9e37_79b9) | 0;
		return mix(counter);
	};
}

/** The 32-bit finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function mix(word: number): number {
	let mixed = word ^ (word >>> 16);
	mixed = Math.imul(mixed, 0x85eb_ca6b);
	mixed ^= mixed >>> 13;
	mixed = Math.imul(mixed, 0xc2b2_ae35);
	return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hash(seed: number, label: string): number {
	let hashed = mix(seed + 1);
	for (let offset = 0; offset < label.length; offset++) hashed = mix((hashed + label.charCodeAt(offset) + 1) | 0);
	return hashed;
}
