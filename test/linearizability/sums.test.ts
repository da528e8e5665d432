/** Counters whose sums tell which increments ran, and how often. */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import type {KvHistory, KvOperation} from '../../src/linearizability/kv-operation.js';
import type {AnomalyType} from '../../src/linearizability/model.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {get} from './operations.js';

/** `sum` and `end` left out: its outcome is unknown. */
function increment(by: bigint, [call, end]: readonly number[], sum?: bigint, version?: number): KvOperation {
	const isUnknown = sum === undefined || end === undefined;
	return {
		process: `by ${by}`,
		call: call ?? 0,
		return: isUnknown ? Infinity : end,
		input: {type: 'increment', key: '', by},
		output: isUnknown ? undefined : {type: 'number', value: sum, version},
	};
}

const judged = test.macro({
	exec(t, history: KvHistory, expected: 'ok' | AnomalyType) {
		const [key] = check(history, {model: kvModel('kv')}).keys;
		t.is(key?.engine, 'chain');
		t.is(key?.verdict === 'ok' ? 'ok' : key?.anomaly?.type, expected, key?.anomaly?.detail);
		const searched = check(history, {model: kvModel('kv', {chain: false})}).verdict;
		t.is(searched, expected === 'ok' ? 'ok' : 'violation');
	},
	title: (name = '') => `in a counter ${name}`,
});

const one = increment(1n, [0, 1], 1n);
test('sums follow one another', judged, [one, increment(4n, [2, 3], 5n), get('r', '5', [4, 5])], 'ok');
test(
	'an increment of unknown outcome counts once it is seen',
	judged,
	[one, increment(4n, [0]), get('r', '5', [4, 5])],
	'ok',
);
test('an increment of unknown outcome need not count', judged, [one, increment(4n, [0]), get('r', '1', [4, 5])], 'ok');
test(
	'an increment that ran twice is seen, though others of unknown outcome are about',
	judged,
	[one, increment(4n, [0]), increment(16n, [0]), get('r', '2', [4, 5])],
	'duplicate',
);
test(
	'a sum that no increments make is a phantom',
	judged,
	[one, increment(16n, [2, 3], 17n), get('r', '7', [4, 5])],
	'phantom',
);
test('what is no number is a phantom', judged, [one, get('r', '01', [4, 5])], 'phantom');
test('an increment that is missing from a later sum is lost', judged, [one, increment(4n, [2, 3], 4n)], 'fork');
test('an increment that is missing from its own sum is lost', judged, [one, increment(4n, [2, 3], 1n)], 'lostUpdate');
test('a read of a smaller sum is stale', judged, [one, increment(4n, [2, 3], 5n), get('r', '1', [4, 5])], 'staleRead');
test(
	'a read that overlaps may see the smaller sum',
	judged,
	[one, increment(4n, [2, 5], 5n), get('r', '1', [4, 6])],
	'ok',
);
test(
	'of two increments each can come before the other only once',
	judged,
	[increment(1n, [0, 9], 5n), increment(4n, [0, 9], 5n)],
	'fork',
);
test(
	'an increment is not in a sum before its own',
	judged,
	[increment(1n, [0, 9], 5n), increment(4n, [0]), get('r', '1', [0, 9])],
	'order',
);
test('one sum has one version', judged, [increment(1n, [0, 1], 1n, 7), get('r', '1', [2, 3], 8)], 'order');
test('versions grow with the sums', judged, [increment(1n, [0, 9], 1n, 7), increment(4n, [0, 9], 5n, 6)], 'order');
test(
	'there is a version for an increment of unknown outcome',
	judged,
	[increment(1n, [0, 1], 1n, 7), increment(4n, [0]), increment(16n, [2, 3], 21n, 8)],
	'order',
);

test('a doubled increment does not hide behind thirty of unknown outcome, nor takes long to find', t => {
	const unknown = Array.from({length: 30}, (_, digit) => increment(4n ** BigInt(digit + 1), [0]));
	const history = [one, ...unknown, get('r', '18', [4, 5])];
	t.like(check(history, {model: kvModel('kv')}).keys[0], {verdict: 'violation', engine: 'chain', modelSteps: 0});
	const fine = [one, ...unknown, get('r', '17', [4, 5])];
	t.like(check(fine, {model: kvModel('kv')}).keys[0], {verdict: 'ok', engine: 'chain', modelSteps: 0});
});

test('sums that can be made in more than one way are left to the search', t => {
	const history = [one, increment(3n, [2, 3], 4n), get('r', '4', [4, 5])];
	t.like(check(history, {model: kvModel('kv')}).keys[0], {verdict: 'ok', engine: 'wgl'});
});
