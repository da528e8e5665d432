/** What leaves a node before its disk is done, and what does not (dissertation §10.2.1, raft-bugs B-9, B-18, B-42). */
import test from 'ava';
import {Durability} from '../../src/raft/durability.js';
import {RaftLog} from '../../src/raft/log.js';
import {term} from '../../src/raft/types.js';
import {
	ack,
	append,
	clusterOf,
	entry,
	hardState,
	leadership,
	logOf,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	persist,
	persisted,
	propose,
	read,
	received,
	refusal,
	requestVote,
	send,
	snapshotOf,
	stepDurably,
	voteReply,
} from './harness/node.js';

test('a vote waits for its disk; the refusal after it waits too, the answer to a pre-vote does not', t => {
	const node = newNode({currentTerm: 2});
	t.false(node.step([received(n1, requestVote(3, 0, 0))], 1).some(({type}) => type === 'send'));
	t.deepEqual(node.step([received(n2, requestVote(3, 0, 0)), received(n2, requestVote(4, 0, 0, true))], 2), [
		send(n2, voteReply(4, true, true)),
	]);
	t.deepEqual(node.step([persisted(1)], 3), [send(n1, voteReply(3, true)), send(n2, voteReply(3, false))]);
});

test('a vote that a newer term overtook on its way to the disk is not sent', t => {
	const node = newNode({currentTerm: 2});
	node.step([received(n1, requestVote(3, 0, 0))], 1);
	t.deepEqual(node.step([received(n2, requestVote(4, 0, 0))], 2), [
		persist(2, {hardState: hardState(4, n2)}),
		leadership('follower', 4),
	]);
	t.deepEqual(node.step([persisted(1)], 3), []);
	t.deepEqual(node.step([persisted(2)], 4), [send(n2, voteReply(4, true))]);
});

test('the answer to a heartbeat of a new term waits for that term', t => {
	const node = newNode({currentTerm: 2});
	t.deepEqual(node.step([received(n1, append(3, [0, 0]))], 1), [
		persist(1, {hardState: hardState(3)}),
		leadership('follower', 3, n1),
	]);
	t.deepEqual(node.step([persisted(1)], 2), [send(n1, ack(3, 0, 0))]);
});

test('a heartbeat is answered with what is durable, not with what is on its way', t => {
	const node = newFollower(n1, 1, {log: [1]});
	node.step([received(n1, append(1, [1, 1], [entry(2, 1), entry(3, 1)]))], 1);
	t.deepEqual(node.step([received(n1, append(1, [3, 1]))], 2), [send(n1, ack(1, 1, 3))]);
	t.deepEqual(node.step([persisted(1)], 3), [send(n1, ack(1, 3, 1))]);
	t.deepEqual(node.step([received(n1, append(1, [3, 1]))], 4), [send(n1, ack(1, 3, 3))]);
});

test('one completion stands for all writes before it', t => {
	const node = newFollower(n1, 1);
	node.step([received(n1, append(1, [0, 0], [entry(1, 1)]))], 1);
	node.step([received(n1, append(1, [1, 1], [entry(2, 1)]))], 1);
	t.deepEqual(node.step([persisted(2)], 2), [send(n1, ack(1, 1, 0)), send(n1, ack(1, 2, 1))]);
	t.is(node.status().durableIndex, 2);
	t.deepEqual(node.step([persisted(1)], 3), [], 'a late one tells nothing new');
});

test('a completion for an entry that was replaced meanwhile counts for nothing (B-18)', t => {
	const node = newFollower(n1, 3, {log: [1]});
	node.step([received(n1, append(3, [1, 1], [entry(2, 3)]))], 1);
	t.deepEqual(node.step([received(n2, append(4, [1, 1], [entry(2, 4)]))], 2), [
		persist(2, {hardState: hardState(4), truncateFrom: 2, entries: [entry(2, 4)]}),
		leadership('follower', 4, n2),
	]);
	t.deepEqual(node.step([persisted(1)], 3), []);
	t.is(node.status().durableIndex, 1);
	t.deepEqual(node.step([persisted(2)], 4), [send(n2, ack(4, 2, 1))]);
});

test('... nor does it when a third leader brings the very same entry again: between them the disk loses it (ABA)', t => {
	// Found by reading: the completion was compared with (index, term) of the log as it is now, which is the same again.
	const node = newFollower(n1, 3, {log: [1]});
	node.step([received(n1, append(3, [1, 1], [entry(2, 3)]))], 1);
	node.step([received(n2, append(4, [1, 1], [entry(2, 4)]))], 2);
	node.step([received(n1, append(5, [9, 3]))], 3);
	t.deepEqual(node.step([received(n1, append(5, [1, 1], [entry(2, 3)]))], 4), [
		persist(4, {truncateFrom: 2, entries: [entry(2, 3)]}),
	]);
	node.step([persisted(1)], 5);
	t.is(node.status().durableIndex, 1);
	node.step([received(n1, append(5, [2, 3]))], 6);
	t.deepEqual(
		node.step([persisted(3)], 7),
		[send(n1, refusal(5, 9, [3, undefined])), send(n1, ack(5, 1, 2))],
		'a power cut now would leave entry 2 of term 4',
	);
	t.deepEqual(node.step([persisted(4)], 8), [send(n1, ack(5, 2, 1))]);
});

