/** The leadership is handed over on purpose (dissertation §3.10). */
import test from 'ava';
import type {Effect, Input} from '../../src/raft/effects.js';
import type {RaftNode} from '../../src/raft/raft-node.js';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import {type NodeId, type RequestVote, term} from '../../src/raft/types.js';
import {
	ack,
	append,
	clusterOf,
	entry,
	lastSequence,
	messagesTo,
	n0,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	propose,
	read,
	received,
	refusal,
	requestVote,
	stepDurably,
	tick,
	timeoutNow,
	transferVote,
	voteReply,
} from './harness/node.js';

const transferTo = (to: NodeId | undefined, transferId = 1): Input => ({type: 'transferLeadership', transferId, to});
const outcomes = (effects: readonly Effect[]): readonly TransferOutcome[] =>
	effects.flatMap(effect => (effect.type === 'transferSettled' ? [effect.outcome] : []));
const refusals = (effects: readonly Effect[]): readonly unknown[] =>
	effects.flatMap(effect =>
		effect.type === 'service' && effect.input.type === 'proposalRefused'
			? [[effect.input.reason, effect.input.leaderId]]
			: [],
	);
const isTaken = (node: RaftNode, now: number): boolean =>
	refusals(stepDurably(node, [propose(99, 'x')], now)).length === 0;

/** Its no-op, at index 1, is on the disks of both followers. */
function settledLeader(): RaftNode {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	return leader;
}

test('a leader asks a follower that has all of its log to stand for election, and tells what becomes of it', t => {
	const leader = settledLeader();
	const begun = stepDurably(leader, [transferTo(n1)], 310);
	t.deepEqual(messagesTo(begun, n1), [timeoutNow(1, 1)]);
	t.deepEqual(messagesTo(begun, n2), []);
	t.deepEqual(leader.events, [{type: 'transferStarted', term: 1, to: n1}]);
	const deposed = stepDurably(leader, [received(n1, transferVote(2, 1, 1))], 311);
	t.deepEqual(messagesTo(deposed, n1), [voteReply(2, true)], 'it votes for its successor');
	t.deepEqual(outcomes(deposed), [], 'nobody leads yet');
	const followed = leader.step([received(n1, append(2, [1, 1], [entry(2, 2, '', 'noop')]))], 312);
	t.deepEqual(outcomes(followed), [{type: 'done', to: n1, term: term(2)}]);
	t.deepEqual(leader.events, [
		{type: 'transferDone', term: 2, to: n1},
		{type: 'roleChanged', role: 'follower', term: 2, leaderId: 1},
	]);
});

test('the former leader tells that it has handed its place over', t => {
	const leader = settledLeader();
	stepDurably(leader, [transferTo(n1)], 310);
	leader.step([received(n1, transferVote(2, 1, 1))], 311);
	t.deepEqual(leader.events[0], {type: 'leadershipLost', term: 1, reason: 'transferred'});
});

test('whoever lacks entries gets them first, and is asked only when they are on its disk (§5.4.1)', t => {
	const leader = settledLeader();
	const begun = stepDurably(leader, [propose(1, 'a'), transferTo(n1)], 310);
	t.deepEqual(messagesTo(begun, n1), [append(1, [1, 1], [entry(2, 1, 'a')], {commit: 1})]);
	t.deepEqual(
		messagesTo(stepDurably(leader, [received(n2, ack(1, 2, 1))], 311), n1).map(({type}) => type),
		[],
	);
	t.deepEqual(messagesTo(stepDurably(leader, [received(n1, ack(1, 2, 1))], 312), n1), [timeoutNow(1, 2)]);
});

test('meanwhile proposals are refused, in favour of the successor, and reads are answered by a quorum as ever', t => {
	const leader = settledLeader();
	stepDurably(leader, [transferTo(n1)], 310);
	t.deepEqual(refusals(stepDurably(leader, [propose(7, 'a')], 311)), [['transferring', n1]]);
	const asked = stepDurably(leader, [read(5)], 312);
	const isAnswer = (effect: Effect): boolean => effect.type === 'service' && effect.input.type === 'readReady';
	t.false(asked.some(isAnswer), 'no leader knows without asking that it still leads');
	t.true(stepDurably(leader, [received(n2, ack(1, 1, 1, 1))], 313).some(isAnswer));
});

test('a read that no quorum has confirmed when the successor begins its election is refused', t => {
	const leader = settledLeader();
	stepDurably(leader, [read(5), transferTo(n1)], 310);
	const deposed = leader.step([received(n1, transferVote(2, 1, 1))], 311);
	t.deepEqual(
		deposed.flatMap(effect => (effect.type === 'service' ? [effect.input.type] : [])),
		['readRefused', 'leadership'],
	);
});

