/** Nothing grows without a bound, and what is refused is told so. */
import test from 'ava';
import type {Effect} from '../../src/raft/effects.js';
import type {RaftLimits} from '../../src/raft/options.js';
import type {ProposalRefusal} from '../../src/raft/types.js';
import {
	ack,
	append,
	clusterOf,
	entry,
	messagesTo,
	n0,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	propose,
	received,
	stepDurably,
	tick,
} from './harness/node.js';

const refused = (proposalId: number, reason: ProposalRefusal, leaderId?: typeof n0): Effect => ({
	type: 'service',
	input: {type: 'proposalRefused', proposalId, reason, leaderId},
});

/** A leader of term 1 whose no-op is committed and applied, at 301. */
function settledLeader(limits: Partial<RaftLimits>): ReturnType<typeof newLeader> {
	const leader = newLeader({limits});
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0)), {type: 'applied', index: 1}], 301);
	return leader;
}

test('who does not lead says so, with the leader as a hint', t => {
	t.deepEqual(newNode().step([propose(1, 'x')], 1)[0], refused(1, 'notLeader'));
	t.deepEqual(newFollower(n2, 1).step([propose(1, 'x')], 1), [refused(1, 'notLeader', n2)]);
});

test('a command over the limit is refused, and with it all of its proposal', t => {
	const leader = settledLeader({entryBytesMax: 3});
	t.deepEqual(leader.step([propose(1, 'abc', 'abcd')], 302), [refused(1, 'entryTooLarge', n0)]);
	t.is(leader.status().lastIndex, 1);
	leader.step([propose(2, 'abc')], 303);
	t.is(leader.status().lastIndex, 2);
});

test('what the service has not applied is bounded; an idle leader takes any single proposal', t => {
	const leader = settledLeader({unappliedBytesMax: 30});
	stepDurably(leader, [propose(1, 'x'.repeat(50))], 302);
	t.is(leader.status().lastIndex, 2);
	t.deepEqual(leader.step([propose(2, 'y')], 303), [refused(2, 'uncommittedFull', n0)]);
	stepDurably(leader, [received(n1, ack(1, 2, 1))], 304);
	t.deepEqual(leader.step([propose(3, 'y')], 305), [refused(3, 'uncommittedFull', n0)], 'committed is not yet applied');
	stepDurably(leader, [{type: 'applied', index: 2}, propose(4, 'y'), propose(5, 'z')], 306);
	t.is(leader.status().lastIndex, 4);
	t.deepEqual(leader.step([propose(6, 'zzzzzzzz')], 307), [refused(6, 'uncommittedFull', n0)]);
});

test('a message holds as many entries as fit, and never fewer than one', t => {
	const leader = settledLeader({appendBytesMax: 25});
	const effects = leader.step([propose(1, 'a', 'b', 'x'.repeat(40), 'c')], 302);
	t.deepEqual(messagesTo(effects, n1), [
		append(1, [1, 1], [entry(2, 1, 'a'), entry(3, 1, 'b')], {commit: 1}),
		append(1, [3, 1], [entry(4, 1, 'x'.repeat(40))], {commit: 1}),
		append(1, [4, 1], [entry(5, 1, 'c')], {commit: 1}),
	]);
});

test('messages on their way to a follower are bounded in number, and go on with its answers', t => {
	const leader = settledLeader({appendBytesMax: 1, inflightMessagesMax: 2});
	const effects = leader.step([propose(1, 'a', 'b', 'c', 'd')], 302);
	t.is(messagesTo(effects, n1).length, 2);
	t.deepEqual(messagesTo(leader.step([received(n1, ack(1, 2, 1))], 303), n1), [
		append(1, [3, 1], [entry(4, 1, 'c')], {commit: 1}),
	]);
	t.deepEqual(
		messagesTo(leader.step([received(n1, ack(1, 2, 1))], 304), n1),
		[],
		'the same answer again frees nothing',
	);
});

test('bytes on their way to a follower are bounded', t => {
	const leader = settledLeader({appendBytesMax: 1, inflightBytesMax: 20});
	t.is(messagesTo(leader.step([propose(1, 'a', 'b', 'c', 'd')], 302), n1).length, 2);
});

test('the uncommitted suffix is not sent again with each heartbeat (lab trap 15)', t => {
	const leader = settledLeader({});
	leader.step([propose(1, 'a', 'b')], 302);
	for (const token of [1, 2, 3]) {
		t.deepEqual(messagesTo(leader.step([tick], 302 + token * 50), n1), [append(1, [3, 1], [], {commit: 1, token})]);
	}
});

test('an idle follower is told a new commit index soon, once (commitNoticeMs)', t => {
	const leader = settledLeader({});
	t.is(leader.nextDeadline(), 311);
	t.deepEqual(messagesTo(leader.step([tick], 311), n1), [append(1, [1, 1], [], {commit: 1})]);
	t.is(leader.nextDeadline(), 361);
});

test('a follower that was told with entries gets no notice', t => {
	const leader = settledLeader({});
	leader.step([propose(1, 'x')], 305);
	t.deepEqual(messagesTo(leader.step([tick], 311), n1), []);
});

test('a tick that is due is due for the node as well, whatever the fractions of its times', t => {
	// Found by seed 1: the heartbeat was due by a difference and scheduled by a sum, and the tick came for ever.
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301.1);
	let now = 301.1;
	for (let round = 0; round < 1000; round++) {
		const deadline = leader.nextDeadline();
		t.true(deadline > now);
		now = deadline;
		leader.step([tick], now);
		now += 0.1237;
		leader.step([received(n1, ack(1, 1, 1))], now);
	}
});

test('a node without a peer has nobody to send to', t => {
	const leader = newLeader({configuration: clusterOf(1)});
	const effects = stepDurably(leader, [propose(1, 'x'), tick], 400);
	t.false(effects.some(({type}) => type === 'send'));
});
