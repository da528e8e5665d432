import test from 'ava';
import fc from 'fast-check';
import {defaultRaftLimits} from '../../src/raft/options.js';
import {Progress} from '../../src/raft/progress.js';
import {snapshotOf} from './harness/node.js';

const limits = {...defaultRaftLimits, inflightMessagesMax: 3, inflightBytesMax: 100};
const newProgress = (nextIndex = 5): Progress => new Progress(nextIndex, 0, limits);

test('a probe sends one message and waits', t => {
	const progress = newProgress();
	progress.sent(7, 30);
	t.like(progress, {state: 'probe', isProbeSent: true, nextIndex: 5, matchIndex: 0});
	progress.acknowledged(7);
	t.like(progress, {isProbeSent: false, nextIndex: 8, matchIndex: 7});
});

test('a pipeline goes on without waiting, until the window is full', t => {
	const progress = newProgress();
	progress.acknowledged(4);
	progress.becomeReplicate();
	for (const index of [5, 6, 7]) {
		t.false(progress.isWindowFull);
		progress.sent(index, 10);
	}
	t.true(progress.isWindowFull);
	t.is(progress.nextIndex, 8);
	progress.acknowledged(6);
	t.false(progress.isWindowFull);
	progress.sent(9, 90);
	t.true(progress.isWindowFull, 'bytes count too');
});

test('what was sent before is not sent again by going back in a pipeline', t => {
	const progress = newProgress();
	progress.becomeReplicate();
	progress.sent(5, 10);
	t.throws(() => progress.sent(5, 10), {code: 'ERR_INVARIANT'});
});

test('only current refusals count (§5.3)', t => {
	const progress = newProgress();
	t.true(progress.isRefusalCurrent(4));
	t.false(progress.isRefusalCurrent(3), 'a probe has one question');
	progress.acknowledged(6);
	progress.becomeReplicate();
	progress.sent(9, 10);
	t.true(progress.isRefusalCurrent(9));
	t.true(progress.isRefusalCurrent(7));
	t.false(progress.isRefusalCurrent(6), 'verified since');
	progress.becomeSnapshot(snapshotOf(3, 1));
	t.false(progress.isRefusalCurrent(9));
});

test('whatever happens in whatever order, matchIndex never goes back and stays below nextIndex', t => {
	const event = fc.oneof(
		fc.record({kind: fc.constant('acknowledged' as const), index: fc.nat(20)}),
		fc.record({kind: fc.constant('sent' as const), index: fc.nat(3)}),
		fc.record({kind: fc.constant('probe' as const), index: fc.integer({min: 1, max: 20})}),
		fc.record({kind: fc.constantFrom('replicate' as const, 'snapshot' as const), index: fc.constant(0)}),
	);
	const holds = fc.property(fc.array(event, {maxLength: 30}), events => {
		const progress = newProgress();
		for (const {kind, index} of events) {
			const {matchIndex} = progress;
			if (kind === 'acknowledged') progress.acknowledged(index);
			else if (kind === 'sent') progress.sent(progress.nextIndex + index, 10);
			else if (kind === 'probe') progress.becomeProbe(index);
			else if (kind === 'replicate') progress.becomeReplicate();
			else progress.becomeSnapshot(snapshotOf(3, 1));
			if (progress.matchIndex < matchIndex || progress.nextIndex <= progress.matchIndex) return false;
			if ((progress.outgoing !== undefined) !== (progress.state === 'snapshot')) return false;
		}
		return true;
	});
	t.notThrows(() => fc.assert(holds, {seed: 5}));
});
