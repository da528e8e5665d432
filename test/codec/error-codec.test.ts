import {runInNewContext} from 'node:vm';
import test from 'ava';
import {ThreadraftError} from '../../src/base/errors.js';
import {decodeError, encodeError, RemoteError} from '../../actors/codec/error-codec.js';
import {StorageCorruptError} from '../../src/storage/errors.js';

class DiskFullError extends ThreadraftError {
	override readonly name = 'DiskFullError';
	readonly code = 'ERR_DISK_FULL';
	readonly freeBytes: number;

	constructor(freeBytes: number, cause: unknown) {
		super('no room', {cause});
		this.freeBytes = freeBytes;
	}
}

/** As it would arrive from another thread. */
const sent = (thrown: unknown, ...classes: Parameters<typeof decodeError>[1] & {}) =>
	decodeError(structuredClone(encodeError(thrown)), classes);

test('an error arrives with its class, code, fields, message and stack', t => {
	const error = new StorageCorruptError('a bad frame', {file: 'log-1', offset: 40, lastGoodIndex: 7});
	const arrived = sent(error, StorageCorruptError);
	t.true(arrived instanceof StorageCorruptError && arrived instanceof ThreadraftError);
	t.like(arrived, {name: 'StorageCorruptError', code: 'ERR_STORAGE_CORRUPT', file: 'log-1', offset: 40});
	t.is(arrived.message, error.message);
	t.is(arrived.stack, error.stack);
});

test('an error class that was made known arrives as itself, with its causes', t => {
	const arrived = sent(new DiskFullError(12, new RangeError('beyond')), DiskFullError);
	t.true(arrived instanceof DiskFullError);
	t.is((arrived as DiskFullError).freeBytes, 12);
	t.true(arrived.cause instanceof RangeError);
	t.is((arrived.cause as RangeError).message, 'beyond');
});

test('an error of an unknown class arrives as a RemoteError with code and fields', t => {
	const arrived = sent(new DiskFullError(12, undefined));
	t.true(arrived instanceof RemoteError);
	t.like(arrived, {remoteName: 'DiskFullError', code: 'ERR_DISK_FULL', freeBytes: 12, message: 'no room'});
});

test('an error of Node keeps its code', t => {
	const arrived = sent(Object.assign(new Error('disk'), {code: 'ENOSPC', errno: -28}));
	t.like(arrived, {name: 'Error', code: 'ENOSPC', errno: -28, message: 'disk'});
});

test('what was thrown need not be an error', t => {
	for (const [thrown, message] of [
		['text', "'text'"],
		[undefined, 'undefined'],
		[Object.create(null), '[Object: null prototype] {}'],
	] as const) {
		t.is(sent(thrown).message, message);
	}
});

test('a field that cannot be cloned arrives as text', t => {
	const arrived = sent(Object.assign(new Error('odd'), {callback: () => 1, plain: [1]}));
	t.like(arrived, {callback: '[Function: callback]', plain: [1]});
});

test('a ring of causes ends', t => {
	const first = new Error('first');
	first.cause = new Error('second', {cause: first});
	let depth = 0;
	for (let error: unknown = sent(first); error instanceof Error; error = error.cause) depth++;
	t.is(depth, 9);
});

test('an AggregateError keeps the errors of its list, with their classes, and of a long list the first 64', t => {
	const several = new AggregateError([new TypeError('one'), 'two', new DiskFullError(5, undefined)], 'several');
	const decoded = decodeError(structuredClone(encodeError(several)), [DiskFullError]) as AggregateError;
	t.true(decoded instanceof AggregateError);
	t.is(decoded.message, 'several');
	t.deepEqual(
		decoded.errors.map(each => [(each as Error).constructor, (each as Error).message]),
		[
			[TypeError, 'one'],
			[Error, "'two'"],
			[DiskFullError, 'no room'],
		],
	);
	t.false(Object.keys(decoded).includes('errors'), 'as the language has it');
	const long = new AggregateError(Array.from({length: 1000}, (_, number) => new Error(String(number))));
	t.is((decodeError(encodeError(long)) as AggregateError).errors.length, 64);
	const ring = new AggregateError([] as Error[], 'a ring');
	for (let count = 0; count < 10; count++) ring.errors.push(ring);
	t.notThrows(() => decodeError(structuredClone(encodeError(ring))));
});

test('whatever is thrown and has a message keeps it: a DOMException, an error of another realm, an object', t => {
	const decoded = decodeError(structuredClone(encodeError(new DOMException('aborted', 'AbortError'))));
	t.like(decoded, {name: 'RemoteError', remoteName: 'AbortError', message: 'aborted'});
	t.is(decodeError(encodeError(runInNewContext('new TypeError("elsewhere")'))).message, 'elsewhere');
	t.is(decodeError(encodeError({message: 'no error at all'})).message, 'no error at all');
	const unreadable = Object.defineProperty(new Error('x'), 'message', {
		get: () => {
			throw new Error('not to be read');
		},
	});
	t.regex(decodeError(encodeError(unreadable)).message, /^an error that cannot be read/);
});
