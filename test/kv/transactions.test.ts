import test from 'ava';
import {bytesOf, textOf} from '../../actors/text.js';
import {bytesOfOperation} from '../../src/kv/operation-bytes.js';
import {parseWrite, plainOfOperation, transactionPartsMax} from '../../src/kv/operation-codec.js';
import {parseResult, plainOfResult} from '../../src/kv/result-codec.js';
import {fitting} from '../../src/kv/memory-limit.js';
import type {Compare, Operation, Part, Result, WriteOperation} from '../../src/kv/types.js';
import {codec} from '../../actors/codec/codec.js';
import {newState, writerTo, type KvState} from './helpers.js';

type Transaction = Extract<Operation, {type: 'transaction'}>;
type TransactionResult = Extract<Result, {type: 'transaction'}>;

const one = bytesOf('1');
const put = (key: string, text: string): Part & WriteOperation => ({type: 'put', key, value: bytesOf(text)});

/** A machine where `a` is "1" at version 2, and `b` is absent; the next write has revision 3. */
function machineWithA(): {machine: KvState; run: (transaction: WriteOperation) => TransactionResult} {
	const machine = newState({valueBytesMax: 2 ** 20});
	const write = writerTo(machine);
	write(put('a', '1'));
	return {machine, run: transaction => write(transaction) as TransactionResult};
}

function valueOf(machine: KvState, key: string): string | undefined {
	const found = machine.read({type: 'get', key});
	return found.type === 'value' && found.value !== undefined ? textOf(found.value) : undefined;
}

const transaction = (
	compares: readonly Compare[],
	operations: readonly Part[],
	otherwise?: readonly Part[],
): Transaction => ({
	type: 'transaction',
	compares,
	operations,
	otherwise,
});

const compares: Readonly<Record<string, readonly [Compare, boolean]>> = {
	'the version that is there': [{key: 'a', expected: {version: 2}}, true],
	'another version': [{key: 'a', expected: {version: 1}}, false],
	'not the version that is there': [{key: 'a', expected: {version: 2}, isNegated: true}, false],
	'not another version': [{key: 'a', expected: {version: 1}, isNegated: true}, true],
	'the value that is there': [{key: 'a', expected: {value: one}}, true],
	'another value': [{key: 'a', expected: {value: bytesOf('2')}}, false],
	'not another value': [{key: 'a', expected: {value: bytesOf('2')}, isNegated: true}, true],
	'absence, by version, of a key that is there': [{key: 'a', expected: {version: 0}}, false],
	'absence, by value, of a key that is absent': [{key: 'b', expected: {value: undefined}}, true],
	'absence, by version, of a key that is absent': [{key: 'b', expected: {version: 0}}, true],
	'a value of a key that is absent': [{key: 'b', expected: {value: one}}, false],
};

for (const [name, [compare, holds]] of Object.entries(compares)) {
	test(`a transaction that compares ${name} is ${holds ? 'committed' : 'not committed'}`, t => {
		const {machine, run} = machineWithA();
		const result = run(transaction([compare], [put('a', 'then')], [put('a', 'else')]));
		t.deepEqual(result, {
			type: 'transaction',
			isCommitted: holds,
			revision: 3,
			results: [{type: 'written', version: 3, length: 4}],
		});
		t.is(valueOf(machine, 'a'), holds ? 'then' : 'else');
	});
}

test('one compare that does not hold is enough, and without otherwise nothing changes', t => {
	const {machine, run} = machineWithA();
	const result = run(
		transaction(
			[
				{key: 'a', expected: {version: 2}},
				{key: 'b', expected: {version: 7}},
			],
			[put('b', 'x')],
		),
	);
	t.deepEqual(result, {type: 'transaction', isCommitted: false, revision: 3, results: []});
	t.is(valueOf(machine, 'b'), undefined);
});

