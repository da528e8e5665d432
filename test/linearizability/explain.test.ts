import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import {explainViolation} from '../../src/linearizability/explain.js';
import {renderHtml} from '../../src/linearizability/html.js';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import type {AnomalyType} from '../../src/linearizability/model.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {isLinearizable} from './oracle.js';
import {append, cas, get, put} from './operations.js';
import {randomFrom, randomHistory} from './random-history.js';

const model = kvModel('kv');
const plain = kvModel('kv', {quotient: false, chain: false});

const named = test.macro({
	exec(t, history: KvHistory, type: AnomalyType, coreSize: number) {
		const {anomaly, core, isMinimal} = explainViolation(history, {model});
		t.is(anomaly.type, type, anomaly.detail);
		t.is(core.length, coreSize, JSON.stringify(core));
		t.true(isMinimal);
	},
	title: (name = '') => `a violation is called by its name: ${name}`,
});

const noise = [put('n', 'n1', [0, 1]), get('n', 'n1', [2, 3]), put('n', 'n2', [4, 5]), get('m', 'n2', [6, 7])];
test('phantom', named, [...noise, get('b', 'z', [30, 31])], 'phantom', 1);
test('seen before it was written', named, [...noise, get('b', 'z', [30, 31]), put('a', 'z', [40, 41])], 'phantom', 1);
test('duplicate', named, [...noise, append('a', '+x', [20, 21]), get('b', 'n2+x+x', [30, 31])], 'duplicate', 3);
test(
	'fork',
	named,
	[...noise, append('a', '+x', [20]), append('b', '+y', [20]), get('a', 'n2+x', [30, 31]), get('b', 'n2+y', [30, 31])],
	'fork',
	5,
);
test('stale read of unique values', named, [...noise, get('b', 'n1', [30, 31])], 'staleRead', 3);
test(
	'stale read of repeated values',
	named,
	[put('a', '1', [0, 1]), put('a', '2', [2, 3]), put('a', '2', [4, 5]), get('b', '1', [6, 7])],
	'staleRead',
	3,
);
test(
	'stale read by versions',
	named,
	[put('a', '1', [0, 1], 1), put('a', '1', [2, 3], 2), get('b', '1', [4, 5], 1)],
	'staleRead',
	3,
);
test(
	'lost update of an append',
	named,
	[put('a', 'p', [0, 1]), append('a', '+x', [2, 3]), append('b', '+y', [4, 5]), get('a', 'p+y', [6, 7])],
	'lostUpdate',
	4,
);
test(
	'lost update of a compare-and-set',
	named,
	[put('a', '0', [0, 1]), cas('a', {value: '0'}, '1', [2, 9]), cas('b', {value: '0'}, '1', [2, 9])],
	'lostUpdate',
	3,
);
test('fork of versions', named, [put('a', '1', [0, 9], 3), put('b', '2', [0, 9], 3)], 'fork', 2);

test('a core is a proof: it is no order, and each completed operation of it is needed', t => {
	const random = randomFrom(77);
	let violations = 0;
	for (let round = 0; violations < 150; round++) {
		const history = randomHistory(
			{
				operations: ['get', 'put', 'append', 'compareAndSet'],
				count: 14,
				clients: 4,
				values: round % 2 === 0 ? 2 : 'unique',
				isVersioned: false,
				unknown: 0.1,
				damage: 0.3,
				tellsOnRefusal: round % 3 === 0,
			},
			random,
		);
		if (check(history, {model}).verdict !== 'violation') continue;
		violations++;
		const {core, isMinimal, longest, stuck} = explainViolation(history, {model});
		t.true(isMinimal);
		t.true(longest.length < core.length && stuck.length > 0);
		const operations = core.map(({operation}) => operation);
		// Trying all orders of many operations would take for ever.
		if (operations.length < 8) t.false(isLinearizable(operations, model), JSON.stringify({round, operations}));
		else t.is(check(operations, {model: plain}).verdict, 'violation', JSON.stringify({round, operations}));
		for (const [place, operation] of operations.entries()) {
			if (operation.output === undefined) continue;
			const weakened = model.isReadOnly(operation.input, operation.output)
				? operations.toSpliced(place, 1)
				: operations.with(place, {...operation, return: Infinity, output: undefined});
			t.not(check(weakened, {model}).verdict, 'violation', `round ${round}: operation ${place} is not needed`);
		}
	}
});

