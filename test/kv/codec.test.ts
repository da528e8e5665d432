import {execFileSync} from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import {DecodeError, codec} from '../../actors/codec/codec.js';
import {bytesOf, bytesOfKey, keyOf, textOf} from '../../actors/text.js';
import type {Result} from '../../src/kv/types.js';
import {entryHeaderBytes} from '../../src/raft/codec.js';
import {
	decodeCommand,
	decodeOutcomes,
	decodeReads,
	encodeCommand,
	encodeOutcomes,
	encodeReads,
	readArbitrary,
	operationOf,
	put,
	runs,
	timedArbitrary,
	writeArbitrary,
	type Command,
} from './helpers.js';

const commandArbitrary: fc.Arbitrary<Command> = fc.oneof(
	fc
		.tuple(
			fc.nat(),
			fc.nat({max: 2 ** 45}),
			fc.nat({max: 5000}),
			fc.array(fc.tuple(fc.integer({min: 1, max: 2 ** 45}), fc.oneof(writeArbitrary, timedArbitrary)), {
				minLength: 1,
				maxLength: 4,
			}),
		)
		.map(([session, acknowledged, distance, numbered]) => ({
			type: 'writes' as const,
			session,
			acknowledged,
			after: acknowledged + distance,
			writes: numbered.map(([distance, write]) => ({sequence: acknowledged + distance, write})),
		})),
	fc.record({type: fc.constant('openSession' as const), closes: fc.nat()}),
	fc.record({type: fc.constant('closeSession' as const), session: fc.nat()}),
	fc.record({type: fc.constant('clock' as const), logTime: fc.maxSafeNat(), wallTime: fc.maxSafeNat()}),
);

/** A put without conditions decodes without their fields. */
const canonical = (value: unknown): unknown =>
	JSON.parse(
		JSON.stringify(value, (name, part: unknown) => {
			if (typeof part === 'bigint') return `${part}n`;
			return name === 'returnPrevious' && part === false ? undefined : part;
		}),
	);

test('a command survives encoding', t => {
	fc.assert(
		fc.property(commandArbitrary, command => {
			t.deepEqual(canonical(decodeCommand(encodeCommand(command))), canonical(command));
		}),
		runs(300),
	);
	t.pass();
});

test('a command that was written before there was an order is read: it follows on nothing', t => {
	const command = operationOf(7, 5, 3, put('k', 'v'));
	const plain = codec.decode(encodeCommand(command)) as unknown[];
	const [kind, session, acknowledged, distance, ...operations] = plain;
	t.deepEqual([kind, session, acknowledged, distance], [3, 7, 3, 0]);
	t.deepEqual(canonical(decodeCommand(codec.encode([0, session, acknowledged, ...operations]))), canonical(command));
});

test('a read request survives encoding', t => {
	fc.assert(
		fc.property(fc.array(readArbitrary), reads => {
			t.deepEqual(decodeReads(encodeReads(reads)), reads);
		}),
		runs(50),
	);
	t.pass();
});

test('every kind of outcome survives encoding', t => {
	const value = bytesOf('v');
	const results: readonly Result[] = [
		{type: 'value', value, version: 3},
		{type: 'value', value: undefined, version: 0},
		{type: 'written', version: 4, length: 1},
		{type: 'written', version: 4, length: 1, previous: value},
		{type: 'deleted', existed: true, version: 5},
		{type: 'conditionFailed', value: undefined, version: 0},
		{type: 'number', value: -(2n ** 63n), version: 6},
		{type: 'number', value: 7n, version: 6},
		{type: 'cleared', count: 2, version: 7},
		{type: 'batch', results: [{type: 'deleted', existed: false, version: 8}]},
		{type: 'invalid', reason: 'valueTooLarge', version: 0},
	];
	const others = [
		{type: 'sessionOpened', session: 2 ** 40, timeoutMs: 600_000},
		{type: 'sessionExpired'},
		{type: 'alreadyAcknowledged'},
		{type: 'sessionFull'},
		{type: 'outOfOrder'},
		{type: 'malformed'},
		{type: 'outOfMemory'},
		{type: 'done'},
	] as const;
	const outcomes = [...results.map(result => ({type: 'result', result}) as const), ...others];
	t.deepEqual(decodeOutcomes(encodeOutcomes(outcomes)), [...results, ...others]);
});

