import test from 'ava';
import {check, type CheckResult} from '../../src/linearizability/check.js';
import type {SearchOptions} from '../../src/linearizability/engines/search.js';
import {HistoryError} from '../../src/linearizability/history-error.js';
import type {History} from '../../src/linearizability/history.js';
import type {KvHistory, KvOperation} from '../../src/linearizability/kv-operation.js';
import type {Model} from '../../src/linearizability/model.js';
import {kvModel, type KvModel} from '../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import {randomFrom, randomHistory} from './random-history.js';
import {append, cas, get, put, refused, remove} from './operations.js';

const kv = kvModel('kv');

function verdictOf(history: KvHistory, model: KvModel = kv): string {
	return check(history, {model}).verdict;
}

test('a history without a single answer is unknown, and never ok: nothing was judged', t => {
	t.deepEqual(check([], {model: kv}), {verdict: 'unknown', keys: []});
	t.is(verdictOf([put('a', '1', [0]), get('b', '1', [1])]), 'unknown');
	t.is(verdictOf([put('a', '1', [0]), get('b', '1', [1, 2])]), 'ok');
});

test('a recorder refuses times that a number cannot hold exactly', t => {
	let time = 2 ** 53;
	const recorder = new Recorder(() => time);
	t.throws(() => recorder.invoke('a', {type: 'get', key: ''}), {code: 'ERR_HISTORY'});
	time = NaN;
	t.throws(() => recorder.invoke('b', {type: 'get', key: ''}), {code: 'ERR_HISTORY'});
});

const judged = test.macro({
	exec(t, history: KvHistory, expected: 'ok' | 'violation') {
		for (const chain of [true, false]) {
			for (const searches of [['wgl'], ['jit']] as const) {
				t.is(check(history, {model: kvModel('kv', {chain}), searches}).verdict, expected, `${chain} ${searches[0]}`);
			}
		}
	},
	title: (name = '') => name,
});

