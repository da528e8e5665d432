/** What a notice that a peer's life has ended does: it takes a leader's word away, and adds nothing to anybody's. */
import test from 'ava';
import type {Input} from '../../src/raft/effects.js';
import {nodeId, term, type NodeId} from '../../src/raft/types.js';
import {Lockstep} from './harness/lockstep.js';
import {
	append,
	clusterOf,
	messagesTo,
	n0,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	received,
	requestVote,
	stepDurably,
	tick,
	voteReply,
} from './harness/node.js';

const down = (peer: NodeId): Input => ({type: 'peerDown', peer});

test('a follower whose leader has ended asks for pre-votes at once: it is next after it', t => {
	const follower = newFollower(n2, 4);
	t.is(follower.nextDeadline(), 300);
	follower.step([down(n2)], 10);
	t.like(follower.status(), {role: 'follower', currentTerm: term(4), leaderId: undefined});
	t.is(follower.nextDeadline(), 10);
	const effects = follower.step([tick], 10);
	t.deepEqual(messagesTo(effects, n1), [requestVote(5, 0, 0, true)]);
	t.like(follower.events[0], {type: 'electionStarted', term: 5, cause: 'leaderDown', leaderId: n2});
});

test('the nodes take their turns in the order of their numbers, from the one that has ended: two never begin together', t => {
	const configuration = clusterOf(5);
	for (const [id, rank] of [
		[3, 0],
		[4, 1],
		[0, 2],
		[1, 3],
	] as const) {
		const [first, last] = [0, 0.999].map(chance => {
			const follower = newFollower(n2, 4, {id: nodeId(id), configuration, random: () => chance});
			follower.step([down(n2)], 10);
			return follower.nextDeadline() - 10;
		});
		// A heartbeat is 50 ms.
		t.is(first, rank * 20);
		t.true(last! < rank * 20 + 5, `rank ${rank}`);
	}
});

test('a follower whose leader has ended refuses nobody for its sake', t => {
	const follower = newFollower(n2, 4);
	t.deepEqual(messagesTo(follower.step([received(n1, requestVote(5, 0, 0, true))], 10), n1), [
		voteReply(4, false, true),
	]);
	const effects = follower.step([down(n2), received(n1, requestVote(5, 0, 0, true))], 11);
	t.deepEqual(messagesTo(effects, n1), [voteReply(5, true, true)]);
});

test('the end of a peer that does not lead changes nothing', t => {
	const follower = newFollower(n2, 4);
	const before = [follower.status(), follower.nextDeadline()];
	t.deepEqual(follower.step([down(n1)], 10), []);
	t.deepEqual([follower.status(), follower.nextDeadline()], before);
	const leader = newLeader();
	const led = leader.status();
	t.deepEqual(leader.step([down(n1), down(n2)], 310), []);
	t.deepEqual(leader.status(), led);
});

test('a notice never makes a node wait longer, and a second one changes nothing', t => {
	const configuration = clusterOf(5);
	const follower = newFollower(n2, 4, {id: n1, configuration});
	follower.step([down(n2)], 290);
	t.is(follower.nextDeadline(), 300, 'its turn would come at 350');
	const first = newFollower(n2, 4, {random: () => 0.5});
	first.step([down(n2)], 10);
	const deadline = first.nextDeadline();
	first.step([down(n2)], 11);
	t.is(first.nextDeadline(), deadline);
});

test('a notice that was wrong is forgotten when the leader is heard again', t => {
	const follower = newFollower(n2, 4);
	follower.step([down(n2)], 10);
	stepDurably(follower, [received(n2, append(4, [0, 0]))], 12);
	t.like(follower.status(), {role: 'follower', leaderId: n2, currentTerm: term(4)});
	t.is(follower.nextDeadline(), 312);
	t.deepEqual(messagesTo(follower.step([received(n1, requestVote(5, 0, 0, true))], 13), n1), [
		voteReply(4, false, true),
	]);
	follower.step([tick], 400);
	t.like(follower.events[0], {type: 'electionStarted', cause: 'leaderSilent'});
});

test('one follower that is told falsely costs no term: the others still hear the leader', t => {
	const cluster = new Lockstep([{}, {}, {}]);
	cluster.campaign(0);
	cluster.heartbeat();
	const told = cluster.node(1);
	told.step([down(n0)], cluster.now);
	t.true(told.nextDeadline() <= cluster.now);
	const [ask] = messagesTo(told.step([tick], cluster.now), n2);
	t.like(ask, {type: 'requestVote', preVote: true});
	const [answer] = messagesTo(cluster.node(2).step([received(n1, ask!)], cluster.now), n1);
	t.like(answer, {voteGranted: false});
	told.step([received(n2, answer!)], cluster.now);
	cluster.heartbeat();
	t.like(cluster.node(0).status(), {role: 'leader', currentTerm: term(1)});
	t.like(told.status(), {role: 'follower', leaderId: n0, currentTerm: term(1)});
});

test('a node that has no vote, or that has just started, does nothing for a notice', t => {
	const started = newNode();
	const deadline = started.nextDeadline();
	started.step([down(n1)], 5);
	t.is(started.nextDeadline(), deadline);
	const learner = newFollower(n2, 4, {id: nodeId(3), configuration: clusterOf(3, 1)});
	learner.step([down(n2)], 10);
	t.deepEqual(
		learner.step([tick], 400).filter(({type}) => type === 'send'),
		[],
	);
});

test('nodes that were started together, and are told so, ask for pre-votes in turn, the first at once', t => {
	for (const [id, deadline] of [
		[0, 5],
		[1, 25],
		[2, 45],
	] as const) {
		const started = newNode({id: nodeId(id)});
		started.step([{type: 'noLeader'}], 5);
		t.is(started.nextDeadline(), deadline);
	}
	const first = newNode();
	first.step([{type: 'noLeader'}, tick], 5);
	t.deepEqual(first.events[0], {type: 'electionStarted', term: 1, cause: 'noLeader', leaderId: undefined});
});

test('that nobody leads is not believed by a node that has heard a leader, and costs one that has not no term', t => {
	const follower = newFollower(n2, 4);
	const before = [follower.status(), follower.nextDeadline()];
	t.deepEqual(follower.step([{type: 'noLeader'}], 10), []);
	t.deepEqual([follower.status(), follower.nextDeadline()], before);
	const restarted = newNode({id: n1, currentTerm: 4});
	restarted.step([{type: 'noLeader'}], 10);
	const asked = messagesTo(restarted.step([tick], 30), n0);
	t.deepEqual(asked, [requestVote(5, 0, 0, true)]);
	t.deepEqual(messagesTo(follower.step([received(n1, asked[0]!)], 30), n1), [voteReply(4, false, true)]);
	t.is(restarted.status().currentTerm, term(4));
});
