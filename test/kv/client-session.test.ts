import test from 'ava';
import {Random} from '../../src/faults/random.js';
import {ClientSession} from '../../src/kv/client-session.js';

const windowMax = 10;

test('everything up to the first sequence without an answer is acknowledged, in whatever order the answers come', t => {
	const random = Random.fromSeed(1);
	const session = new ClientSession(7, windowMax);
	const waiting = new Set<number>();
	let last = 0;
	for (let step = 0; step < 10_000; step++) {
		if (session.span < windowMax && (waiting.size === 0 || random.chance(0.5))) {
			last += 1;
			t.is(session.nextSequence(), last);
			waiting.add(last);
		} else {
			const answered = random.pick([...waiting]);
			waiting.delete(answered);
			session.settle(answered);
		}
		const first = Math.min(last + 1, ...waiting);
		t.is(session.acknowledged, first - 1);
		t.is(session.span, last - session.acknowledged);
	}
	t.true(last > 100 * windowMax);
});
