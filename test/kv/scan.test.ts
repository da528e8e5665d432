/** Reading all keys part by part: what whoever goes on from answer to answer can rely on. */
import test from 'ava';
import fc from 'fast-check';
import {bytesOf, textOf} from '../../actors/text.js';
import {scan} from '../../src/kv/scan.js';
import {positionOf, scanEnd} from '../../src/kv/scan-position.js';
import {hashOf} from '../../src/kv/shard.js';
import {Store} from '../../src/kv/store.js';
import type {Result} from '../../src/kv/types.js';
import {modelPosition} from '../../src/simulation/kv/model-position.js';
import {runs} from './helpers.js';

type Keys = Extract<Result, {type: 'keys'}>;

const placeOf = (key: string): number => positionOf(hashOf(key));

/** Answers from the first to the last; `between` is called before each. */
function walk(store: Store, lookedAtMax: number, between: () => void = () => undefined): readonly Keys[] {
	const answers: Keys[] = [];
	for (let from: number | undefined = 0; from !== undefined; from = answers.at(-1)?.next) {
		between();
		answers.push(scan(store, {type: 'scan', from, lookedAtMax}, 1));
	}
	return answers;
}

const keysOf = (answers: readonly Keys[]): readonly string[] => answers.flatMap(({keys}) => keys);

function storeOf(keys: Iterable<string>): Store {
	const store = new Store();
	for (const key of keys) store.set(key, bytesOf(`value of ${key}`), 7);
	return store;
}

/** All in one shard, so that its table grows, is crowded, and wraps around. */
const crowd = Array.from({length: 40_000}, (_, number) => `key ${number}`).filter(key => placeOf(key) < 2 ** 20);

test('the positions are those that the page of the format promises, on every replica and for ever', t => {
	fc.assert(
		fc.property(fc.string({unit: 'binary-ascii'}), key => {
			t.is(placeOf(key), modelPosition(key));
		}),
		runs(300),
	);
	// These numbers are in clients' hands as cursors.
	t.deepEqual(['', 'a', 'key 1', 'ÿ'].map(placeOf), [228_357_474, 33_704_502, 122_163_966, 73_380_527]);
});

test('each key that is there from the first answer to the last is met once, whatever comes and goes meanwhile', t => {
	t.true(crowd.length > 100);
	const step = fc.record({key: fc.constantFrom(...crowd), isDeleted: fc.boolean()});
	fc.assert(
		fc.property(
			fc.uniqueArray(fc.constantFrom(...crowd), {maxLength: 60}),
			fc.array(fc.array(step, {maxLength: 30}), {maxLength: 20}),
			fc.integer({min: 1, max: 9}),
			(lasting, turns, lookedAtMax) => {
				const store = storeOf(lasting);
				const there = new Set(lasting);
				let turn = 0;
				const met = keysOf(
					walk(store, lookedAtMax, () => {
						for (const {key, isDeleted} of turns[turn++] ?? []) {
							if (there.has(key)) continue;
							if (isDeleted) store.delete(key);
							else store.set(key, bytesOf('x'), 8);
						}
					}),
				);
				t.is(new Set(met).size, met.length, 'no key twice');
				t.deepEqual(
					lasting.filter(key => !met.includes(key)),
					[],
					'none is missed',
				);
			},
		),
		runs(200),
	);
});

test('a cursor goes on at another replica, whose tables have other sizes', t => {
	const grown = storeOf(crowd);
	for (const key of crowd.slice(20)) grown.delete(key);
	const small = storeOf(crowd.slice(0, 20));
	let isSmall = false;
	const met: string[] = [];
	for (let from: number | undefined = 0; from !== undefined;) {
		const answer: Keys = scan(isSmall ? small : grown, {type: 'scan', from, lookedAtMax: 3}, 1);
		met.push(...answer.keys);
		isSmall = !isSmall;
		from = answer.next;
	}
	t.deepEqual(met.sort(), crowd.slice(0, 20).sort());
});

test('an answer has all keys of the prefix between its positions, with versions and values if they are asked for', t => {
	const store = storeOf(['a1', 'a2', 'b1', 'a']);
	const answer = scan(store, {type: 'scan', from: 0, prefix: 'a', lookedAtMax: 100, hasValues: true}, 9);
	const found = answer.keys.map((key, place) => [
		key,
		answer.versions[place],
		textOf(answer.values?.[place] ?? bytesOf('')),
	]);
	t.deepEqual(
		found.toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1)),
		[
			['a', 7, 'value of a'],
			['a1', 7, 'value of a1'],
			['a2', 7, 'value of a2'],
		],
	);
	t.like(answer, {revision: 9, next: undefined});
	t.is(scan(store, {type: 'scan', from: 0, lookedAtMax: 100}, 9).values, undefined);
	const place = placeOf('a1');
	t.deepEqual(scan(store, {type: 'scan', from: place, to: place + 1, lookedAtMax: 9}, 9).keys, ['a1']);
	t.deepEqual(scan(store, {type: 'scan', from: place, to: place, lookedAtMax: 9}, 9).keys, []);
});

test('a key is not shown from its deadline on, also where it is still held', t => {
	const store = storeOf(['stays']);
	store.set('goes', bytesOf('x'), 7, 1000);
	store.advance(999);
	t.deepEqual([...keysOf(walk(store, 9))].sort(), ['goes', 'stays']);
	// Deletes what is over; so soon after, it does not yet.
	store.set('early', bytesOf('x'), 7, 1);
	store.advance(999.5);
	store.advance(1000);
	t.is(store.heldCount, 2);
	t.deepEqual(keysOf(walk(store, 9)), ['stays']);
});

test('one answer is bounded: in keys that it looks at, in slots, and in bytes', t => {
	const store = storeOf(crowd);
	t.true(scan(store, {type: 'scan', from: 0, prefix: 'nothing like it', lookedAtMax: 5}, 1).next !== undefined);
	for (const key of crowd.slice(1)) store.delete(key);
	const {next = scanEnd} = scan(store, {type: 'scan', from: 0, prefix: 'nothing like it', lookedAtMax: 2}, 1);
	t.true(next < 2 ** 20, 'empty slots count as well');
	const large = new Store();
	for (const key of crowd) large.set(key, new Uint8Array(2 ** 18), 1);
	const {keys} = scan(large, {type: 'scan', from: 0, lookedAtMax: 1000, hasValues: true}, 1);
	t.true(keys.length >= 4 && keys.length < 12, `${keys.length} values of 256 KiB`);
});