test('a lost timeoutNow is sent again with each heartbeat, and after an election timeout the transfer is given up', t => {
	const leader = settledLeader();
	stepDurably(leader, [transferTo(n1)], 310);
	t.deepEqual(
		messagesTo(stepDurably(leader, [tick], 359), n1).filter(({type}) => type === 'timeoutNow'),
		[],
	);
	t.deepEqual(
		messagesTo(stepDurably(leader, [tick], 360), n1).filter(({type}) => type === 'timeoutNow'),
		[timeoutNow(1, 1)],
	);
	stepDurably(leader, [received(n1, ack(1, 1, 1)), received(n2, ack(1, 1, 1))], 600);
	t.deepEqual(outcomes(stepDurably(leader, [tick], 609)), []);
	const givenUp = stepDurably(leader, [tick], 610);
	t.deepEqual(outcomes(givenUp), [{type: 'givenUp', to: n1, reason: 'noElection'}]);
	t.true(isTaken(leader, 611), 'the leader goes on');
});

test('a follower that does not get the log in time keeps the leader no longer than an election timeout', t => {
	const leader = settledLeader();
	stepDurably(leader, [propose(1, 'a'), transferTo(n1)], 310);
	stepDurably(leader, [received(n2, ack(1, 2, 1))], 600);
	t.true(leader.nextDeadline() <= 610);
	t.deepEqual(outcomes(stepDurably(leader, [tick], 610)), [{type: 'givenUp', to: n1, reason: 'behind'}]);
	t.deepEqual(leader.events.at(-1), {type: 'transferGivenUp', term: 1, to: n1, reason: 'behind'});
	t.true(isTaken(leader, 611));
});

test('a transfer ends with its leadership: whoever leads again takes proposals (hashicorp/raft#696)', t => {
	const leader = settledLeader();
	stepDurably(leader, [transferTo(n1)], 310);
	// Somebody else begins a term, and this node wins the one after that.
	stepDurably(leader, [received(n2, refusal(5, 0, [0, undefined]))], 311);
	stepDurably(leader, [tick], 611);
	stepDurably(leader, [received(n2, voteReply(6, true, true))], 612);
	const won = stepDurably(leader, [received(n2, voteReply(6, true))], 613);
	t.is(leader.status().role, 'leader');
	t.deepEqual(outcomes(won), [], 'it was given up already, or is now');
	t.true(isTaken(leader, 614));
});

test('a successor of which nothing is heard is given up, as is one that another node is quicker than', t => {
	const alone = settledLeader();
	stepDurably(alone, [transferTo(n1)], 310);
	stepDurably(alone, [received(n1, transferVote(2, 1, 1))], 311);
	t.true(alone.nextDeadline() <= 611);
	t.deepEqual(outcomes(stepDurably(alone, [tick], 611)), [{type: 'givenUp', to: n1, reason: 'noLeader'}]);
	const overtaken = settledLeader();
	stepDurably(overtaken, [transferTo(n1)], 310);
	t.deepEqual(outcomes(stepDurably(overtaken, [received(n2, append(3, [1, 1]))], 311)), [
		{type: 'givenUp', to: n1, reason: 'otherLeader'},
	]);
});

test('a transfer is refused to a leader that has one under way, by a node that does not lead, and to whoever may not lead', t => {
	const leader = newLeader({configuration: clusterOf(3, 1)});
	const reasonFor = (node: RaftNode, to: NodeId | undefined): unknown => {
		const [outcome] = outcomes(stepDurably(node, [transferTo(to, 9)], 301));
		return outcome?.type === 'refused' ? outcome.reason : outcome;
	};
	t.is(reasonFor(leader, n0), 'alreadyLeader');
	t.is(reasonFor(leader, 3 as NodeId), 'notVoter');
	t.is(reasonFor(leader, 7 as NodeId), 'notVoter');
	t.is(reasonFor(newFollower(n1, 1), n2), 'notLeader');
	t.is(reasonFor(leader, n1), undefined, 'it begins');
	t.is(reasonFor(leader, n1), 'underWay');
	t.is(reasonFor(leader, n2), 'underWay');
	const single = newNode({configuration: clusterOf(1)});
	stepDurably(single, [tick], 300);
	t.is(reasonFor(single, undefined), 'noSuccessor');
	t.true(isTaken(single, 302));
});

