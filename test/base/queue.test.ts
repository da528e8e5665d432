import test from 'ava';
import {Random} from '../../src/base/random.js';
import {Queue} from '../../src/base/queue.js';

test('a queue is an array that is shifted', t => {
	const random = Random.fromSeed(1);
	const queue = new Queue<number>();
	const model: number[] = [];
	let longest = 0;
	for (let step = 0; step < 40_000; step++) {
		// Grows for a while, then drains: past the length at which taken places are cut off, and down to nothing.
		if (random.chance(step % 10_000 < 5000 ? 0.75 : 0.2)) {
			queue.push(step);
			model.push(step);
		} else t.is(queue.shift(), model.shift());
		t.is(queue.first, model[0]);
		t.is(queue.length, model.length);
		longest = Math.max(longest, model.length);
	}
	t.true(longest > 2000);
	queue.push(-1);
	model.push(-1);
	t.deepEqual(queue.takeAll(), model);
	t.is(queue.length, 0);
	t.is(queue.shift(), undefined);
	queue.push(1);
	t.is(queue.first, 1);
});
