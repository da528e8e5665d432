import {isDeepStrictEqual} from 'node:util';
import {defaultRedisLimits, type RedisLimits} from '../../../actors/redis/limits.js';
import {RequestParser} from '../../../actors/redis/request-parser.js';
import type {Random} from '../../../src/base/random.js';
import {request} from '../../redis/harness.js';
import {mutate, randomBytes} from '../kit/junk.js';
import type {Row} from '../row.js';

/** Inputs between two looks at the clock. */
const batch = 500;
/** So narrow that they are met. */
const narrow: Partial<RedisLimits> = {bulkBytesMax: 24, requestBytesMax: 64, requestPartsMax: 4};

/** Byte strings of the parts of each request, and at the end what is wrong with the stream, if anything is. */
type Parsed = readonly (readonly string[] | string)[];

export const fuzzRequests: Row = {
	name: 'fuzz-requests',
	title:
		'the request parser reads a stream of junk the same wherever it is cut, gives back what was sent, and never throws or hangs',
	weight: 120,
	shortMs: 1000,
	isInTests: true,
	run: async trial => {
		for (let inputs = 0; inputs === 0 || !trial.isOver; inputs += batch) {
			for (let number = 0; number < batch; number++) {
				const what = wrongWith(trial.random);
				trial.operation();
				if (what !== undefined) trial.find(what);
			}
			trial.tell(`${inputs} inputs`);
			// A turn of the event loop: the runner may want it to end.
			await new Promise(setImmediate);
		}
	},
};

function wrongWith(random: Random): string | undefined {
	const limits = random.chance(0.3) ? {...defaultRedisLimits, ...narrow} : defaultRedisLimits;
	const sent = Array.from({length: random.integer(1, 4)}, () => drawRequest(random));
	const valid = Buffer.concat(sent.map(({bytes}) => bytes));
	const isValid = limits === defaultRedisLimits && random.chance(0.3);
	const stream = isValid ? valid : mutate(random, valid);
	try {
		const whole = parse([stream], limits);
		const cut = parse(cutAnywhere(random, stream), limits);
		if (!isDeepStrictEqual(whole, cut)) return `cut and whole differ: ${stream.toString('hex')}`;
		if (
			isValid &&
			!isDeepStrictEqual(
				whole,
				sent.map(({parts}) => parts),
			)
		)
			return `not what was sent: ${stream.toString('hex')}`;
		return undefined;
	} catch (error) {
		return `${String(error)}: ${stream.toString('hex')}`;
	}
}

function drawRequest(random: Random): {readonly bytes: Buffer; readonly parts: readonly string[]} {
	if (random.chance(0.2)) {
		const words = Array.from({length: random.integer(1, 4)}, () => random.pick(['GET', 'SET', 'key', 'x', '42']));
		return {bytes: Buffer.from(`${words.join(' ')}\r\n`), parts: words};
	}
	const parts = Array.from({length: random.integer(1, 5)}, () => randomBytes(random, 40));
	return {bytes: request(...parts), parts: parts.map(part => part.toString('latin1'))};
}

function parse(chunks: readonly Buffer[], limits: RedisLimits): Parsed {
	const parser = new RequestParser(limits);
	const found: (readonly string[] | string)[] = [];
	for (const chunk of chunks) {
		// Copies, as a socket gives them: views must not hold by accident.
		parser.push(Buffer.from(chunk));
		for (let next = parser.next(); next !== undefined; next = parser.next()) {
			if (next.type === 'violation') return [...found, next.reason];
			found.push(next.type === 'tooLarge' ? next.reason : next.parts.map(part => part.toString('latin1')));
		}
	}
	return found;
}

function cutAnywhere(random: Random, stream: Buffer): readonly Buffer[] {
	const chunks: Buffer[] = [];
	for (let at = 0; at < stream.length;) {
		const size = random.integer(1, Math.max(1, Math.min(stream.length, random.pick([1, 7, 64]))));
		chunks.push(stream.subarray(at, at + size));
		at += size;
	}
	return chunks;
}
