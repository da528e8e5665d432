import {isDeepStrictEqual} from 'node:util';
import {Encoder} from '../../../actors/codec/cbor-x.js';
import {codec, DecodeError} from '../../../actors/codec/codec.js';
import type {Random} from '../../../src/base/random.js';
import {mutate, randomBytes} from '../kit/junk.js';
import type {Row} from '../row.js';

/** Inputs between two looks at the clock. */
const batch = 500;
const depthMax = 4;

/** What our own writer and reader stand in for, with the codec's own settings. */
const reference = new Encoder({useRecords: false, variableMapSize: true, tagUint8Array: false, copyBuffers: true});

export const fuzzCodec: Row = {
	name: 'fuzz-codec',
	title:
		'our CBOR is the bytes and the values of cbor-x for whatever is valid, and junk is a DecodeError, never anything else',
	weight: 150,
	shortMs: 1000,
	isInTests: true,
	run: async trial => {
		for (let inputs = 0; inputs === 0 || !trial.isOver; inputs += batch) {
			for (let number = 0; number < batch; number++) {
				const what = trial.random.chance(0.5) ? wrongWithValue(trial.random) : wrongWithJunk(trial.random);
				trial.operation();
				if (what !== undefined) trial.find(what);
			}
			trial.tell(`${inputs} inputs`);
			// A turn of the event loop: the runner may want it to end.
			await new Promise(setImmediate);
		}
	},
};

function wrongWithValue(random: Random): string | undefined {
	const value = draw(random, 0);
	const bytes = Buffer.from(codec.encode(value));
	const expected = Buffer.from(reference.encode(value));
	if (!bytes.equals(expected)) return `encoded as ${bytes.toString('hex')}, by cbor-x as ${expected.toString('hex')}`;
	const wanted = plain(value);
	for (const decode of [codec.decode, codec.decodeView]) {
		if (!isDeepStrictEqual(plain(decode(bytes)), wanted)) return `not decoded to what it was: ${bytes.toString('hex')}`;
	}
	return undefined;
}

function wrongWithJunk(random: Random): string | undefined {
	const bytes = random.chance(0.3)
		? randomBytes(random, 24)
		: mutate(random, Buffer.from(codec.encode(draw(random, 0))));
	const ours = outcomeOf(() => codec.decode(bytes));
	const theirs = outcomeOf(() => reference.decode(bytes) as unknown);
	if (ours.error !== undefined && !(ours.error instanceof DecodeError))
		return `${String(ours.error)} is no DecodeError: ${bytes.toString('hex')}`;
	if ((ours.error === undefined) !== (theirs.error === undefined))
		return `${ours.error === undefined ? 'accepted' : 'refused'}, unlike by cbor-x: ${bytes.toString('hex')}`;
	if (!isDeepStrictEqual(plain(ours.value), plain(theirs.value)))
		return `decoded to something else than by cbor-x: ${bytes.toString('hex')}`;
	return undefined;
}

function outcomeOf(action: () => unknown): {readonly value?: unknown; readonly error?: Error} {
	try {
		return {value: action()};
	} catch (error) {
		return {error: error as Error};
	}
}

const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];

/** Everything that passes between clerks and servers, and its neighbours. */
function draw(random: Random, depth: number): unknown {
	switch (random.integer(0, depth < depthMax ? 8 : 6)) {
		case 0:
			return random.pick(edges);
		case 1:
			return -1 - random.pick(edges.slice(0, -1));
		case 2:
			return random.pick([0.5, -1.25, Math.PI, 1e300, Number.MIN_VALUE, Infinity, Number.NaN]);
		case 3:
			return random.pick([true, false, null]);
		case 4:
			return new Uint8Array(randomBytes(random, 30));
		case 5:
			return randomBytes(random, random.pick([5, 5, 30, 30, 30, 100, 2000])).toString('latin1');
		case 6:
			return random.pick(['ü', 'Zürich', '\u{1F600}', 'a'.repeat(70), '', '\u0100']);
		default:
			return Array.from({length: random.pick([0, 1, 2, 3, 3, 3, 20, 30])}, () => draw(random, depth + 1));
	}
}

/** Byte strings compare as bytes, whether they came as Buffers or as arrays; what holds other values, as those. */
function plain(value: unknown): unknown {
	// Of two dates that are none, neither equals the other.
	if (value instanceof Date) return `date ${value.getTime()}`;
	if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== 'object' || value === null) return value;
	const parts = value instanceof Map || value instanceof Set ? [...value] : Object.entries(value);
	return [value.constructor?.name, ...parts.map(plain)];
}
