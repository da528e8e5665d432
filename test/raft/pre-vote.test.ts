/** Elections that disturb nobody: pre-votes (dissertation §9.6), CheckQuorum and stickiness (§6.2, §4.2.3), stalled disks. */
import test from 'ava';
import {nodeId, term} from '../../src/raft/types.js';
import {Lockstep} from './harness/lockstep.js';
import {
	ack,
	append,
	clusterOf,
	entry,
	hardState,
	leadership,
	messagesTo,
	n0,
	n1,
	n2,
	n3,
	newFollower,
	newLeader,
	newNode,
	persist,
	persisted,
	propose,
	received,
	refusal,
	requestVote,
	send,
	stepDurably,
	tick,
	voteReply,
} from './harness/node.js';

test('asking for pre-votes changes neither term nor vote, and writes nothing (§9.6)', t => {
	const node = newNode({currentTerm: 3, votedFor: n2});
	const effects = node.step([tick], 300);
	t.false(effects.some(({type}) => type === 'persist'));
	t.like(node.status(), {role: 'preCandidate', currentTerm: term(3), votedFor: n2});
});

test('granting a pre-vote changes nothing at all: it may be granted to many (§9.6)', t => {
	const node = newNode({currentTerm: 3});
	node.step([], 100);
	const before = node.status();
	const deadline = node.nextDeadline();
	t.deepEqual(node.step([received(n1, requestVote(4, 0, 0, true)), received(n2, requestVote(9, 0, 0, true))], 200), [
		send(n1, voteReply(4, true, true)),
		send(n2, voteReply(9, true, true)),
	]);
	t.deepEqual(node.status(), before);
	t.is(node.nextDeadline(), deadline);
});

test('a pre-vote for a term that is not newer is refused, with the newer term to learn (§9.6)', t => {
	const node = newNode({currentTerm: 5});
	t.deepEqual(messagesTo(node.step([received(n1, requestVote(5, 9, 4, true))], 1), n1), [voteReply(5, false, true)]);
	const asker = newNode({currentTerm: 4});
	asker.step([tick], 300);
	stepDurably(asker, [received(n1, voteReply(5, false, true))], 301);
	t.like(asker.status(), {role: 'follower', currentTerm: term(5)});
});

test('pre-votes count for the term that was asked for, and only while asking (§9.6)', t => {
	const node = newNode({currentTerm: 3});
	node.step([tick], 300);
	node.step([received(n1, voteReply(3, true, true)), received(n1, voteReply(5, true, true))], 301);
	t.is(node.status().role, 'preCandidate');
	t.is(node.status().currentTerm, term(3), 'a granted pre-vote names a term that nobody is in');
	stepDurably(node, [received(n1, voteReply(4, true, true))], 302);
	stepDurably(node, [received(n2, voteReply(4, true, true))], 303);
	t.is(node.status().role, 'candidate', 'a second pre-vote is no vote');
});

test('a node that was cut off does not disturb the leader when it comes back (§9.6)', t => {
	const cluster = new Lockstep([{}, {}, {}]);
	cluster.campaign(0);
	cluster.connectOnly(0, 1);
	for (let round = 0; round < 5; round++) {
		cluster.campaign(2);
		cluster.heartbeat();
	}
	t.is(cluster.node(2).status().currentTerm, term(1));
	cluster.isUp = () => true;
	cluster.heartbeat();
	t.deepEqual(
		cluster.nodes.map(node => node.status().leaderId),
		[n0, n0, n0],
	);
	t.is(cluster.node(0).status().currentTerm, term(1));
});

