import test from 'ava';
import fc from 'fast-check';
import {NodeClock} from '../../src/faults/node-clock.js';

test('a clock that stands still goes on when it is told to, from what it shows', t => {
	const clock = new NodeClock(1000, 0);
	clock.stop(10, 500);
	clock.resume(100);
	t.is(clock.read(100), 1010);
	t.is(clock.read(130), 1040);
	clock.resume(130);
	t.is(clock.read(150), 1060);
});

test('a clock that drifts, leaps and stands still never goes back, and knows when it will show what', t => {
	const change = fc.oneof(
		fc.record({type: fc.constant('drift' as const), by: fc.double({min: 0.1, max: 4, noNaN: true})}),
		fc.record({type: fc.constant('leap' as const), by: fc.integer({min: 0, max: 1000})}),
		fc.record({type: fc.constant('stop' as const), by: fc.integer({min: 0, max: 1000})}),
	);
	const steps = fc.array(fc.record({after: fc.integer({min: 0, max: 500}), change}), {maxLength: 30});
	fc.assert(
		fc.property(steps, changes => {
			let now = 0;
			const clock = new NodeClock(1000, now);
			let reading = clock.read(now);
			for (const {
				after,
				change: {type, by},
			} of changes) {
				now += after;
				t.true(clock.read(now) >= reading - 1e-6);
				if (type === 'drift') clock.drift(now, by);
				else if (type === 'leap') clock.leap(now, by);
				else clock.stop(now, now + by);
				reading = clock.read(now);
				const target = reading + 100;
				t.true(Math.abs(clock.read(clock.moment(target)) - target) < 1e-6);
			}
		}),
		{seed: 3},
	);
});
