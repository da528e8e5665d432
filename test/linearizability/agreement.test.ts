import {setImmediate as turn} from 'node:timers/promises';
import {inspect} from 'node:util';
import test from 'ava';
import {check, hasAnswers} from '../../src/linearizability/check.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {findDisagreement} from './disagreement.js';
import {isLinearizable} from './oracle.js';
import {randomFrom, randomHistory, type RandomHistoryOptions} from './random-history.js';

const seed = Number(process.env['SEED'] ?? 1);
const rounds = Number(process.env['ROUNDS'] ?? 2000);

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

for (const [name, family] of Object.entries(families)) {
	test(`all engines and reductions agree with the permutation of operations: ${name}`, async t => {
		// So that what is done is told while the next one runs.
		await turn();
		const random = randomFrom(seed * 7919 + name.length * 104_729);
		const seen = {ok: 0, violation: 0};
		for (let round = 0; round < rounds; round++) {
			const history = draw(family, random);
			if (!hasAnswers(history)) continue;
			const expected = isLinearizable(history, kvModel('kv', {quotient: false})) ? 'ok' : 'violation';
			seen[expected]++;
			const wrong = findDisagreement(history, expected, round);
			if (wrong !== undefined)
				t.fail(`SEED=${seed} round ${round}: ${inspect({expected, wrong, history}, {depth: 9})}`);
		}
		t.log(`SEED=${seed}: ${JSON.stringify(seen)}`);
		t.true(seen.ok > rounds / 20 && seen.violation > rounds / 20, 'the generator makes both verdicts');
	});
}

test('what a correct store answers is ok, whatever was lost on the way', t => {
	const random = randomFrom(seed);
	for (const [name, family] of Object.entries(families)) {
		for (let round = 0; round < rounds / 10; round++) {
			const history = draw({...family, damage: 0, count: 30, clients: 5}, random);
			const {verdict} = check(history, {model: kvModel('kv')});
			if (verdict !== 'ok') t.fail(`SEED=${seed} ${name}, round ${round}: ${verdict} ${inspect(history, {depth: 9})}`);
		}
	}
	t.pass();
});
