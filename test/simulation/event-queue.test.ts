import test from 'ava';
import fc from 'fast-check';
import {EventQueue} from '../../src/simulation/event-queue.js';

test('events come in the order of their times, and those of one time in the order of their making', t => {
	fc.assert(
		fc.property(fc.array(fc.integer({min: 0, max: 20}), {maxLength: 3000}), times => {
			const queue = new EventQueue<number>();
			for (const [place, at] of times.entries()) queue.push(at, place);
			const popped = times.map(() => queue.pop());
			const expected = [...times.keys()].sort((one, other) => times[one]! - times[other]! || one - other);
			t.deepEqual(popped, expected);
			t.is(queue.size, 0);
		}),
		{seed: 7, numRuns: 60},
	);
});

test('what is pushed while others are popped finds its place', t => {
	fc.assert(
		fc.property(fc.array(fc.record({at: fc.integer({min: 0, max: 50}), pops: fc.integer({min: 0, max: 3})})), steps => {
			const queue = new EventQueue<number>();
			let waiting: number[] = [];
			for (const {at, pops} of steps) {
				queue.push(at, at);
				waiting = [...waiting, at].sort((one, other) => one - other);
				for (let count = 0; count < pops && waiting.length > 0; count++) t.is(queue.pop(), waiting.shift()!);
				t.is(queue.nextAt, waiting[0] ?? Infinity);
			}
		}),
		{seed: 11},
	);
});
