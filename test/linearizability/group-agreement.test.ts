/** Keys that belong together: the engines against the definition itself. */
import {setImmediate as turn} from 'node:timers/promises';
import {inspect} from 'node:util';
import test from 'ava';
import {check, hasAnswers} from '../../src/linearizability/check.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {partition} from '../../src/linearizability/partition.js';
import {findDisagreement} from './disagreement.js';
import {isLinearizable} from './oracle.js';
import {randomBatches, type RandomBatchesOptions} from './random-batches.js';
import {randomFrom} from './random-history.js';

const seed = Number(process.env['SEED'] ?? 1);
const rounds = Number(process.env['ROUNDS'] ?? 500);

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
	'increments of two keys': {operations: ['get', 'increment', 'increment', 'append'], values: ['1', 'a']},
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

for (const [name, family] of Object.entries(families)) {
	test(`all engines and reductions agree with the permutation of batches: ${name}`, async t => {
		// So that what is done is told while the next one runs.
		await turn();
		const random = randomFrom(seed * 7919 + name.length * 104_729);
		const seen = {ok: 0, violation: 0};
		for (let round = 0; round < rounds; round++) {
			const history = drawBatches(family, random);
			if (!hasAnswers(history)) continue;
			const expected = expectedOf(history);
			seen[expected]++;
			const wrong = findDisagreement(history, expected, round);
			if (wrong !== undefined)
				t.fail(`SEED=${seed} round ${round}: ${inspect({expected, wrong, history}, {depth: 9})}`);
		}
		t.log(`SEED=${seed}: ${JSON.stringify(seen)}`);
		t.true(seen.ok > rounds / 20 && seen.violation > rounds / 20, 'the generator makes both verdicts');
	});
}

test('what a correct store answers to batches is ok, whatever was lost on the way', t => {
	const random = randomFrom(seed);
	for (const [name, family] of Object.entries(families)) {
		for (let round = 0; round < rounds / 10; round++) {
			const history = drawBatches({...family, damage: 0, count: 20, clients: 4}, random);
			const {verdict} = check(history, {model: kvModel('kv')});
			if (verdict !== 'ok') t.fail(`SEED=${seed} ${name}, round ${round}: ${verdict} ${inspect(history, {depth: 9})}`);
		}
	}
	t.pass();
});
