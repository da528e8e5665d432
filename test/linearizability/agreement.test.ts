import test from 'ava';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {type Agreement, expectAllOk, testAgreement} from './agreement-kit.js';
import {isLinearizable} from './oracle.js';
import {randomHistory, type RandomHistoryOptions} from './random-history.js';

const families: Readonly<Record<string, Partial<RandomHistoryOptions>>> = {
	'registers of few values': {operations: ['get', 'put']},
	'compare-and-set registers that tell nothing on refusal': {operations: ['get', 'put', 'compareAndSet']},
	'compare-and-set registers that tell what they saw': {
		operations: ['get', 'put', 'compareAndSet'],
		tellsOnRefusal: true,
	},
	'unique puts and gets': {operations: ['get', 'put'], values: 'unique'},
	'unique puts, appends and gets': {operations: ['get', 'get', 'put', 'append', 'append'], values: 'unique'},
	'unique compare-and-sets, puts and appends': {
		operations: ['get', 'get', 'put', 'append', 'compareAndSet', 'compareAndSet'],
		values: 'unique',
		tellsOnRefusal: true,
	},
	'appends of repeated tokens': {operations: ['get', 'get', 'put', 'append', 'append'], values: 2},
	'appends and compare-and-sets that tell nothing on refusal': {
		operations: ['get', 'append', 'compareAndSet', 'compareAndSet'],
		values: 2,
		unknown: 0.3,
	},
	'puts, appends and deletions': {operations: ['get', 'put', 'append', 'delete'], values: 2},
	'versioned puts and gets': {operations: ['get', 'put'], isVersioned: true},
	'versioned appends and compare-and-sets': {
		operations: ['get', 'put', 'append', 'compareAndSet'],
		isVersioned: true,
		tellsOnRefusal: true,
	},
	'versioned compare-and-sets that tell nothing on refusal': {
		operations: ['get', 'put', 'compareAndSet'],
		isVersioned: true,
	},
	'conditional puts, deletions and appends': {
		operations: ['get', 'put', 'putIfAbsent', 'putIfPresent', 'delete', 'append'],
		values: 2,
		unknown: 0.3,
	},
	'versioned conditional puts': {
		operations: ['get', 'put', 'putIfAbsent', 'putIfPresent'],
		isVersioned: true,
		tellsOnRefusal: true,
	},
	'increments, puts and appends': {operations: ['get', 'increment', 'increment', 'put', 'append'], letters: '1a'},
	'versioned increments, puts and appends': {
		operations: ['get', 'increment', 'increment', 'put', 'append'],
		letters: '1a',
		isVersioned: true,
	},
	'increments whose sums tell them apart': {operations: ['get', 'increment', 'increment'], increments: 'digits'},
	'versioned increments whose sums tell them apart': {
		operations: ['get', 'increment', 'increment'],
		increments: 'digits',
		isVersioned: true,
	},
	'everything, versioned, with unique values': {
		operations: ['get', 'put', 'append', 'delete', 'compareAndSet'],
		values: 'unique',
		isVersioned: true,
		tellsOnRefusal: true,
	},
};

function draw(family: Partial<RandomHistoryOptions>, random: () => number): KvHistory {
	return randomHistory(
		{
			operations: ['get', 'put'],
			count: 3 + Math.floor(random() * 6),
			clients: 2 + Math.floor(random() * 3),
			values: 2,
			isVersioned: false,
			unknown: random() < 0.5 ? 0 : 0.25,
			damage: random() < 0.3 ? 0.1 : 0.4,
			tellsOnRefusal: false,
			...family,
		},
		random,
	);
}

const agreement: Agreement<RandomHistoryOptions> = {
	titleOf: name => `all engines and reductions agree with the permutation of operations: ${name}`,
	families,
	seed: Number(process.env['SEED'] ?? 1),
	rounds: Number(process.env['ROUNDS'] ?? 2000),
	draw,
	expectedOf: history => (isLinearizable(history, kvModel('kv', {quotient: false})) ? 'ok' : 'violation'),
};

testAgreement(agreement);

test('what a correct store answers is ok, whatever was lost on the way', t => {
	expectAllOk(t, agreement, {damage: 0, count: 30, clients: 5});
});