test('a leader counts its own disk only when that is done, also alone (B-42)', t => {
	const leader = newLeader({configuration: clusterOf(1)});
	leader.step([propose(1, 'x')], 301);
	t.is(leader.status().commitIndex, 1);
	leader.step([persisted(3)], 302);
	t.is(leader.status().commitIndex, 2);
	const pair = newLeader({configuration: clusterOf(2)});
	pair.step([propose(1, 'x')], 301);
	pair.step([received(n1, ack(1, 2, 1))], 302);
	t.is(pair.status().commitIndex, 1, 'only the no-op is on both disks');
	pair.step([persisted(3)], 303);
	t.is(pair.status().commitIndex, 2);
});

test('nothing is written when nothing changed', t => {
	const node = newFollower(n1, 1, {log: [1]});
	t.deepEqual(node.step([received(n1, append(1, [1, 1])), received(n1, append(1, [0, 0], logOf([1])))], 1), [
		send(n1, ack(1, 1, 1)),
		send(n1, ack(1, 1, 0)),
	]);
	t.deepEqual(
		node.step([read(1)], 2).filter(({type}) => type === 'persist'),
		[],
	);
});

test('a term, a vote and a new log are one atomic batch (B-8, B-12)', t => {
	const node = newNode({currentTerm: 1, log: [1, 1]});
	const effects = node.step([received(n1, append(3, [1, 1], [entry(2, 3)]))], 1);
	t.deepEqual(
		effects.filter(({type}) => type === 'persist'),
		[persist(1, {hardState: hardState(3), truncateFrom: 2, entries: [entry(2, 3)]})],
	);
});

test('a cut and a snapshot of one step make a batch that cuts behind the snapshot', t => {
	// Found by reading: `truncateFrom` 2 with a snapshot at 3 asks storage to cut inside of its snapshot.
	const log = new RaftLog({snapshot: undefined, entries: logOf([1, 1, 1, 1])}, 1024);
	const durability = new Durability(4);
	log.truncateFrom(2);
	durability.truncated(2);
	for (const next of logOf([2, 2, 2], 2)) log.append(next);
	log.compactTo(3, term(2));
	durability.snapshotMade(snapshotOf(3, 2), {isLogDropped: false});
	t.like(durability.takeBatch(log, hardState(2), 0)?.batch, {truncateFrom: 4, entries: [entry(4, 2)]});
});

test('after a foreign snapshot nothing of the old log counts as durable until the snapshot is', t => {
	const log = new RaftLog({snapshot: undefined, entries: logOf([1, 1, 1])}, 1024);
	const durability = new Durability(3);
	log.append(entry(4, 1));
	t.is(durability.takeBatch(log, hardState(1), 0)?.sequence, 1);
	log.resetTo(6, term(2));
	durability.snapshotMade(snapshotOf(6, 2), {isLogDropped: true});
	t.is(durability.takeBatch(log, hardState(2), 0)?.sequence, 2);
	durability.complete(1);
	t.is(durability.durableIndex, 0);
	durability.complete(2);
	t.is(durability.durableIndex, 6);
});

test('a stored term that is older than the stored log is damage, and the node does not start (B-11)', t => {
	t.throws(() => newNode({currentTerm: 2, log: [1, 3]}), {code: 'ERR_INVARIANT'});
});

test('a completion of what was never handed out is a bug, and stops the node', t => {
	t.throws(() => newNode().step([persisted(1)], 1), {code: 'ERR_INVARIANT'});
});

test("a stale leader's answers are dropped after it stepped down", t => {
	const leader = newLeader();
	leader.step([propose(1, 'x')], 301);
	stepDurably(leader, [received(n2, append(2, [0, 0]))], 302);
	leader.step([received(n1, ack(1, 2, 1)), received(n2, ack(1, 2, 1))], 303);
	t.is(leader.status().commitIndex, 0);
});

test('what waits for a disk that stalls is bounded: the oldest are lost first', t => {
	const node = newNode();
	for (let turn = 0; turn < 5000; turn++) node.step([received(n1, append(1, [0, 0], [], {token: turn}))], turn);
	const released = node.step([persisted(1)], 5000);
	t.is(released.length, 4096);
	t.deepEqual(released.at(-1), send(n1, ack(1, 0, 0, 4999)));
});
