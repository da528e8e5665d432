import test from 'ava';
import {Encoder} from '../../actors/codec/cbor-x.js';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {PlainReader} from '../../actors/codec/plain-reader.js';
import {PlainWriter} from '../../actors/codec/plain-writer.js';
import {runs} from '../kv/helpers.js';

const cbor = new Encoder({useRecords: false, variableMapSize: true, tagUint8Array: false, copyBuffers: true});
const reader = new PlainReader({copies: true});
const writer = new PlainWriter();

const number = fc.oneof(fc.integer(), fc.maxSafeNat(), fc.maxSafeInteger(), fc.double(), fc.nat(300));
/** A key of a database has one that is no byte. */
const code = fc.oneof({weight: 20, arbitrary: fc.nat(0xff)}, fc.nat(0x7ff));
const byteString = fc.array(code, {maxLength: 300}).map(codes => String.fromCharCode(...codes));
const bytes = fc.uint8Array({maxLength: 300});

/** What the writer writes. */
const {plain} = fc.letrec(tie => ({
	plain: fc.oneof({maxDepth: 4}, number, byteString, bytes, fc.boolean(), fc.constant(null), tie('array')),
	array: fc.array(tie('plain'), {maxLength: 40}),
}));

/** What cbor-x makes of these bytes; `undefined` when it refuses them. */
function decodedByCbor(encoded: Uint8Array): {readonly value: unknown} | undefined {
	try {
		return {value: cbor.decode(encoded)};
	} catch {
		return undefined;
	}
}

test('the writer makes the bytes that cbor-x makes, and the reader the value', t => {
	fc.assert(
		fc.property(plain, value => {
			const expected = new Uint8Array(cbor.encode(value));
			t.deepEqual(writer.write(value), expected);
			t.deepEqual(reader.read(expected), cbor.decode(expected));
		}),
		runs(1000),
	);
});

test('whole numbers on both sides of each width are written as cbor-x writes them', t => {
	for (const power of [0, 5, 8, 16, 31, 32, 33, 53]) {
		for (const near of [-2, -1, 0, 1, 2]) {
			for (const value of [2 ** power + near, -(2 ** power) + near]) {
				const expected = new Uint8Array(cbor.encode(value));
				t.deepEqual(writer.write(value), expected, String(value));
				t.is(reader.read(expected), value);
			}
		}
	}
});

test('heads of every size', t => {
	for (const length of [0, 23, 24, 255, 256, 65_535, 65_536, 3_000_000]) {
		for (const value of [new Uint8Array(length), 'a'.repeat(length), length, -length - 1, length * 2 ** 20 + 0.5]) {
			const expected = new Uint8Array(cbor.encode(value));
			t.true(Buffer.from(writer.write(value) ?? []).equals(expected));
			t.deepEqual(reader.read(expected), value);
		}
	}
	const long = Array.from({length: 70_000}, (_, place) => place);
	t.deepEqual(writer.write(long), new Uint8Array(cbor.encode(long)));
	t.deepEqual(codec.decode(codec.encode(long)), long);
});

test('of damaged bytes the reader says nothing, or what cbor-x says', t => {
	let read = 0;
	fc.assert(
		fc.property(plain, fc.nat(), fc.nat(255), fc.nat(3), (value, place, byte, cut) => {
			const damaged = new Uint8Array(cbor.encode(value));
			damaged[place % damaged.length] = byte;
			const given = damaged.subarray(0, damaged.length - cut);
			const found = reader.read(given);
			if (found === undefined) return;
			read += 1;
			t.deepEqual({value: found}, decodedByCbor(given));
		}),
		runs(3000),
	);
	t.true(read > 100);
	t.is(reader.read(new Uint8Array()), undefined);
});

test('what they do not know is left to cbor-x', t => {
	const circular: unknown[] = [];
	circular.push(circular);
	t.is(writer.write(circular), undefined);
	for (const value of [{key: 1}, [2n ** 60n], new Map([[1, 2]]), ['\u{800}'], 'snow ☃', [[undefined]]]) {
		t.is(writer.write(value), undefined);
		t.is(reader.read(new Uint8Array(cbor.encode(value))), undefined);
		t.deepEqual(codec.decode(codec.encode(value)), cbor.decode(cbor.encode(value)));
	}
	let deep: unknown = 1;
	for (let depth = 0; depth < 40; depth++) deep = [deep];
	t.is(writer.write(deep), undefined);
	t.deepEqual(codec.decode(codec.encode(deep)), deep);
});

test('an announced length allocates nothing', t => {
	// An array of 2^32 - 1 elements, in five bytes; a byte string of as many.
	t.is(reader.read(Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)), undefined);
	t.is(reader.read(Uint8Array.of(0x5a, 0xff, 0xff, 0xff, 0xff)), undefined);
	t.throws(() => codec.decode(Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff)), {name: 'DecodeError'});
});

test('views are of the bytes that were read, copies are not', t => {
	const encoded = codec.encode([Uint8Array.of(1, 2)]);
	const [view] = codec.decodeView(encoded) as [Uint8Array];
	const [copy] = codec.decode(encoded) as [Uint8Array];
	encoded.fill(9);
	t.deepEqual(view, Uint8Array.of(9, 9));
	t.deepEqual(copy, Uint8Array.of(1, 2));
	// What is encoded is an array of its own, which the next encoding leaves alone.
	const first = codec.encode('first');
	codec.encode('other');
	t.is(codec.decode(first), 'first');
	t.is(first.buffer.byteLength, first.byteLength);
});
