/** Keys that belong together: the engines against the definition itself. */
import test from 'ava';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {partition} from '../../src/linearizability/partition.js';
import {type Agreement, expectAllOk, testAgreement} from './agreement-kit.js';
import {isLinearizable} from './oracle.js';
import {randomBatches, type RandomBatchesOptions} from './random-batches.js';

const families: Readonly<Record<string, Partial<RandomBatchesOptions>>> = {
	'puts and gets of two keys': {},
	'versioned puts and gets of two keys': {isVersioned: true},
	'appends and deletions of two keys, and clears': {operations: ['get', 'append', 'delete'], clears: true},
	'versioned puts, appends and deletions of two keys, and clears': {
		operations: ['get', 'put', 'append', 'delete'],
		clears: true,
		isVersioned: true,
	},
	'compare-and-sets of two keys that tell nothing on refusal': {
		operations: ['get', 'put', 'compareAndSet'],
		tellsOnRefusal: false,
	},
	'versioned compare-and-sets of two keys': {operations: ['get', 'compareAndSet', 'compareAndSet'], isVersioned: true},
	'transactions on two keys': {operations: ['get', 'put', 'delete'], transactions: 0.5},
	'versioned transactions on two keys': {
		operations: ['get', 'put', 'append', 'compareAndSet'],
		transactions: 0.5,
		isVersioned: true,
	},
	'versioned transactions on three keys, with everything else': {
		keys: ['x', 'y', 'z'],
		operations: ['get', 'put', 'append', 'delete', 'compareAndSet', 'increment'],
		values: ['1', 'a', 'b', 'c'],
		clears: true,
		isVersioned: true,
		transactions: 0.4,
	},
	'increments of two keys': {operations: ['get', 'increment', 'increment', 'append'], values: ['1', 'a']},
	'edits of two keys': {operations: ['get', 'edit', 'edit', 'put', 'delete'], values: ['1', 'a']},
	'versioned edits of two keys': {
		operations: ['get', 'edit', 'edit', 'put', 'delete'],
		values: ['1', 'a'],
		batches: 0.2,
		isVersioned: true,
	},
	'versioned edits of three keys, in transactions and with everything else': {
		keys: ['x', 'y', 'z'],
		operations: ['get', 'edit', 'edit', 'put', 'append', 'delete', 'compareAndSet', 'increment'],
		values: ['1', 'a'],
		clears: true,
		isVersioned: true,
		transactions: 0.3,
		valueConditions: 0.3,
	},
	'puts and deletions of one key that ask for values': {
		keys: ['x'],
		operations: ['get', 'put', 'delete', 'append'],
		batches: 0,
		valueConditions: 0.6,
	},
	'versioned puts and deletions of two keys that ask for values': {
		operations: ['get', 'put', 'delete', 'append'],
		valueConditions: 0.6,
		isVersioned: true,
	},
	'everything on three keys, versioned': {
		keys: ['x', 'y', 'z'],
		operations: ['get', 'put', 'append', 'delete', 'compareAndSet', 'increment'],
		values: ['1', 'a'],
		clears: true,
		isVersioned: true,
		batches: 0.5,
	},
};

function drawBatches(family: Partial<RandomBatchesOptions>, random: () => number): KvHistory {
	return randomBatches(
		{
			keys: ['x', 'y'],
			operations: ['get', 'get', 'put'],
			values: ['a', 'b'],
			batches: 0.4,
			count: 3 + Math.floor(random() * 5),
			clients: 2 + Math.floor(random() * 3),
			isVersioned: false,
			unknown: random() < 0.5 ? 0 : 0.25,
			damage: random() < 0.3 ? 0.1 : 0.4,
			...family,
		},
		random,
	);
}

/** By the permutations of what belongs together, with its values kept exactly. */
function expectedOf(history: KvHistory): 'ok' | 'violation' {
	const model = kvModel('kv', {quotient: false});
	const groups = [...partition(history, model).values()];
	return groups.every(group => isLinearizable(group, model.specialise?.(group) ?? model)) ? 'ok' : 'violation';
}

const agreement: Agreement<RandomBatchesOptions> = {
	titleOf: name => `all engines and reductions agree with the permutation of batches: ${name}`,
	families,
	seed: Number(process.env['SEED'] ?? 1),
	rounds: Number(process.env['ROUNDS'] ?? 500),
	draw: drawBatches,
	expectedOf,
};

testAgreement(agreement);

test('what a correct store answers to batches is ok, whatever was lost on the way', t => {
	expectAllOk(t, agreement, {damage: 0, count: 20, clients: 4});
});