test('without a name the successor is the voter that has most of the log, and answers', t => {
	const leader = newLeader({configuration: clusterOf(3, 1)});
	stepDurably(leader, [received(3 as NodeId, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	t.deepEqual(messagesTo(stepDurably(leader, [transferTo(undefined)], 302), n2), [timeoutNow(1, 1)]);
	const deserted = settledLeader();
	stepDurably(deserted, [propose(1, 'a'), received(n1, ack(1, 2, 1))], 302);
	stepDurably(deserted, [received(n2, ack(1, 1, 1))], 590);
	stepDurably(deserted, [transferTo(undefined)], 603);
	t.deepEqual(
		deserted.events,
		[{type: 'transferStarted', term: 1, to: n2}],
		'node 1 has more, and has been silent for too long',
	);
});

test('the follower that is asked stands for election at once: no pre-vote, and with the mark of the transfer', t => {
	const node = newFollower(n1, 1, {log: [1]});
	const asked = node.step([received(n1, timeoutNow(1, 1))], 10);
	t.deepEqual(node.events[0], {type: 'electionStarted', term: 2, cause: 'transfer', leaderId: n1});
	t.deepEqual(
		asked.filter(({type}) => type === 'send'),
		[],
		'its own vote is not on its disk yet',
	);
	const durable = node.step([{type: 'persisted', sequence: lastSequence(asked) ?? 0}], 11);
	for (const voter of [n1, n2]) t.deepEqual(messagesTo(durable, voter), [transferVote(2, 1, 1)]);
	const again = node.step([tick], 61);
	t.deepEqual(messagesTo(again, n2), [transferVote(2, 1, 1)], 'who has not answered is asked again, with the mark');
	node.step([received(n1, voteReply(2, true))], 62);
	t.is(node.status().role, 'leader');
});

test('a timeoutNow of an older term costs nothing: its sender is told the newer one', t => {
	const node = newFollower(n2, 3, {log: [1]});
	const effects = stepDurably(node, [received(n1, timeoutNow(2, 1))], 10);
	t.deepEqual(messagesTo(effects, n1), [voteReply(3, false)]);
	t.like(node.status(), {role: 'follower', currentTerm: 3, leaderId: n2});
	const leader = settledLeader();
	stepDurably(leader, [received(n1, timeoutNow(0, 1))], 310);
	t.like(leader.status(), {role: 'leader', currentTerm: 1});
});

test('a timeoutNow that comes twice begins one election', t => {
	const node = newFollower(n1, 1, {log: [1]});
	stepDurably(node, [received(n1, timeoutNow(1, 1)), received(n1, timeoutNow(1, 1))], 10);
	stepDurably(node, [received(n1, timeoutNow(1, 1))], 11);
	t.like(node.status(), {role: 'candidate', currentTerm: 2});
});

test('a timeoutNow from before the leader gave the transfer up and went on is not obeyed', t => {
	const node = newFollower(n1, 1, {log: [1]});
	stepDurably(node, [received(n1, append(1, [1, 1], [entry(2, 1, 'a')]))], 10);
	stepDurably(node, [received(n1, timeoutNow(1, 1))], 11);
	t.like(node.status(), {role: 'follower', currentTerm: 1});
});

test('only the leader of the term can ask for an election, and only of a voter whose disk answers', t => {
	const node = newFollower(n1, 1, {log: [1]});
	stepDurably(node, [received(n2, timeoutNow(1, 1))], 10);
	t.like(node.status(), {role: 'follower', currentTerm: 1, refusedMessages: 1});
	const learner = newFollower(n1, 1, {id: 3 as NodeId, configuration: clusterOf(3, 1), log: [1]});
	stepDurably(learner, [received(n1, timeoutNow(1, 1))], 10);
	t.like(learner.status(), {role: 'follower', currentTerm: 1});
	const stalled = newFollower(n1, 1, {log: [1], limits: {diskStallMs: 1000}});
	stalled.step([received(n1, append(1, [1, 1], [entry(2, 1, 'a')]))], 10);
	stalled.step([received(n1, timeoutNow(1, 2))], 1010);
	t.like(stalled.status(), {role: 'follower', currentTerm: 1});
});

test('that a leader is at work speaks against an election, unless the leader has asked for it (§4.2.3)', t => {
	const votesFor = (vote: RequestVote): boolean => {
		const voter = newFollower(n1, 1, {log: [1]});
		return messagesTo(stepDurably(voter, [received(n2, vote)], 10), n2).some(
			message => message.type === 'requestVoteReply' && message.voteGranted,
		);
	};
	t.false(votesFor(requestVote(2, 1, 1)));
	t.true(votesFor(transferVote(2, 1, 1)));
	t.false(votesFor(transferVote(2, 0, 0)), 'a log that is behind loses all the same (§5.4.1)');
});

test('a vote that is given is given: the mark of a transfer brings no second one (§5.2)', t => {
	const voter = newNode({currentTerm: 2, votedFor: n1});
	const effects = stepDurably(voter, [received(n2, transferVote(2, 5, 2))], 10);
	t.deepEqual(messagesTo(effects, n2), [voteReply(2, false)]);
});
