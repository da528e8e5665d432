/** What a node tells whoever watches it: each event once, when it happens, and none in between. */
import test from 'ava';
import type {RaftEvent} from '../../src/raft/events.js';
import type {RaftNode} from '../../src/raft/raft-node.js';
import type {Input} from '../../src/raft/effects.js';
import {
	ack,
	append,
	chunk,
	chunkReply,
	entry,
	n1,
	lastSequence,
	n2,
	newFollower,
	newLeader,
	newNode,
	persisted,
	propose,
	received,
	refusal,
	requestVote,
	snapshotOf,
	stepDurably,
	tick,
	voteReply,
} from './harness/node.js';

/** The events of one step. */
function eventsOf(node: RaftNode, inputs: readonly Input[], now: number): readonly RaftEvent[] {
	node.step(inputs, now);
	return node.events;
}

const untimed = (events: readonly RaftEvent[]): readonly string[] => events.map(({type}) => type);

test('an election is told role by role, with the term, and a follower tells whom it follows', t => {
	const node = newNode();
	t.deepEqual(eventsOf(node, [tick], 300), [
		{type: 'electionStarted', term: 1, cause: 'noLeader', leaderId: undefined},
		{type: 'roleChanged', role: 'preCandidate', term: 0, leaderId: undefined},
	]);
	t.deepEqual(eventsOf(node, [received(n1, voteReply(1, true, true))], 301), [
		{type: 'roleChanged', role: 'candidate', term: 1, leaderId: undefined},
	]);
	node.step([persisted(1)], 302);
	t.deepEqual(eventsOf(node, [received(n1, voteReply(1, true))], 303), [
		{type: 'roleChanged', role: 'leader', term: 1, leaderId: 0},
	]);
	t.deepEqual(eventsOf(node, [tick], 304), [], 'nothing has changed');
	const follower = newNode();
	t.deepEqual(eventsOf(follower, [received(n2, append(4, [0, 0]))], 1), [
		{type: 'roleChanged', role: 'follower', term: 4, leaderId: 2},
	]);
});

test('a leader tells why it leads no more: a newer term, no quorum, or a disk that does not answer', t => {
	const outvoted = newLeader();
	// It listens to no candidate, but an answer of a newer term is the end of its own.
	t.deepEqual(eventsOf(outvoted, [received(n2, refusal(6, 0, [0, undefined]))], 310), [
		{type: 'leadershipLost', term: 1, reason: 'newerTerm'},
		{type: 'roleChanged', role: 'follower', term: 6, leaderId: undefined},
	]);
	const alone = newLeader();
	const told: RaftEvent[] = [];
	for (let now = 310; now < 1000; now += 10) told.push(...eventsOf(alone, [tick], now));
	t.deepEqual(
		told.filter(({type}) => type === 'leadershipLost'),
		[{type: 'leadershipLost', term: 1, reason: 'noQuorum'}],
	);
	const stalled = newLeader();
	const reasons: RaftEvent[] = [];
	stalled.step([propose(1, 'x')], 310);
	for (let now = 320; now < 9000; now += 10) {
		reasons.push(...eventsOf(stalled, [tick, received(n1, ack(1, 1, 1)), received(n2, ack(1, 1, 1))], now));
	}
	t.deepEqual(
		reasons.filter(({type}) => type === 'leadershipLost'),
		[{type: 'leadershipLost', term: 1, reason: 'diskStalled'}],
	);
});

test('a node tells why it stands for election: its leader is silent, it knows of none, or its last attempt brought no majority', t => {
	const follower = newFollower(n2, 4);
	const told = eventsOf(follower, [tick], 5000);
	t.deepEqual(told[0], {type: 'electionStarted', term: 5, cause: 'leaderSilent', leaderId: n2});
	const isStart = (event: RaftEvent): boolean => event.type === 'electionStarted';
	t.deepEqual(eventsOf(follower, [tick], 5051).filter(isStart), [], 'it asks again in the same attempt');
	t.deepEqual(eventsOf(follower, [tick], 5300), [
		{type: 'electionStarted', term: 5, cause: 'votesMissing', leaderId: undefined},
	]);
	// Another candidate of the term to come: whoever votes for it knows of no leader.
	follower.step([received(n1, requestVote(9, 9, 9))], 6000);
	t.deepEqual(eventsOf(follower, [tick], 7000)[0], {
		type: 'electionStarted',
		term: 10,
		cause: 'noLeader',
		leaderId: undefined,
	});
});