test('who hears a leader votes for nobody else, whatever the term (§4.2.3)', t => {
	for (const preVote of [true, false]) {
		const node = newFollower(n1, 2);
		t.deepEqual(
			messagesTo(node.step([received(n2, requestVote(7, 9, 2, preVote))], 299), n2),
			[voteReply(2, false, preVote)],
			'heard 299 ms ago',
		);
		t.is(node.status().currentTerm, term(2));
		const later = stepDurably(node, [received(n2, requestVote(7, 9, 2, preVote))], 300);
		t.deepEqual(messagesTo(later, n2), [voteReply(7, true, preVote)], 'an election timeout is over');
	}
});

test('a leader votes for nobody while it leads (§4.2.3)', t => {
	const leader = newLeader();
	t.deepEqual(leader.step([received(n1, requestVote(9, 9, 1))], 301), [send(n1, voteReply(1, false))]);
	t.deepEqual(leader.step([received(n1, requestVote(9, 9, 1, true))], 301), [send(n1, voteReply(1, false, true))]);
	t.is(leader.status().role, 'leader');
});

test('the leader itself may ask its follower for a vote: it no longer leads', t => {
	const node = newFollower(n1, 2);
	t.deepEqual(messagesTo(stepDurably(node, [received(n1, requestVote(3, 0, 0))], 10), n1), [voteReply(3, true)]);
});

test('a follower with a newer term than its leader is not cut off for ever: its refusal brings a new election', t => {
	const node = newNode({currentTerm: 6});
	const leader = newLeader({currentTerm: 5});
	const [answer] = messagesTo(node.step([received(n1, append(5, [0, 0]))], 1), n1);
	t.deepEqual(answer, refusal(6, 0, [0, undefined]));
	stepDurably(leader, [received(n2, answer!)], 310);
	t.like(leader.status(), {role: 'follower', currentTerm: term(6)});
});

test("a voter whose term is older than the candidate's votes (stale-term voter)", t => {
	const node = newNode({currentTerm: 1});
	t.deepEqual(messagesTo(node.step([received(n1, requestVote(8, 0, 0, true))], 1), n1), [voteReply(8, true, true)]);
	t.deepEqual(stepDurably(node, [received(n1, requestVote(8, 0, 0))], 2), [
		persist(1, {hardState: hardState(8, n1)}),
		leadership('follower', 8),
		send(n1, voteReply(8, true)),
	]);
});

test('of two candidates, the one behind in term but ahead in log wins in the end (§9.6)', t => {
	const cluster = new Lockstep([
		{currentTerm: 5, log: [1]},
		{currentTerm: 3, log: [1, 2]},
	]);
	cluster.campaign(0);
	t.not(cluster.node(0).status().role, 'leader');
	cluster.campaign(1);
	cluster.campaign(1);
	t.like(cluster.node(1).status(), {role: 'leader', currentTerm: term(6)});
});

test('a leader that no quorum answers for an election timeout steps down (CheckQuorum)', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0))], 500);
	for (let now = 500; now < 800; now += 10) leader.step([tick], now);
	t.is(leader.status().role, 'leader', 'node 1 answered 299 ms ago');
	const effects = [];
	for (let now = 801; now < 1000; now += 10) effects.push(...leader.step([tick], now));
	t.deepEqual(effects.at(-1), leadership('follower', 1), 'and knows no leader, and keeps its term');
	t.is(leader.status().role, 'follower');
});

test('answers of any kind count as contact, refusals and snapshot answers too (CheckQuorum)', t => {
	const leader = newLeader();
	for (let now = 310; now < 2000; now += 100) {
		leader.step([tick], now);
		leader.step([received(n1, refusal(1, 1, [1, undefined]))], now);
	}
	t.is(leader.status().role, 'leader');
});

test('answers of learners and strangers are no quorum (CheckQuorum)', t => {
	const leader = newLeader({configuration: clusterOf(3, 1)});
	for (let now = 310; now < 1300; now += 50) {
		leader.step([tick], now);
		leader.step([received(n3, ack(1, 1, 0)), received(nodeId(9), ack(1, 1, 0))], now);
	}
	t.not(leader.status().role, 'leader');
	t.is(leader.status().commitIndex, 0);
});

