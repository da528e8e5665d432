/** Bytes that mean nothing, and bytes that nearly mean something. */
import type {Random} from '../../../src/base/random.js';

/** Up to so many, any of them. */
export function randomBytes(random: Random, lengthMax: number): Buffer {
	const bytes = Buffer.alloc(random.integer(0, lengthMax));
	for (let at = 0; at < bytes.length; at += 4) {
		const drawn = random.uint32();
		for (let place = 0; place < Math.min(4, bytes.length - at); place++)
			bytes[at + place] = (drawn >>> (8 * place)) & 0xff;
	}
	return bytes;
}

/** A copy with a few bytes changed, removed, doubled or put in. */
export function mutate(random: Random, bytes: Buffer): Buffer {
	let mutated = Buffer.from(bytes);
	for (let count = random.integer(1, 4); count > 0; count--) {
		const at = random.integer(0, mutated.length);
		const to = Math.min(mutated.length, at + random.integer(0, 8));
		switch (random.integer(0, 4)) {
			case 0:
				if (at < mutated.length) mutated[at] = random.integer(0, 255);
				break;
			case 1:
				if (at < mutated.length) mutated[at] = (mutated[at] ?? 0) ^ (1 << random.integer(0, 7));
				break;
			case 2:
				mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(to)]);
				break;
			case 3:
				mutated = Buffer.concat([mutated.subarray(0, to), mutated.subarray(at)]);
				break;
			default:
				mutated = Buffer.concat([mutated.subarray(0, at), randomBytes(random, 6), mutated.subarray(at)]);
		}
	}
	return mutated;
}
