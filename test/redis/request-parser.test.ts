import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import {defaultRedisLimits, type RedisLimits} from '../../actors/redis/limits.js';
import {type Request, RequestParser} from '../../actors/redis/request-parser.js';
import {request} from './harness.js';

/** Everything that the chunks amount to: byte strings of the parts, or the violation at the end. */
function parse(chunks: readonly Uint8Array[], limits: Partial<RedisLimits> = {}): (string[] | string)[] {
	const parser = new RequestParser({...defaultRedisLimits, ...limits});
	const found: (string[] | string)[] = [];
	for (const chunk of chunks) {
		// A copy each, as the socket gives it: views must not hold by accident.
		parser.push(Buffer.from(chunk));
		let next: Request | undefined;
		while ((next = parser.next()) !== undefined) {
			if (next.type === 'violation') return [...found, next.reason];
			found.push(next.type === 'tooLarge' ? next.reason : next.parts.map(part => part.toString('latin1')));
		}
	}
	return found;
}

function bytes(text: string): Buffer {
	return Buffer.from(text, 'latin1');
}

const mixed = Buffer.concat([
	request('SET', 'key', 'a\r\nb\0\u00ff'),
	bytes('PING "a\\x00b" \'c\'\r\n\r\n'),
	request('GET', ''),
	bytes('*0\r\n*-1\r\n'),
	request('ECHO', 'x'.repeat(300)),
	bytes('QUIT\n'),
]);
const mixedParts = [
	['SET', 'key', 'a\r\nb\0\u00ff'],
	['PING', 'a\0b', 'c'],
	['GET', ''],
	['ECHO', 'x'.repeat(300)],
	['QUIT'],
];

test('requests are the same wherever the stream is cut in two', t => {
	for (let cut = 0; cut <= mixed.length; cut++)
		t.deepEqual(parse([mixed.subarray(0, cut), mixed.subarray(cut)]), mixedParts, `cut at ${cut}`);
});

test('requests are the same byte by byte', t => {
	t.deepEqual(parse(Array.from(mixed, byte => Uint8Array.of(byte))), mixedParts);
});

test('any requests come out as they went in, however the stream is cut', t => {
	const part = fc.oneof(fc.uint8Array({maxLength: 20}), fc.uint8Array({minLength: 1000, maxLength: 3000}));
	const requests = fc.array(fc.array(part, {minLength: 1, maxLength: 5}), {maxLength: 10});
	fc.assert(
		fc.property(requests, fc.array(fc.integer({min: 1, max: 500}), {minLength: 1}), (sent, sizes) => {
			const stream = Buffer.concat(sent.map(parts => request(...parts)));
			const chunks: Buffer[] = [];
			for (let at = 0, turn = 0; at < stream.length; turn++) {
				const size = sizes[turn % sizes.length]!;
				chunks.push(stream.subarray(at, at + size));
				at += size;
			}
			const expected = sent.map(parts => parts.map(each => Buffer.from(each).toString('latin1')));
			t.deepEqual(parse(chunks), expected);
		}),
		{seed: 20_240_601, numRuns: 300},
	);
});

test('any bytes at all are requests or a violation, the same wherever they are cut', t => {
	const byte = fc.constantFrom(...Array.from('*$01239-\r\n"\'\\x ab\0'));
	fc.assert(
		fc.property(fc.array(byte, {maxLength: 60}), fc.nat(60), (characters, cut) => {
			const stream = bytes(characters.join(''));
			const limits = {bulkBytesMax: 50, requestPartsMax: 50, requestBytesMax: 60};
			t.deepEqual(parse([stream.subarray(0, cut), stream.subarray(cut)], limits), parse([stream], limits));
		}),
		{seed: 20_240_602, numRuns: 5000},
	);
});

test('a part of several megabytes in small chunks is put together, and not before it is whole', t => {
	const value = Buffer.alloc(3_000_000, 'abcdefg');
	const stream = request('SET', 'k', value);
	const parser = new RequestParser(defaultRedisLimits);
	for (let at = 0; at < stream.length - 1; at += 10_000) {
		parser.push(stream.subarray(at, Math.min(at + 10_000, stream.length - 1)));
		t.is(parser.next(), undefined);
		t.is(parser.heldBytes, Math.min(at + 10_000, stream.length - 1));
	}
	parser.push(stream.subarray(-1));
	const complete = parser.next();
	t.is(complete?.type, 'request');
	t.true(complete?.type === 'request' && complete.parts[2]?.equals(value));
});

const violation = test.macro({
	exec(t, stream: string, reason: string, limits: Partial<RedisLimits> = {}) {
		const expected = [['PING'], `Protocol error: ${reason}`];
		t.deepEqual(parse([bytes(`PING\r\n${stream}`)], limits), expected);
		t.deepEqual(
			parse(
				Array.from(bytes(`PING\r\n${stream}`), each => Uint8Array.of(each)),
				limits,
			),
			expected,
		);
	},
	title: (_, ...[stream, reason]: [stream: string, reason: string, limits?: Partial<RedisLimits>]) =>
		`${JSON.stringify(stream.length > 40 ? `${stream.slice(0, 40)}...` : stream)} is refused as Redis does: ${reason}`,
});

