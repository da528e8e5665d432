import test from 'ava';
import {Random} from '../../src/base/random.js';
import {NumberMap} from '../../src/base/number-map.js';

interface Item {
	readonly step: number;
}

/** What a number map must be: a Map whose entries come in the order of their numbers. */
const inOrder = (model: ReadonlyMap<number, Item>): readonly (readonly [number, Item])[] =>
	[...model].toSorted(([left], [right]) => left - right);

test('a number map is a Map in the order of its numbers', t => {
	const random = Random.fromSeed(1);
	const map = new NumberMap<Item>();
	const model = new Map<number, Item>();
	let next = 0;
	let largest = 0;
	for (let step = 0; step < 16_000; step++) {
		// Grows for a while, then drains; mostly the next number, sometimes one that was skipped, or is there already.
		const isGrowing = random.chance(step % 8000 < 4000 ? 0.75 : 0.2);
		if (isGrowing) next += random.chance(0.9) ? 1 : 5;
		const number = random.chance(0.9) ? next : random.integer(0, next);
		if (isGrowing) {
			map.set(number, {step});
			model.set(number, {step});
		} else {
			// The oldest mostly, as answers come in.
			const oldest = Math.min(...model.keys());
			if (random.chance(0.2)) {
				// As an acknowledgement does. The number may have been deleted before, or never have been there.
				const through = oldest + random.integer(0, 4);
				const told: Item[] = [];
				map.deleteThrough(through, item => told.push(item));
				const gone = inOrder(model).filter(([number]) => number <= through);
				t.deepEqual(
					told,
					gone.map(([, item]) => item),
				);
				for (const [number] of gone) model.delete(number);
			} else {
				const deleted = random.chance(0.8) ? oldest : number;
				map.delete(deleted);
				model.delete(deleted);
			}
		}
		if (step % 10_000 === 3500) {
			map.clear();
			model.clear();
		}
		t.is(map.size, model.size);
		t.is(map.get(number)?.step, model.get(number)?.step);
		largest = Math.max(largest, model.size);
		if (step % 50 === 0) {
			t.deepEqual([...map], inOrder(model));
			t.deepEqual([...map.copy()], inOrder(model));
			t.deepEqual(map.first, inOrder(model)[0]?.[1]);
		}
	}
	t.true(largest > 1000);
});

test('all entries may be deleted while they are gone through', t => {
	const map = new NumberMap<Item>();
	for (let number = 0; number < 300; number++) map.set(number, {step: number});
	const seen: number[] = [];
	for (const [number] of map) {
		seen.push(number);
		map.delete(number);
		map.delete(number + 1);
	}
	t.deepEqual(
		seen,
		Array.from({length: 150}, (_, place) => place * 2),
	);
	t.is(map.size, 0);
	t.is(map.first, undefined);
	map.set(7, {step: 7});
	t.deepEqual([...map], [[7, {step: 7}]]);
});

test('a copy does not change with the other', t => {
	const map = new NumberMap<Item>();
	map.set(2, {step: 2});
	const copy = map.copy();
	map.set(1, {step: 1});
	copy.delete(2);
	t.deepEqual([...map.copy()].length, 2);
	t.deepEqual([...copy], []);
});
