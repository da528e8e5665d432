/** The suite that says whether a machine keeps its contract, on machines that do and on some with a bug planted in them. */
import test from 'ava';
import {
	checkMachine,
	defineMachine,
	type Machine,
	type MachineSamples,
	type MachineTypes,
} from '../../actors/machine/index.js';
import ledger, {type LedgerRead, type LedgerWrite} from '../../examples/ledger.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {KvTypes} from '../../src/kv/words.js';
import {append, put} from '../kv/helpers.js';

const writes: readonly LedgerWrite[] = [
	{type: 'open', account: 'alice', cents: 1000},
	{type: 'open', account: 'bob', cents: 0},
	{type: 'open', account: 'bob', cents: 5},
	{type: 'transfer', from: 'alice', to: 'bob', cents: 250},
	{type: 'transfer', from: 'alice', to: 'bob', cents: 5000},
	{type: 'transfer', from: 'alice', to: 'carol', cents: 1},
	{type: 'open', account: 'carol', cents: 7},
	{type: 'transfer', from: 'bob', to: 'carol', cents: 100},
];
const reads: readonly LedgerRead[] = [
	{type: 'balance', account: 'bob'},
	{type: 'balance', account: 'nobody'},
	{type: 'total'},
];

test('the ledger of the examples keeps the contract', t => {
	t.deepEqual(checkMachine(ledger, {writes, reads}), []);
});

test('the key/value machine keeps the contract', t => {
	const machine = kvMachine({valueBytesMax: 20});
	const samples: MachineSamples<KvTypes> = {
		writes: [
			put('a', '1'),
			append('a', '2'),
			{type: 'increment', key: 'n', by: -5n},
			{
				type: 'batch',
				operations: [
					{type: 'put', key: 'b', value: new Uint8Array(2)},
					{type: 'get', key: 'a'},
				],
			},
			{type: 'compareAndSet', key: 'a', expected: {version: 2}, value: new Uint8Array(3)},
			put('a', 'a value that is too large for it'),
			{type: 'delete', key: 'b'},
			put('c', 'y'),
			{type: 'clear'},
			put('d', 'z'),
		],
		reads: [
			{type: 'get', key: 'a'},
			{type: 'get', key: 'd'},
		],
	};
	t.deepEqual(checkMachine(machine, samples), []);
});

interface CounterTypes extends MachineTypes {
	readonly write: number;
	readonly read: 'sum';
	readonly result: number;
}

interface Counter {
	sum: number;
	seen: number[];
}

/** A counter with a bug in it. */
function counter(bug: Partial<Parameters<typeof defineMachine<CounterTypes, Counter>>[0]>): Machine<CounterTypes> {
	return defineMachine<CounterTypes, Counter>({
		name: 'counter',
		parseWrite: value => (typeof value === 'number' ? value : undefined),
		parseRead: value => (value === 'sum' ? value : undefined),
		create: () => ({sum: 0, seen: []}),
		apply: (state, by) => {
			state.seen.push(by);
			return (state.sum += by);
		},
		read: ({sum}) => sum,
		items: ({sum, seen}) => [sum, ...seen],
		restore: ([sum, ...seen]) => ({sum: sum as number, seen: seen as number[]}),
		...bug,
	});
}

const faultsOf = (machine: Machine<CounterTypes>): readonly string[] =>
	checkMachine(machine, {writes: [1, 2, 3, 4, 5, 6], reads: ['sum']});

test('a machine without a bug has none', t => {
	t.deepEqual(faultsOf(counter({})), []);
});

let calls = 0;
const bugs: readonly (readonly [string, Parameters<typeof counter>[0], RegExp])[] = [
	['chance of its own', {apply: state => (state.sum += calls += 1)}, /^apply: replicas with the same log/],
	[
		'a field that is not in the snapshot',
		{items: ({sum}) => [sum], read: ({seen}) => seen.length},
		/^snapshot: a state that was restored/,
	],
	['a restore that forgets', {restore: () => ({sum: 0, seen: []})}, /^snapshot: what is restored is another state/],
	['a read that changes the state', {read: state => (state.sum += 1)}, /^read: it changes the state/],
	['a write that is parsed to another', {parseWrite: value => Number(value) + 1}, /^words: a write is another one/],
	[
		'effects of its own',
		{
			apply: (state, by, place) => {
				place.emit((calls += 1));
				return (state.sum += by);
			},
		},
		/^emit: replicas with the same log/,
	],
];

const unplainResults: typeof bugs = [
	['a result of nothing', {apply: () => undefined as never}, /^apply: a result is undefined, so no client gets it/],
	[
		'an apply that returns a promise',
		{apply: async () => 1} as never,
		/^apply: a result holds a Promise, which is not/,
	],
	['a read that returns a map', {read: () => new Map() as never}, /^read: a result holds a Map, which is not plain/],
	['a function in a result', {read: () => ({a: [() => 1]}) as never}, /^read: a result holds a function, which is not/],
];

for (const [title, bug, fault] of [...bugs, ...unplainResults]) {
	test(`found: ${title}`, t => {
		const faults = faultsOf(counter(bug));
		t.true(
			faults.some(found => fault.test(found)),
			faults.join('\n'),
		);
	});
}

test('items that change after the snapshot was begun do not show in it', t => {
	const shared = {cents: 0};
	const machine = defineMachine<CounterTypes, typeof shared>({
		name: 'shared',
		parseWrite: value => (typeof value === 'number' ? value : undefined),
		parseRead: value => (value === 'sum' ? value : undefined),
		create: () => ({cents: 0}),
		apply: (state, by) => (state.cents += by),
		read: ({cents}) => cents,
		items: state => [state],
		restore: ([state]) => ({...(state as typeof shared)}),
	});
	t.deepEqual(checkMachine(machine, {writes: [1, 2, 3, 4], reads: ['sum']}), []);
});

test('what a parser of a defined machine trips over is refused, as what it does not know', t => {
	const {words} = counter({
		parseWrite: value => (value as {readonly by: number}).by,
		parseRead: value => ((value as string).startsWith('s') ? 'sum' : undefined),
	});
	t.is(words.parseWrite([0, {by: 5}], 0), 5);
	t.is(words.parseWrite([0, null], 0), undefined);
	t.is(words.parseRead([0, 'sum']), 'sum');
	t.is(words.parseRead([0, 7]), undefined);
});
