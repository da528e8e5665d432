/** Explanations of small violations against all that could be smaller; and of large ones within their budget. */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import {explainViolation} from '../../src/linearizability/explain.js';
import type {KvHistory, KvOperation} from '../../src/linearizability/kv-operation.js';
import type {Decision} from '../../src/linearizability/model.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {cas, get, put} from './operations.js';
import {isLinearizable} from './oracle.js';
import {randomFrom, randomHistory} from './random-history.js';

const model = kvModel('kv');

/** How few answers are enough for a contradiction: all other reads left out, all other writes of unknown outcome. */
function fewestAnswers(history: KvHistory): number {
	let fewest = Infinity;
	const answered = history.filter(({output}) => output !== undefined).length;
	for (let chosen = 0; chosen < 2 ** answered; chosen++) {
		const count = chosen.toString(2).replaceAll('0', '').length;
		if (count < fewest && !isLinearizable(weakenAllBut(history, chosen), model)) fewest = count;
	}
	return fewest;
}

function weakenAllBut(history: KvHistory, chosen: number): KvHistory {
	let place = 0;
	return history.flatMap(operation => {
		const {input, output} = operation;
		if (output === undefined) return [operation];
		if (((chosen >>> place++) & 1) === 1) return [operation];
		return model.isReadOnly(input, output) ? [] : [Object.assign({}, operation, {return: Infinity, output: undefined})];
	});
}

const answers = (history: KvHistory): number => history.filter(({output}) => output !== undefined).length;

test('no contradiction has fewer answers than the explanation, which all choices of answers prove', t => {
	const random = randomFrom(91);
	for (let round = 0, violations = 0; violations < 60; round++) {
		const history = randomHistory(
			{
				operations: ['get', 'put', 'append', 'delete', 'compareAndSet'],
				count: 7,
				clients: 3,
				values: round % 3 === 0 ? 'unique' : 2,
				isVersioned: round % 2 === 0,
				unknown: 0.1,
				damage: 0.5,
				tellsOnRefusal: round % 4 < 2,
			},
			random,
		);
		if (check(history, {model}).verdict !== 'violation') continue;
		violations++;
		const {core, isSmallest} = explainViolation(history, {model});
		t.true(isSmallest);
		const found = answers(core.map(({operation}) => operation));
		t.is(found, fewestAnswers(history), JSON.stringify({round, history, core}));
	}
});

test('a get of a value that nobody wrote is alone enough, however many writes stand beside it', t => {
	const history: KvOperation[] = [put('a', 'v0;', [0, 1])];
	for (let index = 1; index <= 50; index++) {
		history.push(cas('a', {value: `v${index - 1};`}, `v${index};`, [2 * index, 2 * index + 1]));
	}
	history.push(get('a', 'zzz', [200, 201]));
	const {core, isSmallest, anomaly} = explainViolation(history, {model});
	t.deepEqual(
		core.map(({offset}) => offset),
		[51],
	);
	t.true(isSmallest);
	t.is(anomaly.type, 'phantom');
});

/** A put and a get in turns, and at the end one read of what was overwritten long ago. */
function oneStaleRead(count: number): KvHistory {
	const history = Array.from({length: count}, (_, index) =>
		(index % 2 === 0 ? put : get)('a', `v${index >> 1};`, [2 * index, 2 * index + 1]),
	);
	return [...history, get('b', 'v3;', [2 * count, 2 * count + 1])];
}

test('a stale read among 100,000 operations of one key is told with a few checks of a few operations', t => {
	const history = oneStaleRead(100_000);
	const [key] = check(history, {model}).keys;
	const checked: number[] = [];
	const counting = kvModel('kv');
	const decide = (part: KvHistory): Decision => {
		checked.push(part.length);
		return model.decide?.(part) ?? {type: 'notApplicable', why: ''};
	};
	Object.defineProperty(counting, 'decide', {value: decide});
	const {core, isMinimal, anomaly} = explainViolation(history, {model: counting, anomaly: key?.anomaly});
	t.true(isMinimal);
	t.is(core.length, 3);
	t.is(anomaly.type, 'staleRead');
	t.true(checked.length < 50 && checked.every(length => length <= 10), checked.join());
});

test('when the time is over before it begins, what the verdict knows is told', t => {
	const history = oneStaleRead(1000);
	const [key] = check(history, {model}).keys;
	const {core, isMinimal, isSmallest, anomaly} = explainViolation(history, {
		model,
		anomaly: key?.anomaly,
		now: () => 0,
		timeoutMs: 0,
	});
	t.true(core.length < 10, String(core.length));
	t.false(isMinimal || isSmallest);
	t.is(anomaly.type, 'staleRead');
});

test('a violation without a suspect is explained until the time is over, and a core that is still large has its parts', t => {
	const history = Array.from({length: 20_000}, (_, index) =>
		(index % 2 === 0 ? put : get)('a', `${(index >> 1) % 5}`, [2 * index, 2 * index + 1]),
	);
	history.push(get('b', '2', [2 * history.length, 2 * history.length + 1]));
	let time = 0;
	const {core, isMinimal} = explainViolation(history, {model, now: () => time++, timeoutMs: 3});
	t.false(isMinimal);
	t.true(core.length > 1000);
	t.true(time < 100, 'nothing goes on when the time is over');
});
