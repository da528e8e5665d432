/** Edits: on a machine, beside a model that was written a second time; what they take in memory; and how they travel. */
import test from 'ava';
import fc from 'fast-check';
import {bytesOf, textOf} from '../../actors/text.js';
import {editNames} from '../../src/kv/edits/edit-words.js';
import {fitting, growsWithState} from '../../src/kv/memory-limit.js';
import {parseWrite, plainOfOperation} from '../../src/kv/operation-codec.js';
import {readKey} from '../../src/kv/operations.js';
import {Store} from '../../src/kv/store.js';
import type {Edit, EditName, Operation, WriteOperation} from '../../src/kv/types.js';
import {editOf} from '../../src/simulation/kv/edit-model.js';
import {modelDatabase, modelKey, modelName} from '../../src/simulation/kv/model-database.js';
import {newState, put, runs, writerTo} from './helpers.js';

const key = fc.constantFrom('a', 'b', 'c', '', '\u00ff', '\u0101a', '\u0102a', '\u0102');
const two = fc.array(key, {minLength: 2, maxLength: 2});
const one = fc.array(key, {minLength: 1, maxLength: 1});
const number = (max: number): fc.Arbitrary<string> => fc.nat({max}).map(String);
const words = (...each: readonly fc.Arbitrary<string>[]): fc.Arbitrary<readonly string[]> => fc.tuple(...each);

const drawn: Record<EditName, readonly [fc.Arbitrary<readonly string[]>, fc.Arbitrary<readonly string[]>]> = {
	rename: [two, words()],
	renamenx: [two, words()],
	copy: [two, fc.constantFrom([], ['replace'])],
	setrange: [one, words(number(20), fc.string({minLength: 1, maxLength: 8, unit: 'binary-ascii'}))],
	setbit: [one, words(number(160), number(1))],
	incrbyfloat: [one, words(fc.constantFrom('1', '-1', '0.25', '-2.5', '1000.75', 'x'))],
	bitop: [fc.array(key, {minLength: 2, maxLength: 4}), words(fc.constantFrom('and', 'or', 'xor'))],
	msetnx: [two, words(number(99), number(99))],
	move: [two, words()],
	swapdb: [fc.constant([]), words(number(2), number(2))],
	bitfield: [
		one,
		fc
			.tuple(
				words(fc.constant('get'), fc.constantFrom('u63', 'i64', 'u5', 'i9'), number(90)),
				words(fc.constant('overflow'), fc.constantFrom('wrap', 'sat', 'fail')),
				words(
					fc.constantFrom('set', 'incrby'),
					fc.constantFrom('u1', 'u7', 'i8', 'i13', 'u20'),
					fc.constantFrom('#0', '#3'),
				),
				words(fc.integer({min: -300, max: 300}).map(String)),
			)
			.map(all => all.flat()),
	],
};

const edit: fc.Arbitrary<Edit> = fc
	.constantFrom(...editNames)
	.chain(name => fc.tuple(fc.constant(name), ...drawn[name]))
	.map(([name, keys, texts]) => ({name, keys, values: texts.map(text => bytesOf(text))}));

const asOperation = (each: Edit): WriteOperation => ({type: 'edit', ...each});

const step = fc.oneof(
	{weight: 3, arbitrary: edit.map(asOperation)},
	{
		weight: 1,
		arbitrary: fc
			.tuple(key, fc.constantFrom('', '7', '0.5', 'word'), fc.option(fc.nat({max: 9}), {nil: undefined}))
			.map(([name, text, deadline]): WriteOperation => {
				const expiry = deadline === undefined ? undefined : {expiresAt: 2 ** 40 + deadline};
				return {type: 'put', key: name, value: bytesOf(text), expiry};
			}),
	},
);

type Held = {readonly value: Uint8Array; readonly expiresAt: number | undefined};

function exchange(model: Map<string, Held>, [one = 0, other = 0]: readonly number[]): void {
	const before = [...model];
	model.clear();
	for (const [name, held] of before) {
		const database = modelDatabase(name);
		model.set(modelKey(database === one ? other : database === other ? one : database, modelName(name)), held);
	}
}