test('a leader that slept looks at what arrived meanwhile before it steps down', t => {
	const leader = newLeader();
	leader.step([tick], 5000);
	t.is(leader.status().role, 'leader');
	leader.step([received(n1, ack(1, 1, 0))], 5001);
	leader.step([tick], 5160);
	t.is(leader.status().role, 'leader');
	for (let now = 5200; now < 5700; now += 10) leader.step([tick], now);
	t.not(leader.status().role, 'leader', 'once awake it is held to the rule again');
});

test('a leader whose disk stalls steps down, and does not ask for votes until the disk is back', t => {
	const leader = newLeader({limits: {diskStallMs: 1000}});
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 310);
	leader.step([propose(1, 'x')], 400);
	const answer = (now: number): void =>
		void leader.step([tick, received(n1, ack(1, 2, 1)), received(n2, ack(1, 2, 1))], now);
	for (let now = 410; now < 1400; now += 40) answer(now);
	t.is(leader.status().role, 'leader', "its followers' disks are enough to commit");
	t.is(leader.status().commitIndex, 2);
	answer(1400);
	t.is(leader.status().role, 'follower');
	for (let now = 1500; now < 3000; now += 50) t.false(leader.step([tick], now).some(({type}) => type === 'send'));
	leader.step([persisted(3)], 3000);
	t.true([...leader.step([tick], 3700)].some(({type}) => type === 'send'));
});

test('a learner and a stranger to the configuration never ask for votes, but do vote (§4.2.1)', t => {
	const configuration = clusterOf(3, 1);
	for (const id of [n3, nodeId(8)]) {
		const node = newNode({id, configuration});
		t.deepEqual(node.step([tick], 1000), [leadership('follower', 0)]);
		t.true(node.nextDeadline() > 1000);
		const effects = stepDurably(node, [received(n1, requestVote(1, 0, 0))], 1001);
		t.deepEqual(messagesTo(effects, n1), [voteReply(1, true)]);
	}
});

test('votes go to voters only; entries go to learners too', t => {
	const configuration = clusterOf(3, 1);
	const node = newNode({configuration});
	t.deepEqual(messagesTo(node.step([tick], 300), n3), []);
	stepDurably(node, [received(n1, voteReply(1, true, true))], 301);
	const effects = stepDurably(node, [received(n1, voteReply(1, true))], 302);
	t.deepEqual(messagesTo(effects, n3), [append(1, [0, 0], [entry(1, 1, '', 'noop')])]);
});

test('a candidate that gave up while its disk was busy asks for nothing any more', t => {
	const node = newNode();
	node.step([tick], 300);
	node.step([received(n1, voteReply(1, true, true))], 310);
	t.is(node.status().role, 'candidate');
	node.step([received(n2, append(1, [0, 0]))], 320);
	t.deepEqual(node.step([persisted(1)], 330), [send(n2, ack(1, 0, 0))]);
});

test('a candidate counts its own vote when it is durable, not before (B-9)', t => {
	const node = newNode({configuration: clusterOf(1)});
	node.step([tick], 300);
	node.step([tick], 500);
	t.is(node.status().role, 'candidate');
	node.step([persisted(1)], 501);
	t.is(node.status().role, 'leader');
});

test('a candidate with a slow disk does not begin anew before it has asked anybody, and gives the others their time', t => {
	// With disks as slow as an election timeout every round was given up before the answers could come.
	const node = newNode();
	node.step([tick], 300);
	node.step([received(n1, voteReply(1, true, true))], 310);
	for (let now = 610; now < 1500; now += 300) t.deepEqual(node.step([tick], now), []);
	t.deepEqual(messagesTo(node.step([persisted(1)], 1500), n1), [requestVote(1, 0, 0)]);
	t.deepEqual(messagesTo(node.step([tick], 1800), n1), [requestVote(2, 0, 0, true)], 'the next round');
});