test('the parts see what those before them did, and one that fails undoes none of the others', t => {
	const {machine, run} = machineWithA();
	const {results} = run(
		transaction(
			[],
			[
				put('a', 'word'),
				{type: 'increment', key: 'a', by: 1n},
				{type: 'get', key: 'a'},
				{type: 'delete', key: 'a'},
				{type: 'increment', key: 'b', by: 5n},
			],
		),
	);
	t.deepEqual(results, [
		{type: 'written', version: 3, length: 4},
		{type: 'invalid', reason: 'notANumber', version: 3},
		{type: 'value', value: bytesOf('word'), version: 3},
		{type: 'deleted', existed: true, version: 3},
		{type: 'number', value: 5n, version: 3},
	]);
	t.is(valueOf(machine, 'a'), undefined);
	t.is(valueOf(machine, 'b'), '5');
});

test('an answer holds at most sixteen megabytes and the value that passes them: what is read beyond is refused', t => {
	const {machine, run} = machineWithA();
	run(transaction([], [{type: 'put', key: 'big', value: new Uint8Array(2 ** 20)}]));
	const reads = Array.from({length: 20}, (): Part => ({type: 'get', key: 'big'}));
	const {results} = run(
		transaction([], [...reads, put('a', 'after'), {type: 'put', key: 'a', value: one, condition: 'absent'}]),
	);
	t.deepEqual(
		results.map(({type}) => type),
		[...new Array<string>(16).fill('value'), ...new Array<string>(4).fill('invalid'), 'written', 'invalid'],
	);
	t.deepEqual(results[19], {type: 'invalid', reason: 'resultTooLarge', version: 3});
	t.is(valueOf(machine, 'a'), 'after');
});

const full = transaction(
	[
		{key: 'a', expected: {version: 2}, isNegated: false},
		{key: 'ÿ', expected: {value: one}, isNegated: true},
		{key: 'c', expected: {value: undefined}, isNegated: false},
	],
	[
		{type: 'get', key: 'a'},
		{type: 'increment', key: 'n', by: -(2n ** 63n)},
	],
	[{type: 'clear'}],
);

test('a transaction and its result come back from their bytes, within the size that is told', t => {
	const bytes = codec.encode(plainOfOperation(full));
	t.deepEqual(parseWrite(codec.decode(bytes) as unknown[]), full);
	t.true(bytes.length <= bytesOfOperation(full));
	const result: Result = {
		type: 'transaction',
		isCommitted: true,
		revision: 9,
		results: [{type: 'cleared', count: 2, version: 9}],
	};
	t.deepEqual(parseResult(codec.decode(codec.encode(plainOfResult(result))) as unknown[]), result);
});

test('what is no transaction is malformed', t => {
	const part = [8, 'a'];
	const all: readonly unknown[][] = [
		[32],
		[32, [], [[7, []]]],
		[32, [['a', 5, 1]], []],
		[32, [['a', 1, null]], []],
		[32, [[1, 0, null]], []],
		[32, [], [part], 5],
		[32, [], Array.from({length: transactionPartsMax + 1}, () => part)],
	];
	for (const plain of all) t.is(parseWrite(plain), undefined, JSON.stringify(plain).slice(0, 60));
	t.truthy(parseWrite([32, [], Array.from({length: transactionPartsMax}, () => part)]));
});

test('a transaction is let in only if the memory holds whichever of its parts are run', t => {
	const read = (): Result => ({type: 'value', value: undefined, version: 0});
	const large = (key: string): Part => ({type: 'put', key, value: new Uint8Array(1000)});
	const fits = (write: WriteOperation, room: number): boolean | undefined =>
		fitting([write], {room, bytesOf: () => 0, read, valueBytesMax: 2 ** 20})[0];
	t.true(fits(transaction([], [large('a')]), 1100));
	t.false(fits(transaction([], [large('a')]), 1000));
	t.false(fits(transaction([{key: 'a', expected: {version: 1}}], [], [large('a')]), 1000));
	// The same key twice needs its room once; a delete is no room for others, as it may not run.
	t.true(fits(transaction([], [large('a'), large('a')]), 1100));
	t.false(fits(transaction([], [large('a'), {type: 'delete', key: 'a'}, large('b')]), 1100));
});