function carryOut(model: Map<string, Held>, operation: WriteOperation): unknown {
	if (operation.type === 'put') {
		const {expiry} = operation;
		const expiresAt = typeof expiry === 'object' && 'expiresAt' in expiry ? expiry.expiresAt : undefined;
		model.set(operation.key, {value: operation.value, expiresAt});
		return undefined;
	}
	if (operation.type !== 'edit') throw new TypeError(operation.type);
	if (operation.name === 'swapdb')
		exchange(
			model,
			operation.values.map(each => Number(textOf(each))),
		);
	const there = operation.keys.map(each => model.get(each));
	const {reply, writes} = editOf(operation, there);
	for (const {place, value, from} of writes) {
		const name = operation.keys[place] ?? '';
		if (value === undefined) model.delete(name);
		else model.set(name, {value, expiresAt: from === undefined ? undefined : there[from]?.expiresAt});
	}
	return reply;
}

test('edits do what a model that was written a second time says, deadlines included', t => {
	fc.assert(
		fc.property(fc.array(step, {maxLength: 30}), steps => {
			const machine = newState();
			const write = writerTo(machine);
			const model = new Map<string, Held>();
			for (const operation of steps) {
				const reply = carryOut(model, operation);
				const result = write(operation);
				if (operation.type === 'edit') t.deepEqual('reply' in result ? result.reply : result, reply, operation.name);
			}
			for (const name of ['a', 'b', 'c', '', '\u00ff', '\u0101a', '\u0102a', '\u0102']) {
				const found = machine.read({type: 'get', key: name});
				if (found.type !== 'value') throw new TypeError(found.type);
				const held = model.get(name);
				t.deepEqual(found.value && new Uint8Array(found.value), held?.value);
				t.is(found.expiresAt, held?.expiresAt);
			}
			t.is(machine.machine.itemCount, model.size);
		}),
		runs(500),
	);
});

test('a key that is renamed or copied keeps its lease, and is gone with it', t => {
	const machine = newState();
	const write = writerTo(machine);
	const granted = write({type: 'lease', action: 'grant', ttlMs: 1000});
	const leaseId = granted.type === 'lease' ? granted.leaseId : 0;
	write({type: 'put', key: 'a', value: bytesOf('x'), expiry: {leaseId}});
	write({type: 'edit', name: 'copy', keys: ['a', 'b'], values: []});
	write({type: 'edit', name: 'rename', keys: ['a', 'c'], values: []});
	t.like(machine.read({type: 'getLease', leaseId, keysMax: 9}), {keys: ['b', 'c']});
	write({type: 'lease', action: 'revoke', leaseId});
	t.is(machine.machine.itemCount, 0);
});

test('those who watch are told of edits in the words of Redis, in its order', t => {
	const machine = newState();
	const write = writerTo(machine);
	write({type: 'keepChanges'});
	const edits: readonly Edit[] = [
		{name: 'msetnx', keys: ['a', 'b'], values: [bytesOf('1'), bytesOf('2')]},
		{name: 'rename', keys: ['a', 'c'], values: []},
		{name: 'copy', keys: ['c', 'd'], values: []},
		{name: 'incrbyfloat', keys: ['d'], values: [bytesOf('0.5')]},
		{name: 'setrange', keys: ['e'], values: [bytesOf('1'), bytesOf('x')]},
		{name: 'setbit', keys: ['e'], values: [bytesOf('1'), bytesOf('1')]},
		{name: 'setbit', keys: ['e'], values: [bytesOf('1'), bytesOf('1')]},
		{name: 'bitop', keys: ['f', 'e'], values: [bytesOf('not')]},
		{name: 'bitop', keys: ['f', 'none'], values: [bytesOf('not')]},
		{name: 'rename', keys: ['none', 'f'], values: []},
	];
	for (const each of edits) write({type: 'edit', ...each});
	const told = machine.read({type: 'changes', after: 0, waitMs: 0});
	t.deepEqual(
		told.type === 'changes' &&
			told.changes.map(({event, key: name, isNew}) => `${event} ${name}${isNew ? ' new' : ''}`),
		[
			'set a new',
			'set b new',
			'rename_from a',
			'rename_to c new',
			'copy_to d new',
			'incrbyfloat d',
			'setrange e new',
			'setbit e',
			'set f new',
			'del f',
		],
	);
});