test(violation, '*x\r\n', 'invalid multibulk length');
test(violation, '*\r\n', 'invalid multibulk length');
test(violation, '*01\r\n', 'invalid multibulk length');
test(violation, '*-0\r\n', 'invalid multibulk length');
test(violation, '*1 \r\n', 'invalid multibulk length');
test(violation, '*99999999999\r\n', 'invalid multibulk length');
test(violation, '*2147483648\r\n', 'invalid multibulk length');
test(violation, '*1\r\nfoo\r\n', "expected '$', got 'f'");
test(violation, '*1\r\n\n\r\n', "expected '$', got '\n'");
test(violation, '*1\r\n$-1\r\n', 'invalid bulk length');
test(violation, '*1\r\n$x\r\n', 'invalid bulk length');
test(violation, '*1\r\n$\r\n', 'invalid bulk length');
test(violation, '*1\r\n$536870913\r\n', 'invalid bulk length');
const tooLarge = test.macro({
	exec(t, limits: Partial<RedisLimits>, reason: string) {
		const stream = Buffer.concat([request('PING'), request('SET', 'abcdef', '12345'), request('GET', 'k')]);
		const expected = [['PING'], reason, ['GET', 'k']];
		t.deepEqual(parse([stream], limits), expected);
		t.deepEqual(
			parse(
				Array.from(stream, each => Uint8Array.of(each)),
				limits,
			),
			expected,
		);
	},
	title: (_, __, reason: string) => `a request is thrown away and the next is read: ${reason}`,
});

test(tooLarge, {requestPartsMax: 2}, 'the request has 3 arguments, its name included, and at most 2 are allowed');
test(tooLarge, {bulkBytesMax: 5}, 'an argument has 6 bytes, and at most 5 are allowed');
test(tooLarge, {requestBytesMax: 13}, "the request's arguments have more than the 13 bytes that are allowed");

test('a request that is thrown away is not kept in memory meanwhile', t => {
	const parser = new RequestParser({...defaultRedisLimits, bulkBytesMax: 1000});
	parser.push(bytes('*1\r\n$100000000\r\n'));
	for (let sent = 0; sent < 1000; sent++) {
		parser.push(Buffer.alloc(10_000));
		t.is(parser.next(), undefined);
		t.true(parser.heldBytes < 1000);
	}
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('an unfinished request is held as the bytes that came, whatever its chunks and parts', t => {
	const parser = new RequestParser(defaultRedisLimits);
	const stream = bytes(`*100000\r\n${'$1\r\nx\r\n'.repeat(65_536)}`);
	const chunks: Buffer[] = [];
	for (let at = 0; at < stream.length; at += 10_001) chunks.push(Buffer.from(stream.subarray(at, at + 10_001)));
	collectGarbage();
	const before = process.memoryUsage();
	for (const chunk of chunks) {
		parser.push(chunk);
		t.is(parser.next(), undefined);
	}
	// Only what is held counts: when the collector comes by itself depends on the other tests too.
	collectGarbage();
	const after = process.memoryUsage();
	const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
	t.true(grown < 5 * stream.length, `${grown} bytes`);
	// After the measurement: until here the parser is in use, and what it holds cannot be collected.
	t.is(parser.heldBytes, stream.length);
});

test(violation, 'SET "abc\r\n', 'unbalanced quotes in request');
test(violation, 'SET "abc\\\r\n', 'unbalanced quotes in request');
test(violation, 'SET "abc"d\r\n', 'unbalanced quotes in request');
test(violation, "SET 'abc'd\r\n", 'unbalanced quotes in request');
test(violation, 'x'.repeat(65_537), 'too big inline request');

const inline = test.macro({
	exec: (t, line: string, parts: string[]) => t.deepEqual(parse([bytes(`${line}\r\n`)]), [parts]),
	title: (_, line: string) => `the inline request ${line} is split as redis-cli quotes`,
});

test(inline, 'set  key\tvalue ', ['set', 'key', 'value']);
test(inline, '"a b" \'c d\' e', ['a b', 'c d', 'e']);
test(inline, '"\\x41\\x4g\\q\\a\\n\\r\\t\\b\\\\\\""', ['Ax4gq\u0007\n\r\t\b\\"']);
test(inline, String.raw`'a\'b\n'`, [String.raw`a'b\n`]);
test(inline, 'a"b c" ""', ['ab c', '']);

test('lengths at the limits are accepted', t => {
	const limits = {bulkBytesMax: 5, requestPartsMax: 2, requestBytesMax: 10};
	t.deepEqual(parse([request('12345', 'abcde')], limits), [['12345', 'abcde']]);
});

test('the bytes of one request are not counted against the next', t => {
	const one = request('12345', 'abcde');
	t.deepEqual(parse([one, one, one], {requestBytesMax: 10}).length, 3);
});
