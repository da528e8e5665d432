import test from 'ava';
import {OptionError} from '../../actors/index.js';
import {KeyValueClient} from '../../actors/key-value-client.js';
import {checkOperation} from '../../actors/options/check-operation.js';
import type {Operation, Result} from '../../src/kv/types.js';

const value = new Uint8Array([1]);

const refused = test.macro({
	exec: (t, operation: unknown, option: string) => {
		const error = t.throws(() => checkOperation(operation as Operation), {instanceOf: OptionError});
		t.is(error?.option, option);
		t.true(error?.message.startsWith(`${option} must be `));
	},
	title: (title = '') => `${title} is refused by name`,
});

test('no operation', refused, null, 'operation');
test('an unknown operation', refused, {type: 'bogus'}, 'operation.type');
test('a read without a key', refused, {type: 'get'}, 'operation.key');
test('a key with characters that are no bytes', refused, {type: 'delete', key: 'あ'}, 'operation.key');
test('text as a value', refused, {type: 'put', key: 'a', value: 'text'}, 'operation.value');
test(
	'an array of 16-bit numbers as a value',
	refused,
	{type: 'append', key: 'a', value: new Uint16Array(1)},
	'operation.value',
);
test('an unknown condition', refused, {type: 'put', key: 'a', value, condition: 'new'}, 'operation.condition');
test(
	'a wish that is neither true nor false',
	refused,
	{type: 'put', key: 'a', value, returnPrevious: 1},
	'operation.returnPrevious',
);
test('an unknown edit', refused, {type: 'edit', name: 'lmove', keys: ['a'], values: []}, 'operation.name');
test(
	'an edit of a key that is no text',
	refused,
	{type: 'edit', name: 'rename', keys: ['a', 5], values: []},
	'operation.keys',
);
test(
	'an edit with text as a value',
	refused,
	{type: 'edit', name: 'incrbyfloat', keys: ['a'], values: ['1']},
	'operation.values',
);
test(
	'an edit of fewer keys than it has',
	refused,
	{type: 'edit', name: 'rename', keys: ['a'], values: []},
	'operation.keys',
);
test('a transaction without compares', refused, {type: 'transaction', operations: []}, 'operation.compares');
test(
	'a transaction within a transaction',
	refused,
	{type: 'transaction', compares: [], operations: [{type: 'transaction', compares: [], operations: []}]},
	'operation.operations[0].type',
);
test(
	'a compare without an expectation',
	refused,
	{type: 'transaction', compares: [{key: 'a'}], operations: []},
	'operation.compares[0].expected',
);
test(
	'a transaction of too many parts',
	refused,
	{type: 'transaction', compares: [], operations: Array.from({length: 16_385}, () => ({type: 'get', key: 'a'}))},
	'operation',
);
test('no expectation', refused, {type: 'compareAndSet', key: 'a', value, expected: {}}, 'operation.expected');
test(
	'a negative version',
	refused,
	{type: 'compareAndSet', key: 'a', value, expected: {version: -1}},
	'operation.expected.version',
);
test(
	'an expected text',
	refused,
	{type: 'compareAndSet', key: 'a', value, expected: {value: 'a'}},
	'operation.expected.value',
);
test('a summand that is no bigint', refused, {type: 'increment', key: 'a', by: 1}, 'operation.by');
test('a summand of more than 64 bits', refused, {type: 'increment', key: 'a', by: 2n ** 63n}, 'operation.by');
test('a deadline that is none', refused, {type: 'put', key: 'a', value, expiry: 5}, 'operation.expiry');
test('a put that never ends', refused, {type: 'put', key: 'a', value, expiry: 'never'}, 'operation.expiry');
test('a time below 0', refused, {type: 'put', key: 'a', value, expiry: {ttlMs: -1}}, 'operation.expiry.ttlMs');
test('half a ms', refused, {type: 'expire', key: 'a', expiry: {expiresAt: 0.5}}, 'operation.expiry.expiresAt');
test('an expire without a deadline', refused, {type: 'expire', key: 'a'}, 'operation.expiry');
test(
	'an unknown order of deadlines',
	refused,
	{type: 'expire', key: 'a', expiry: 'never', order: 'first'},
	'operation.order',
);
test(
	'an unknown condition of a deadline',
	refused,
	{type: 'expire', key: 'a', expiry: 'never', condition: 1},
	'operation.condition',
);
test('a scan from beyond the end', refused, {type: 'scan', from: 2 ** 28, lookedAtMax: 1}, 'operation.from');
test('a scan to no position', refused, {type: 'scan', from: 0, to: -1, lookedAtMax: 1}, 'operation.to');
test('a scan of a number as prefix', refused, {type: 'scan', from: 0, prefix: 1, lookedAtMax: 1}, 'operation.prefix');
test('a scan that looks at nothing', refused, {type: 'scan', from: 0, lookedAtMax: 0}, 'operation.lookedAtMax');
test(
	'a scan that wishes for values by a number',
	refused,
	{type: 'scan', from: 0, lookedAtMax: 1, hasValues: 1},
	'operation.hasValues',
);
test('a get without a value by a number', refused, {type: 'get', key: 'a', withoutValue: 1}, 'operation.withoutValue');
test('a count in a batch', refused, {type: 'batch', operations: [{type: 'count'}]}, 'operation.operations[0].type');
test('a batch without parts', refused, {type: 'batch'}, 'operation.operations');
test(
	'a part that is no operation',
	refused,
	{type: 'batch', operations: [{type: 'clear'}, {type: 'get', key: 5}]},
	'operation.operations[1].key',
);
test(
	'a batch in a batch',
	refused,
	{type: 'batch', operations: [{type: 'batch', operations: []}]},
	'operation.operations[0].type',
);