test(
	'a read that overlaps a write may see either value',
	judged,
	[put('a', '1', [0, 10]), get('b', undefined, [1, 2]), get('b', '1', [3, 4])],
	'ok',
);
test(
	'a read may not go back',
	judged,
	[put('a', '1', [0, 10]), get('b', '1', [1, 2]), get('b', undefined, [3, 4])],
	'violation',
);
test(
	'operations that touch at one moment count as overlapping',
	judged,
	[put('a', '1', [0, 5]), get('b', undefined, [5, 6])],
	'ok',
);
test(
	'the spans of two values may touch at one moment',
	judged,
	[put('a', '1', [0, 1]), put('b', '2', [2, 5]), get('c', '1', [5, 6]), get('c', '2', [7, 8])],
	'ok',
);
test(
	'the spans of two values may not overlap',
	judged,
	[put('a', '1', [0, 1]), put('b', '2', [2, 4]), get('c', '1', [5, 6]), get('c', '2', [7, 8])],
	'violation',
);
test(
	'a write that nobody read may touch the end of the span of another value',
	judged,
	[put('a', '1', [0, 1]), put('b', '2', [2, 5]), get('c', '1', [5, 6])],
	'ok',
);
test(
	'a read that began after a write returned must see it',
	judged,
	[put('a', '1', [0, 5]), get('b', undefined, [6, 7])],
	'violation',
);
test('a write of unknown outcome may have happened', judged, [put('a', '1', [0]), get('b', '1', [6, 7])], 'ok');
test(
	'a write of unknown outcome may never have happened',
	judged,
	[put('a', '1', [0]), get('b', undefined, [6, 7])],
	'ok',
);
test(
	'a write of unknown outcome may happen late',
	judged,
	[put('a', '1', [0]), get('b', undefined, [6, 7]), get('b', '1', [8, 9])],
	'ok',
);
test(
	'a write of unknown outcome happens once',
	judged,
	[put('a', '1', [0]), get('b', '1', [1, 2]), put('b', '2', [3, 4]), get('b', '1', [5, 6])],
	'violation',
);
test('nothing is seen before it was asked for', judged, [get('b', '1', [0, 1]), put('a', '1', [2, 3])], 'violation');
test(
	'an append that is applied twice is a violation',
	judged,
	[append('a', 'x', [0, 1]), get('a', 'xx', [2, 3])],
	'violation',
);
test(
	'two appends of equal tokens are not a duplicate',
	judged,
	[append('a', 'x', [0, 1]), append('b', 'x', [0, 1]), get('a', 'xx', [2, 3])],
	'ok',
);
test(
	'a compare-and-set succeeds only from what it expects',
	judged,
	[put('a', '1', [0, 1]), cas('b', {value: '2'}, '3', [2, 3])],
	'violation',
);
test(
	'of two compare-and-sets from one value one must fail',
	judged,
	[put('a', '1', [0, 1]), cas('b', {value: '1'}, '2', [2, 3]), cas('c', {value: '1'}, '3', [2, 3])],
	'violation',
);
test(
	'a refusal is evidence: the value was not what was asked for',
	judged,
	[put('a', '1', [0, 1]), refused('b', {value: '1'}, [2, 3])],
	'violation',
);
test(
	'a refusal may be explained by a write of unknown outcome that nobody read',
	judged,
	[put('a', '1', [0, 1]), put('c', '7', [0]), refused('b', {value: '1'}, [2, 3])],
	'ok',
);
test(
	'a refusal that tells the value is a read',
	judged,
	[put('a', '1', [0, 1]), refused('b', {value: '9'}, [2, 3], {value: '2'})],
	'violation',
);
test(
	'a deletion makes the key absent',
	judged,
	[put('a', '1', [0, 1]), remove('a', true, [2, 3]), get('a', undefined, [4, 5])],
	'ok',
);
test('a deletion that found something needs something to be there', judged, [remove('a', true, [2, 3])], 'violation');
test(
	'a deletion may find what a write of unknown outcome left',
	judged,
	[put('a', '1', [0]), remove('b', true, [2, 3])],
	'ok',
);
test(
	'versions must grow in real-time order',
	judged,
	[put('a', '1', [0, 1], 7), put('a', '2', [2, 3], 5)],
	'violation',
);
test(
	'a read of an older version than was acknowledged is stale, even if the values agree',
	judged,
	[put('a', '1', [0, 1], 5), put('a', '1', [2, 3], 7), get('b', '1', [4, 5], 5)],
	'violation',
);
test('one version has one writer', judged, [put('a', '1', [0, 9], 5), put('b', '2', [0, 9], 5)], 'violation');
test(
	'a version that nobody was told belongs to a write of unknown outcome',
	judged,
	[put('a', '1', [0]), get('b', '1', [2, 3], 5)],
	'ok',
);
test(
	'a write of unknown outcome has one version',
	judged,
	[put('a', '1', [0]), get('b', '1', [2, 3], 5), get('b', '1', [4, 5], 6)],
	'violation',
);
test(
	'an absent key has version 0, also after a deletion',
	judged,
	[put('a', '1', [0, 1], 5), remove('a', true, [2, 3], 6), get('a', undefined, [4, 5], 0)],
	'ok',
);
test(
	'an absent key has no other version than 0',
	judged,
	[put('a', '1', [0, 1], 5), remove('a', true, [2, 3], 6), get('a', undefined, [4, 5], 6)],
	'violation',
);
test('a key that is there has no version 0', judged, [put('a', '1', [0], 5), get('b', '1', [2, 3], 0)], 'violation');
test(
	'a compare-and-set by the version of a deletion is refused',
	judged,
	[put('a', 'b', [0, 1], 1), remove('a', true, [2, 3], 2), refused('a', {version: 2}, [4, 5], {})],
	'ok',
);
test(
	'a compare-and-set by the version of a deletion does not succeed',
	judged,
	[put('a', 'b', [0, 1], 1), remove('a', true, [2, 3], 2), cas('a', {version: 2}, 'c', [4, 5], 3)],
	'violation',
);
test(
	'a compare-and-set by version 0 succeeds after a deletion',
	judged,
	[put('a', 'b', [0, 1], 1), remove('a', true, [2, 3], 2), cas('a', {version: 0}, 'c', [4, 5], 3)],
	'ok',
);
test(
	'a deletion has a revision of its own, later than that of what it deletes',
	judged,
	[put('a', 'b', [0, 1], 1), remove('a', true, [2, 3], 0), get('a', undefined, [4, 5], 0)],
	'violation',
);
test(
	'a deletion that finds nothing has a revision, too',
	judged,
	[remove('a', false, [0, 1], 5), put('a', 'b', [2, 3], 4)],
	'violation',
);

