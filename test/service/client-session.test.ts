import test from 'ava';
import {Random} from '../../src/base/random.js';
import {ClientSession} from '../../src/service/clerk/client-session.js';

const windowMax = 10;

test('everything up to the first sequence without an answer is acknowledged, in whatever order the answers come', t => {
	const random = Random.fromSeed(1);
	const session = new ClientSession({id: 7, windowMax, timeoutMs: 1000, openedAt: 0});
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

test('a session that was silent for half of its timeout is to be replaced, unless something is still asked under it', t => {
	const session = new ClientSession({id: 7, windowMax, timeoutMs: 1000, openedAt: 100});
	t.false(session.isToBeReplaced(599));
	t.true(session.isToBeReplaced(600));
	session.used(300);
	session.used(200);
	t.false(session.isToBeReplaced(799));
	t.true(session.isToBeReplaced(800));
	const sequence = session.nextSequence();
	t.false(session.isToBeReplaced(9999));
	session.settle(sequence);
	t.true(session.isToBeReplaced(9999));
});
