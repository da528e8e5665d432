/**
 * The revision that a deletion tells which found nothing. Our own cluster gives it one of its own. etcd tells the one that its
 * store is at (`ResponseHeader.revision`), which may be that of an earlier change, also of a deletion of this very key.
 */
import test from 'ava';
import {check} from '../../src/linearizability/check.js';
import type {KvHistory, KvInput, KvOperation, KvOutput} from '../../src/linearizability/kv-operation.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {get, put, refused, remove} from './operations.js';

const judged = test.macro({
	exec(t, history: KvHistory, expected: 'ok' | 'violation') {
		for (const operations of [history, history.toReversed(), asGroup(history)]) {
			for (const searches of [['wgl'], ['jit']] as const) {
				for (const ranks of [true, false]) {
					const {verdict} = check(operations, {model: kvModel('kv'), searches, ranks});
					t.is(verdict, expected, `${searches[0]}, ranks: ${ranks}: ${JSON.stringify(operations)}`);
				}
			}
		}
	},
	title: (name = '') => name,
});

/** The same, of a key that belongs to another one, which nobody touches. */
function asGroup(history: KvHistory): KvHistory {
	const pair: KvInput = {
		type: 'batch',
		operations: [
			{type: 'get', key: ''},
			{type: 'get', key: 'other'},
		],
	};
	const absent = {type: 'value', value: undefined, version: undefined} as const;
	const output: KvOutput = {type: 'batch', results: [absent, absent]};
	return [{process: 'first', call: -2, return: -1, input: pair, output}, ...history];
}

test(
	'it may be that of a deletion which found something, at the same time',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', true, [2, 9], 9), remove('c', false, [2, 9], 9)],
	'ok',
);
test(
	'it may be that of a deletion which had returned before',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', true, [2, 3], 9), remove('c', false, [4, 5], 9)],
	'ok',
);
test(
	'it cannot be told before the key is deleted',
	judged,
	[put('a', 'x', [0, 1], 5), remove('c', false, [2, 3], 9), remove('b', true, [4, 5], 9)],
	'violation',
);
test(
	'it may be told by several',
	judged,
	[remove('a', false, [0, 1], 9), remove('b', false, [2, 3], 9), remove('c', false, [2, 3], 9)],
	'ok',
);
test(
	'of two deletions at one revision only one found something',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', true, [2, 9], 9), remove('c', true, [2, 9], 9)],
	'violation',
);
test(
	'it is not that of the value that was there',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', false, [2, 3], 5)],
	'violation',
);
test('it is not that of a later write', judged, [remove('b', false, [0, 1], 5), put('a', 'x', [2, 3], 5)], 'violation');
test(
	'it may be older than that of a later write',
	judged,
	[remove('b', false, [0, 1], 4), put('a', 'x', [2, 3], 5)],
	'ok',
);
test(
	'it is not older than the deletion that it comes after',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', true, [2, 3], 9), remove('c', false, [4, 5], 8)],
	'violation',
);
test(
	'it is not older than that of another deletion that found nothing before',
	judged,
	[remove('b', false, [0, 1], 9), remove('c', false, [2, 3], 8)],
	'violation',
);
test(
	'a deletion which told an older one came first, where both are under way at once',
	judged,
	[remove('b', false, [0, 9], 9), remove('c', false, [0, 9], 8)],
	'ok',
);
test(
	'a key that was not there has version 0 afterwards, and not that of the deletion',
	judged,
	[remove('a', false, [0, 1], 9), get('b', undefined, [2, 3], 0), refused('c', {version: 9}, [4, 5], {})],
	'ok',
);
test(
	'the revision of a deletion which found nothing is no version of the key',
	judged,
	[remove('a', false, [0, 1], 9), get('b', undefined, [2, 3], 9)],
	'violation',
);
test(
	'a deletion that does not say whether it found something is judged by both',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', undefined, [2, 9], 9), remove('c', undefined, [2, 9], 9)],
	'ok',
);
test(
	'a deletion that does not say whether it found something did, where something was there: at a revision above',
	judged,
	[put('a', 'x', [0, 1], 5), remove('b', undefined, [2, 3], 5)],
	'violation',
);
test(
	'a write of unknown outcome may have come between two deletions, at a revision of its own',
	judged,
	[remove('a', false, [0, 1], 9), put('u', 'x', [0]), remove('b', true, [2, 3], 11)],
	'ok',
);
test(
	'a write of unknown outcome cannot have come between two deletions, where there is no revision for it',
	judged,
	[remove('a', false, [0, 1], 9), put('u', 'x', [0]), remove('b', true, [2, 3], 10)],
	'violation',
);

/** Of a batch, all that it deletes has one revision, and so have those keys that were not there. */
test('a batch may tell one revision for a deletion that found something and one that did not', t => {
	const batch = (process: string, existed: readonly [boolean, boolean], time: number): KvOperation => ({
		process,
		call: time,
		return: time + 1,
		input: {
			type: 'batch',
			operations: [
				{type: 'delete', key: ''},
				{type: 'delete', key: 'other'},
			],
		},
		output: {
			type: 'batch',
			results: [
				{type: 'deleted', existed: existed[0], version: 9},
				{type: 'deleted', existed: existed[1], version: 9},
			],
		},
	});
	const verdictOf = (history: KvHistory): string => check(history, {model: kvModel('kv')}).verdict;
	const first = put('a', 'x', [0, 1], 5);
	t.is(verdictOf([first, batch('b', [true, false], 2)]), 'ok');
	t.is(verdictOf([first, batch('b', [false, false], 2)]), 'violation');
	t.is(verdictOf([first, batch('b', [true, true], 2)]), 'violation');
	t.is(verdictOf([first, batch('b', [true, false], 2), batch('c', [false, false], 4)]), 'ok');
	t.is(verdictOf([first, batch('b', [true, false], 2), batch('c', [true, false], 4)]), 'violation');
});

test('a deletion that does not say whether it found something takes no revision from a change of another key', t => {
	const read = (asked: string, value: string | undefined, version: number, time: number): KvOperation => ({
		process: 'reader',
		call: time,
		return: time + 1,
		input: {
			type: 'batch',
			operations: [
				{type: 'get', key: asked},
				{type: 'get', key: 'other'},
			],
		},
		output: {
			type: 'batch',
			results: [
				{type: 'value', value: undefined, version: 0},
				{type: 'value', value, version},
			],
		},
	});
	const write: KvOperation = {
		process: 'u',
		call: 0,
		return: Infinity,
		input: {type: 'put', key: 'other', value: 'x'},
		output: undefined,
	};
	const history = [write, remove('a', undefined, [2, 3], 9), read('', 'x', 9, 4)];
	for (const searches of [['wgl'], ['jit']] as const) {
		t.is(check(history, {model: kvModel('kv'), searches}).verdict, 'ok');
	}
});