const initialDeleted = test.macro({
	exec(t, seen: string | undefined, expected: 'ok' | 'violation') {
		const history = [remove('a', true, [0, 1]), get('a', seen, [2, 3])];
		for (const searches of [['wgl'], ['jit']] as const) {
			t.is(check(history, {model: kvModel('kv', {initial: 'a'}), searches}).verdict, expected);
		}
	},
	title: (name = '') => name,
});
test('a deletion takes the initial value away', initialDeleted, undefined, 'ok');
test('the initial value is not there after a deletion', initialDeleted, 'a', 'violation');

test(
	'a compare-and-set by version needs that version',
	judged,
	[put('a', '1', [0, 1], 5), cas('a', {version: 4}, '2', [2, 3], 6)],
	'violation',
);

test(
	'a swap of unknown outcome may have kept an append from making the refused value',
	judged,
	[
		append('a', 'x', [0, 1]),
		cas('u', {value: 'x'}, 'z', [0]),
		append('a', 'y', [2, 3]),
		refused('b', {value: 'xy'}, [4, 5]),
	],
	'ok',
);

test('placing any operation that leaves this state unchanged at once would be unsound', t => {
	// b's put of 1 finds 1 there, but it is needed later: after c's put of 2, for d to read 1.
	const history = [put('a', '1', [0, 1]), put('b', '1', [2, 20]), put('c', '2', [3, 4]), get('d', '1', [5, 6])];
	const isUnsound = (model: KvModel): KvModel => ({
		name: 'every operation passes for a read',
		initial: model.initial,
		step: (state, input, output) => model.step(state, input, output),
		identity: state => model.identity(state),
		isReadOnly: () => true,
		describe: (input, output) => model.describe(input, output),
		describeState: state => model.describeState(state),
	});
	const plain = kvModel('kv', {chain: false}).specialise?.(history) as KvModel;
	for (const engine of ['wgl', 'jit'] as const) {
		t.is(check(history, {model: plain, searches: [engine]}).verdict, 'ok');
		t.is(check(history, {model: isUnsound(plain), searches: [engine]}).verdict, 'violation', 'the wrong verdict');
	}
});

test('a model refuses operations that are not its own', t => {
	const error = t.throws(() => verdictOf([append('a', 'x', [0, 1])], kvModel('register')), {instanceOf: HistoryError});
	t.is(error.code, 'ERR_HISTORY');
});

test('any object can be checked: a first-in first-out queue', t => {
	type Input = {readonly type: 'push'; readonly item: number} | {readonly type: 'pop'};
	const queue: Model<Input, number | 'done', readonly number[]> = {
		name: 'queue',
		initial: [],
		step(items, input, output) {
			if (input.type === 'push') return [...items, input.item];
			return items.length > 0 && (output === undefined || output === items[0]) ? items.slice(1) : undefined;
		},
		identity: items => items.join(),
		isReadOnly: () => false,
		describe: input => input.type,
		describeState: items => items.join(),
	};
	const push = (item: number, call: number): History<Input, number | 'done'>[number] => ({
		process: 'a',
		call,
		return: call + 1,
		input: {type: 'push', item},
		output: 'done',
	});
	const pop = (item: number, call: number): History<Input, number | 'done'>[number] => ({
		process: 'b',
		call,
		return: call + 1,
		input: {type: 'pop'},
		output: item,
	});
	t.is(check([push(1, 0), push(2, 2), pop(1, 4), pop(2, 6)], {model: queue}).verdict, 'ok');
	t.is(check([push(1, 0), push(2, 2), pop(2, 4), pop(1, 6)], {model: queue}).verdict, 'violation');
});

/** Intractable: all concurrent, all different, and a read at the end that nothing can have made. */
function intractable(key: string): KvOperation[] {
	const time = [0, 100] as const;
	const writers = Array.from({length: 40}, (_, index) => append(`${key}${index}`, index % 2 === 0 ? 'a' : 'b', time));
	const reader = get(`${key} reader`, `${'ab'.repeat(19)}aa`, [200, 201]);
	return [...writers, reader].map(operation => onKey(operation, key));
}

