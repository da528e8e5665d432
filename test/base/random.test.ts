import test from 'ava';
import * as fc from 'fast-check';
import {InvariantError} from '../../src/base/errors.js';
import {Random} from '../../src/base/random.js';

const draws = (random: Random, count: number): readonly number[] => Array.from({length: count}, () => random.uint32());

test('from the state 1, 2, 3, 4 come the outputs of the reference implementation of xoshiro128** 1.1', t => {
	const random = new Random({seed: 0, words: [1, 2, 3, 4]});
	t.deepEqual(
		draws(random, 10),
		[11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
	);
});

test('the same seed gives the same stream, near seeds give other ones', t => {
	t.deepEqual(draws(Random.fromSeed(7), 50), draws(Random.fromSeed(7), 50));
	const firsts = Array.from({length: 1000}, (_, seed) => Random.fromSeed(seed).uint32());
	t.is(new Set(firsts).size, 1000);
});

test('a generator made from a state that went through JSON goes on where the first one was', t => {
	const random = Random.fromSeed(1);
	draws(random, 13);
	const copy = new Random(JSON.parse(JSON.stringify(random.state)));
	t.deepEqual(draws(copy, 20), draws(random, 20));
	t.deepEqual(draws(copy.fork('x'), 3), draws(random.fork('x'), 3));
});

test('a fork depends on seed and label, and not on what was drawn before', t => {
	const fresh = draws(Random.fromSeed(5).fork('disk'), 5);
	const random = Random.fromSeed(5);
	draws(random, 100);
	t.deepEqual(draws(random.fork('disk'), 5), fresh);
	t.notDeepEqual(draws(random.fork('clock'), 5), fresh);
	t.notDeepEqual(draws(Random.fromSeed(6).fork('disk'), 5), fresh);
	t.notDeepEqual(draws(Random.fromSeed(5), 5), fresh);
});

test('integers stay in their range, and reach both of its ends', t => {
	fc.assert(
		fc.property(fc.integer(), fc.integer({min: -1e9, max: 1e9}), fc.nat({max: 5}), (seed, min, span) => {
			const random = Random.fromSeed(seed);
			const seen = new Set(Array.from({length: 400}, () => random.integer(min, min + span)));
			t.is(seen.size, span + 1);
			t.is(Math.min(...seen), min);
			t.is(Math.max(...seen), min + span);
		}),
		{seed: 11, numRuns: 50},
	);
});

test('the widest range of integers is all 32 bits', t => {
	t.is(new Random({seed: 0, words: [1, 2, 3, 4]}).integer(0, 2 ** 32 - 1), 11520);
	t.throws(() => Random.fromSeed(1).integer(0, 2 ** 32), {instanceOf: InvariantError});
	t.throws(() => Random.fromSeed(1).integer(2, 1), {instanceOf: InvariantError});
	t.throws(() => Random.fromSeed(1).integer(0, 0.5), {instanceOf: InvariantError});
});

test('floats are uniform in [0, 1): mean, spread and ten classes within statistical bounds', t => {
	const random = Random.fromSeed(42);
	const floats = Array.from({length: 100_000}, () => random.float());
	t.true(floats.every(float => float >= 0 && float < 1));
	t.true(Math.abs(floats.reduce((sum, float) => sum + float) / floats.length - 0.5) < 0.005);
	for (let tenth = 0; tenth < 10; tenth++) {
		const count = floats.filter(float => Math.floor(float * 10) === tenth).length;
		t.true(Math.abs(count - 10_000) < 500, `${count} in class ${tenth}`);
	}
});

test('exponential draws have their mean, and e^-1 of them are beyond it', t => {
	const random = Random.fromSeed(9);
	const draw = Array.from({length: 50_000}, () => random.exponential(20));
	t.true(Math.abs(draw.reduce((sum, ms) => sum + ms) / draw.length - 20) < 0.5);
	t.true(Math.abs(draw.filter(ms => ms > 20).length / draw.length - Math.exp(-1)) < 0.01);
	t.true(draw.every(ms => ms >= 0 && Number.isFinite(ms)));
});

test('a shuffle keeps the items, leaves the input alone, and gives all orders equally often', t => {
	const random = Random.fromSeed(3);
	const items = ['a', 'b', 'c'] as const;
	const counts = new Map<string, number>();
	for (let round = 0; round < 6000; round++) {
		const order = random.shuffle(items).join('');
		counts.set(order, (counts.get(order) ?? 0) + 1);
	}
	t.deepEqual(items, ['a', 'b', 'c']);
	t.deepEqual([...counts.keys()].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
	for (const [order, count] of counts) t.true(Math.abs(count - 1000) < 150, `${order}: ${count}`);
});

test('a pick from nothing is a mistake of the caller', t => {
	t.throws(() => Random.fromSeed(1).pick([]), {instanceOf: InvariantError, message: /something to pick from/});
});