test('every operation that the service knows passes', t => {
	const key = '\u0000\u00ff';
	const operations: readonly Operation[] = [
		{type: 'get', key},
		{type: 'put', key: '', value, condition: 'absent', returnPrevious: true},
		{type: 'append', key, value: Buffer.from('b')},
		{type: 'delete', key},
		{type: 'compareAndSet', key, value, expected: {value: undefined}},
		{type: 'compareAndSet', key, value, expected: {version: 0}},
		{type: 'increment', key, by: -(2n ** 63n)},
		{type: 'put', key, value, expiry: {ttlMs: 1}},
		{type: 'put', key, value, expiry: 'keep'},
		{type: 'expire', key, expiry: {expiresAt: 0}, condition: 'absent', order: 'later'},
		{type: 'expire', key, expiry: 'never'},
		{type: 'clear'},
	];
	for (const operation of operations) t.notThrows(() => checkOperation(operation));
	t.notThrows(() => checkOperation({type: 'batch', operations: operations as never}));
	t.notThrows(() => checkOperation({type: 'scan', from: 0, to: 9, prefix: key, lookedAtMax: 1, hasValues: true}));
	t.notThrows(() => checkOperation({type: 'count'}));
	t.notThrows(() => checkOperation({type: 'get', key, withoutValue: true}));
});

/** Takes what the methods make of their arguments. */
class RecordingClient extends KeyValueClient {
	readonly operations: Operation[] = [];

	execute(operation: Operation): Promise<Result> {
		this.operations.push(operation);
		return Promise.resolve({type: 'number', value: 0n, version: 1});
	}

	close(): void {}
}

test('keys and values that are neither text nor bytes never become an operation', async t => {
	const client = new RecordingClient();
	const calls: readonly (() => Promise<unknown>)[] = [
		() => client.put('a', 5 as never),
		() => client.put(5 as never, 'a'),
		() => client.get(undefined as never),
		() => client.append('a', null as never),
		() => client.compareAndSet('a', {value: 5 as never}, 'b'),
		() => client.transaction({do: 5 as never}),
		() => client.transaction({if: [{key: 'a', is: {} as never}], do: []}),
		() => client.transaction({do: [{type: 'clear', key: 'a'} as never]}),
		() => client.increment('a', 1.5),
		() => client.increment('a', '1' as never),
	];
	for (const call of calls) await t.throwsAsync(call, {instanceOf: OptionError});
	t.deepEqual(client.operations, []);
	await client.increment('a', 3);
	t.deepEqual(client.operations, [{type: 'increment', key: 'a', by: 3n}]);
});