test('of a long history, too, nothing can be left out of an explanation that is called minimal', t => {
	const random = randomFrom(79);
	for (let violations = 0; violations < 60;) {
		const history = randomHistory(
			{
				operations: ['get', 'append', 'put', 'compareAndSet'],
				count: 60,
				clients: 6,
				values: 2,
				isVersioned: false,
				unknown: 0.05,
				damage: 0.04,
				tellsOnRefusal: true,
			},
			random,
		);
		if (check(history, {model}).verdict !== 'violation') continue;
		violations++;
		const {core, isMinimal} = explainViolation(history, {model});
		if (!isMinimal) continue;
		const operations = core.map(({operation}) => operation);
		for (const [place, operation] of operations.entries()) {
			if (operation.output === undefined) continue;
			const weakened = model.isReadOnly(operation.input, operation.output)
				? operations.toSpliced(place, 1)
				: operations.with(place, {...operation, return: Infinity, output: undefined});
			t.not(check(weakened, {model}).verdict, 'violation', `operation ${place} is not needed: ${JSON.stringify(core)}`);
		}
	}
});

test('the core of a random violation leaves nothing out that could have made it right', t => {
	const random = randomFrom(78);
	for (let round = 0, violations = 0; violations < 150; round++) {
		const history = randomHistory(
			{
				operations: ['get', 'put', 'append', 'delete', 'compareAndSet'],
				count: 12,
				clients: 4,
				values: round % 5 < 3 ? 2 : 'unique',
				isVersioned: round % 2 === 0,
				unknown: 0.3,
				damage: 0.3,
				tellsOnRefusal: round % 3 === 0,
			},
			random,
		);
		if (check(history, {model}).verdict !== 'violation') continue;
		violations++;
		const {core} = explainViolation(history, {model});
		const needed = new Set(core.map(({offset, operation}) => (operation.output === undefined ? -1 : offset)));
		// All other operations back in, the writes with unknown outcomes: still no order.
		const whole = history.flatMap((operation, offset) => {
			const {input, output} = operation;
			if (output === undefined || needed.has(offset)) return [operation];
			return model.isReadOnly(input, output)
				? []
				: [Object.assign({}, operation, {return: Infinity, output: undefined})];
		});
		const {verdict} = check(whole, {model: plain});
		t.is(verdict, 'violation', JSON.stringify({round, history, core}));
	}
});

test('a bound that runs out leaves a larger core, not a wrong one', t => {
	const history = Array.from({length: 30}, (_, index) => put('a', `${index % 3}`, [index * 2, index * 2 + 1]));
	history.push(get('b', 'z', [100, 101]));
	const {core, isMinimal} = explainViolation(history, {model: kvModel('kv', {chain: false}), checksMax: 1});
	t.false(isMinimal);
	t.true(core.length >= 1);
});

test('no text of a history becomes markup of the page', t => {
	const evil = '</script><img src=x onerror=alert(1)>';
	const history = [put(evil, 'a', [0, 1]), get(evil, evil, [2, 3])];
	const explanation = explainViolation(history, {model});
	const page = renderHtml([{source: evil, key: evil, history, explanation}], model);
	t.false(page.includes('<img'));
	t.is(page.split('</script>').length - 1, 2, 'only the two elements of the page itself');
	const json = /<script type="application\/json" id="data">(?<json>.*)<\/script>/u.exec(page)?.groups?.['json'] ?? '';
	const [key] = JSON.parse(json) as {source: string; operations: {process: string; label: string}[]}[];
	t.is(key?.source, evil);
	t.true(key?.operations.some(({process}) => process === evil));
});