test('a put of one letter takes less than 30 bytes of log, header included', t => {
	const command = operationOf(2, 800, 799, put('x', '0'));
	t.true(encodeCommand(command).length + entryHeaderBytes < 30);
});

test('bytes that are no command, read or outcome are refused as a value', t => {
	fc.assert(
		fc.property(fc.oneof(fc.uint8Array({maxLength: 30}), fc.anything().map(plainBytes)), bytes => {
			for (const decode of [decodeCommand, decodeReads, decodeOutcomes]) t.notThrows(() => decode(bytes));
		}),
		runs(500),
	);
	const operation = (...plain: readonly unknown[]): Command | undefined =>
		decodeCommand(codec.encode([0, 1, 0, [1, ...plain]]));
	t.not(operation(0, 'k', bytesOf('v')), undefined);
	t.is(operation(0, 'k'), undefined, 'a put without a value');
	t.is(operation(0, 'k', bytesOf('v'), 3), undefined, 'absent and present at once');
	t.is(operation(5, 'k', 2n ** 63n), undefined, 'an increment beyond 64 bits');
	t.is(operation(8, 'k'), undefined, 'a read in the log');
	t.is(operation(7, [[7, []]]), undefined, 'a batch in a batch');
	t.is(decodeCommand(codec.encode([0, 1, 3, [0, 6]])), undefined, 'acknowledges its own answer');
	t.is(decodeCommand(codec.encode([0, 1, 3, [1, 6], [-1, 6]])), undefined, 'acknowledges another of its own');
	t.is(decodeCommand(codec.encode([0, 1, 3])), undefined, 'nothing to run');
	t.is(decodeCommand(codec.encode([0, 1, 3, 6])), undefined, 'an operation without a number');
	t.is(decodeCommand(codec.encode([2, -1])), undefined, 'time before the beginning');
});

function plainBytes(value: unknown): Uint8Array {
	try {
		return codec.encode(value);
	} catch {
		return new Uint8Array();
	}
}

test('encoded and decoded bytes are of their own, not views of a shared block', t => {
	const encoded = codec.encode([new Uint8Array([1, 2, 3])]);
	t.is(encoded.buffer.byteLength, encoded.length);
	const [value] = codec.decode(encoded) as [Uint8Array];
	t.not(value.buffer, encoded.buffer);
	t.is(value.buffer.byteLength, 3);
});

test('integers of 64 bits are exact', t => {
	const numbers = [2n ** 63n - 1n, -(2n ** 63n), 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 40];
	t.deepEqual(codec.decode(codec.encode(numbers)), numbers);
});

test('what is not CBOR is one kind of error, with its cause', t => {
	for (const junk of [[], [0x82, 1], [0xff], [1, 1], [0x9a, 0xff, 0xff, 0xff, 0xff], [0x9a, 0x06, 0, 0, 0]]) {
		const error = t.throws(() => codec.decode(Uint8Array.from(junk)), {instanceOf: DecodeError, code: 'ERR_DECODE'});
		t.is(error.byteLength, junk.length);
		t.true(error.cause instanceof Error);
	}
});

test('the codec loads no native add-on: one would crash with its thread', t => {
	const url = new URL('../../actors/codec/codec.js', import.meta.url).href;
	const script = `
		const loaded = [];
		process.dlopen = (module, file) => void loaded.push(file);
		const {codec} = await import(${JSON.stringify(url)});
		codec.decode(codec.encode(['text'.repeat(100)]));
		console.log(JSON.stringify(loaded));
	`;
	const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {encoding: 'utf8'});
	t.deepEqual(JSON.parse(output), []);
});

test('text becomes a byte-string key and comes back', t => {
	fc.assert(
		fc.property(fc.string({unit: 'grapheme'}), text => {
			const key = keyOf(text);
			t.is(textOf(key), text);
			t.deepEqual(bytesOfKey(key), bytesOf(text));
			t.is(keyOf(bytesOf(text)), key);
			t.is(textOf(bytesOf(text)), text);
		}),
		runs(100),
	);
	const binary = Uint8Array.from({length: 256}, (_, byte) => byte);
	t.deepEqual(bytesOfKey(keyOf(binary)), binary);
});