function onKey(operation: KvOperation, key: string): KvOperation {
	return Object.assign({}, operation, {input: Object.assign({}, operation.input, {key})});
}

const stubborn = {...reductionsOff(), model: kvModel('kv', {quotient: false, chain: false})};

function reductionsOff(): SearchOptions {
	return {greedyReads: false, pendingRules: false, symmetry: false, ranks: false};
}

function summary({verdict, keys}: CheckResult): readonly unknown[] {
	return [verdict, ...keys.map(key => `${key.key} ${key.verdict} ${key.reason}`)];
}

test('when the time is over, what is undecided is unknown, and never ok', t => {
	let time = 0;
	const result = check(intractable('k'), {...stubborn, now: () => (time += 10), timeoutMs: 100});
	t.deepEqual(summary(result), ['unknown', 'k unknown timeout']);
});

test('a check can be cancelled', t => {
	let polls = 0;
	const result = check(intractable('k'), {...stubborn, isCancelled: () => ++polls > 5});
	t.deepEqual(summary(result), ['unknown', 'k unknown cancelled']);
});

test('when the memory is used up, what is undecided is unknown, and other keys are judged all the same', t => {
	const memoryBytesMax = 2 ** 20;
	const small = get('z', undefined, [0, 1]);
	const result = check([...intractable('k'), small], {...stubborn, memoryBytesMax});
	t.deepEqual(summary(result), ['unknown', 'k unknown memory', ' ok undefined']);
});

test('an intractable key does not hide the violation of another one', t => {
	const bad = [put('z', '1', [0, 1]), get('z', undefined, [2, 3]), put('z', '1', [4, 5])];
	const result = check([...intractable('k'), ...bad], {...stubborn});
	t.deepEqual(summary(result), ['violation', 'k unknown notNeeded', ' violation undefined']);
});

test('every bad key is reported on request', t => {
	const history = ['one', 'two', 'three'].flatMap((key, place) =>
		[put(key, 'x', [0, 1]), get(key, place === 1 ? 'x' : undefined, [2, 3])].map(operation => onKey(operation, key)),
	);
	const seen: string[] = [];
	const result = check(history, {model: kv, all: true, onKey: ({key}) => void seen.push(key)});
	t.deepEqual(summary(result), [
		'violation',
		'one violation undefined',
		'two ok undefined',
		'three violation undefined',
	]);
	t.deepEqual(seen, ['one', 'two', 'three']);
});

test('versions keep the search short where outcomes are unknown and the short cut does not apply', t => {
	const random = randomFrom(3);
	const history = randomHistory(
		{
			operations: ['get', 'put', 'append', 'delete', 'compareAndSet'],
			count: 500,
			clients: 20,
			values: 3,
			isVersioned: true,
			unknown: 0.1,
			damage: 0,
			tellsOnRefusal: true,
		},
		random,
	);
	const [key] = check(history, {model: kv}).keys;
	t.is(key?.engine, 'wgl');
	t.is(key?.verdict, 'ok');
	// Without ranks and dominance it took more than ten million.
	t.true((key?.modelSteps ?? Infinity) < 200_000, String(key?.modelSteps));
});

/** A put and a get of it in turns, each open while thirty more begin. */
function longHistory(count: number, isVersioned: boolean): KvOperation[] {
	return Array.from({length: count}, (_, offset) => {
		const index = offset + 1;
		const written = offset - (offset % 2) + 1;
		const version = isVersioned ? written : undefined;
		const write = index === written ? put : get;
		return write(`${index % 40}`, `${written};`, [index, index + 30], version);
	});
}

for (const isVersioned of [true, false]) {
	const how = isVersioned ? 'versions' : 'unique values';
	test(`a million operations of one key with ${how} are judged without search`, t => {
		const [key] = check(longHistory(1_000_000, isVersioned), {model: kv}).keys;
		t.like(key, {verdict: 'ok', engine: 'chain', operationCount: 1_000_000});
	});

	test(`one stale read at the end of a long history with ${how} is found without search`, t => {
		const history = longHistory(50_000, isVersioned);
		history.push(get('last', '1;', [100_000, 100_001], isVersioned ? 1 : undefined));
		t.like(check(history, {model: kv}).keys[0], {verdict: 'violation', engine: 'chain'});
	});
}