test('a node tells once that its disk does not answer, and once that it does again', t => {
	const follower = newFollower(n2, 4, {limits: {diskStallMs: 1000}});
	const written = lastSequence(follower.step([received(n2, append(4, [0, 0], [entry(1, 4)]))], 100));
	const heartbeat = received(n2, append(4, [1, 4]));
	t.deepEqual(eventsOf(follower, [heartbeat], 1099), []);
	t.deepEqual(eventsOf(follower, [heartbeat], 1150), [{type: 'diskSlow', stalledMs: 1050}]);
	t.deepEqual(eventsOf(follower, [heartbeat], 1500), []);
	t.deepEqual(eventsOf(follower, [persisted(written!)], 1600), [{type: 'diskRecovered', stalledMs: 1500}]);
	t.deepEqual(eventsOf(follower, [heartbeat], 9000), []);
});

test('a follower that enters a newer term has lost no leadership', t => {
	const follower = newFollower(n1, 2);
	t.deepEqual(untimed(eventsOf(follower, [received(n2, append(5, [0, 0]))], 5000)), ['roleChanged']);
	t.deepEqual(untimed(eventsOf(follower, [received(n2, requestVote(9, 9, 9))], 6000)), ['roleChanged']);
});

test('a leader that comes with uncommitted entries counts the time of a stall from its election', t => {
	const node = newFollower(n2, 4);
	stepDurably(node, [received(n2, append(4, [0, 0], [entry(1, 4)]))], 5000);
	stepDurably(node, [tick], 9000);
	stepDurably(node, [received(n2, voteReply(5, true, true))], 9020);
	stepDurably(node, [received(n2, voteReply(5, true))], 9050);
	const told: RaftEvent[] = [];
	for (let now = 9060; now < 9500; now += 10) {
		told.push(...eventsOf(node, [tick, received(n1, ack(5, 0, 1)), received(n2, ack(5, 0, 1))], now));
	}
	t.deepEqual(told, [{type: 'commitStalled', term: 5, commitIndex: 0, lastIndex: 2, stalledMs: 300}]);
});

test('a leader whose followers answer and store nothing tells once that its commit index stands still, and once that it moves', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	stepDurably(leader, [propose(1, 'x')], 400);
	const told: RaftEvent[] = [];
	for (let now = 410; now < 2000; now += 10) {
		told.push(...eventsOf(leader, [tick, received(n1, ack(1, 1, 1)), received(n2, ack(1, 1, 1))], now));
	}
	t.deepEqual(told, [{type: 'commitStalled', term: 1, commitIndex: 1, lastIndex: 2, stalledMs: 300}]);
	t.deepEqual(eventsOf(leader, [received(n1, ack(1, 2, 1))], 2000), [
		{type: 'commitResumed', term: 1, commitIndex: 2, stalledMs: 1600},
	]);
	// The clock runs from the first entry that waits, not from the last that was committed.
	stepDurably(leader, [propose(2, 'y')], 5000);
	t.deepEqual(eventsOf(leader, [tick, received(n1, ack(1, 2, 2)), received(n2, ack(1, 2, 2))], 5299), []);
});

test('snapshots are told: taken, on their way, arrived, installed', t => {
	const taker = newFollower(n1, 2, {log: [1, 1, 2, 2]});
	taker.step([received(n1, append(2, [4, 2], [], {commit: 3}))], 1);
	t.deepEqual(eventsOf(taker, [{type: 'snapshotTaken', index: 3}], 2), [{type: 'snapshotTaken', index: 3}]);
	t.deepEqual(eventsOf(taker, [{type: 'snapshotTaken', index: 2}], 3), [], 'an older one is of no use');

	const leader = newLeader({currentTerm: 3, snapshot: snapshotOf(5, 2)});
	t.deepEqual(eventsOf(leader, [received(n1, refusal(3, 5, [2, undefined]))], 301), [
		{type: 'snapshotSending', to: 1, index: 5},
	]);
	t.deepEqual(eventsOf(leader, [received(n1, chunkReply(3, 5, 2))], 302), []);
	t.deepEqual(eventsOf(leader, [received(n1, chunkReply(3, 5, 4, true))], 303), [
		{type: 'snapshotSent', to: 1, index: 5},
	]);
	t.deepEqual(eventsOf(leader, [received(n1, chunkReply(3, 5, 4, true))], 304), [], 'the answer came twice');

	const receiver = newFollower(n1, 3, {log: [1]});
	const snapshot = snapshotOf(5, 2);
	receiver.step([received(n1, chunk(3, snapshot, 0, 'ab', {done: true}))], 1);
	t.deepEqual(eventsOf(receiver, [{type: 'snapshotChunkStored', snapshot, offset: 0}], 2), [
		{type: 'snapshotInstalled', index: 5},
	]);
	t.deepEqual(eventsOf(receiver, [received(n1, append(3, [5, 2], [entry(6, 3)]))], 3), []);
});