test('an edit survives encoding, and one with the wrong number of keys or values is none', t => {
	fc.assert(
		fc.property(edit, each => {
			const operation: Operation = {type: 'edit', ...each};
			const plain = plainOfOperation(operation);
			t.deepEqual(parseWrite(plain), operation);
			const keys = each.name === 'swapdb' ? ['a'] : [];
			t.is(parseWrite([plain[0], plain[1], keys, plain[3]]), undefined);
			t.is(parseWrite([plain[0], editNames.length, plain[2], plain[3]]), undefined);
			t.is(parseWrite([plain[0], plain[1], plain[2], [5]]), undefined);
		}),
		runs(200),
	);
	t.is(parseWrite(plainOfOperation({type: 'edit', name: 'msetnx', keys: ['a'], values: []})), undefined);
	t.is(parseWrite(plainOfOperation({type: 'edit', name: 'copy', keys: ['a'], values: []})), undefined);
});

test('a value over the limit is refused, and nothing is changed', t => {
	const machine = newState({valueBytesMax: 8});
	const write = writerTo(machine);
	write(put('a', '1'));
	const tooLarge = {type: 'invalid', reason: 'valueTooLarge', version: 0};
	const edits: readonly Edit[] = [
		{name: 'setrange', keys: ['a'], values: [bytesOf('7'), bytesOf('xy')]},
		{name: 'setbit', keys: ['a'], values: [bytesOf('64'), bytesOf('1')]},
		{name: 'incrbyfloat', keys: ['a'], values: [bytesOf('123456789')]},
		{name: 'msetnx', keys: ['b', 'c'], values: [bytesOf('x'), bytesOf('123456789')]},
	];
	for (const each of edits) t.deepEqual(write({type: 'edit', ...each}) as unknown, tooLarge, each.name);
	const found = machine.read({type: 'get', key: 'a'});
	t.is(found.type === 'value' && found.value !== undefined ? textOf(found.value) : undefined, '1');
	t.is(machine.machine.itemCount, 1);
});

test('what an edit adds is weighed by what is there, not by its own bytes', t => {
	const store = new Store();
	store.set('a', new Uint8Array(5000), 1);
	const fits = (room: number, ...edits: readonly Edit[]): readonly boolean[] =>
		fitting(edits.map(asOperation), {
			room,
			bytesOf: database => store.bytesOf(database),
			read: name => readKey(store, name),
			valueBytesMax: 2 ** 20,
		});
	const copy: Edit = {name: 'copy', keys: ['a', 'b'], values: []};
	t.deepEqual(fits(5100, copy), [true]);
	t.deepEqual(fits(4900, copy), [false]);
	t.deepEqual(fits(4900, {name: 'rename', keys: ['a', 'b'], values: []}), [false]);
	t.deepEqual(fits(5100, copy, {...copy, keys: ['b', 'c']}), [true, false], 'a copy of a copy');
	t.deepEqual(fits(9000, {name: 'setrange', keys: ['n'], values: [bytesOf('9000'), bytesOf('x')]}), [false]);
	t.deepEqual(fits(900, {name: 'setbit', keys: ['n'], values: [bytesOf('8000'), bytesOf('1')]}), [false]);
	t.deepEqual(fits(4900, {name: 'bitop', keys: ['n', 'x', 'a'], values: [bytesOf('or')]}), [false]);
	t.deepEqual(fits(100, {name: 'setrange', keys: ['a'], values: [bytesOf('10'), bytesOf('x')]}), [true]);
	// What fails for its length adds nothing: its answer says why, and not that there is no memory.
	t.deepEqual(fits(0, {name: 'setbit', keys: ['n'], values: [bytesOf('99999999999'), bytesOf('1')]}), [true]);
	t.deepEqual(fits(0, {name: 'setrange', keys: ['n'], values: [bytesOf('9223372036854775808'), bytesOf('x')]}), [true]);
	t.deepEqual(fits(0, {name: 'setrange', keys: ['n'], values: [bytesOf('4000000000'), bytesOf('')]}), [true]);
	t.true(growsWithState({type: 'edit', ...copy}));
	t.true(growsWithState({type: 'batch', operations: [{type: 'edit', ...copy}]}));
	t.true(growsWithState({type: 'transaction', compares: [], operations: [], otherwise: [{type: 'edit', ...copy}]}));
	t.false(growsWithState(put('a', 'x')));
});
