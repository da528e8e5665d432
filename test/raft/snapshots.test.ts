/** Log compaction and InstallSnapshot (§7; raft-bugs B-35 to B-41). */
import test from 'ava';
import type {Effect, Input} from '../../src/raft/effects.js';
import type {NodeId, SnapshotMeta} from '../../src/raft/types.js';
import {
	ack,
	append,
	apply,
	bytesOf,
	chunk,
	chunkReply,
	entry,
	hardState,
	leadership,
	logOf,
	messagesTo,
	n0,
	n1,
	n2,
	newFollower,
	newLeader,
	newNode,
	persist,
	persisted,
	propose,
	received,
	refusal,
	send,
	snapshotOf,
	stepDurably,
	tick,
} from './harness/node.js';

const store = (snapshot: SnapshotMeta, offset: number, data: string, done = false): Effect => ({
	type: 'storeSnapshotChunk',
	snapshot,
	offset,
	data: bytesOf(data),
	done,
});
const stored = (snapshot: SnapshotMeta, offset: number): Input => ({type: 'snapshotChunkStored', snapshot, offset});
const install = (snapshot: SnapshotMeta): Effect => ({type: 'installSnapshot', snapshot});
const taken = (index: number): Input => ({type: 'snapshotTaken', index});
const chunks = (effects: readonly Effect[], to: NodeId): {index: number; offset: number}[] =>
	effects.flatMap(effect =>
		effect.type === 'sendSnapshot' && effect.to === to
			? [{index: effect.message.snapshot.lastIncludedIndex, offset: effect.message.offset}]
			: [],
	);

/** A leader of term 3 with a snapshot at 5 (term 2), its no-op at 6; node 1 refused it, so it gets the snapshot. */
function sendingLeader(): ReturnType<typeof newLeader> {
	const leader = newLeader({currentTerm: 3, snapshot: snapshotOf(5, 2)});
	leader.step([received(n1, refusal(3, 5, [2, undefined])), received(n2, ack(3, 6, 5))], 301);
	return leader;
}

// ------------------------------------------------------------------------------------------ a node's own snapshot

test("the log before a finished snapshot goes, in one batch with the snapshot's name (§7)", t => {
	const node = newFollower(n1, 2, {log: [1, 1, 2, 2]});
	node.step([received(n1, append(2, [4, 2], [], {commit: 3}))], 1);
	t.deepEqual(node.step([taken(3)], 2), [persist(1, {snapshot: snapshotOf(3, 2)})]);
	t.like(node.status(), {snapshotIndex: 3, lastIndex: 4, commitIndex: 3});
	t.deepEqual(node.step([received(n1, append(2, [3, 2], [], {commit: 3}))], 3), [send(n1, ack(2, 3, 3))]);
});

test('a snapshot of what is not applied, or older than the current one, changes nothing (B-36d)', t => {
	const node = newFollower(n1, 2, {snapshot: snapshotOf(2, 1), log: [2, 2, 2]});
	node.step([received(n1, append(2, [5, 2], [], {commit: 4}))], 1);
	t.deepEqual(node.step([taken(5), taken(2), taken(1), taken(9)], 2), []);
	t.is(node.status().snapshotIndex, 2);
});

test('a node that starts with a snapshot goes on behind it (§7, B-41)', t => {
	const node = newNode({currentTerm: 2, snapshot: snapshotOf(5, 2), log: [2, 2]});
	t.like(node.status(), {commitIndex: 5, lastIndex: 7, snapshotIndex: 5, durableIndex: 7});
	t.deepEqual(node.step([received(n1, append(2, [7, 2], [], {commit: 6}))], 1), [
		send(n1, ack(2, 7, 7)),
		apply(entry(6, 2)),
		leadership('follower', 2, n1),
	]);
});

test('messages from before the snapshot are understood: what it holds is shared with every leader (§5.3)', t => {
	const node = newFollower(n1, 3, {snapshot: snapshotOf(5, 2), log: [3]});
	t.deepEqual(node.step([received(n1, append(3, [2, 1], logOf([1, 2, 2, 3, 3], 3)))], 1), [
		persist(1, {entries: [entry(7, 3)]}),
	]);
	t.deepEqual(node.step([received(n1, append(3, [1, 1], logOf([1, 1], 2)))], 2), [send(n1, ack(3, 3, 1))]);
});

// -------------------------------------------------------------------------------------------------- receiving

test('a snapshot comes in chunks, each stored before it is answered, and counts when its batch is durable (§7)', t => {
	const node = newFollower(n1, 3, {log: [1]});
	const snapshot = snapshotOf(5, 2);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 0, 'ab'))], 1), [store(snapshot, 0, 'ab')]);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 0, 'ab'))], 2), [], 'one chunk is stored at a time');
	t.deepEqual(node.step([stored(snapshot, 0)], 3), [send(n1, chunkReply(3, 5, 2))]);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 2, 'c', {done: true}))], 4), [store(snapshot, 2, 'c', true)]);
	t.deepEqual(node.step([stored(snapshot, 2)], 5), [
		install(snapshot),
		persist(1, {snapshot, truncateFrom: undefined}),
	]);
	t.deepEqual(node.step([received(n1, append(3, [5, 2], [entry(6, 3)], {commit: 6}))], 6), [
		persist(2, {entries: [entry(6, 3)]}),
		apply(entry(6, 3)),
	]);
	t.deepEqual(node.step([persisted(1)], 7), [send(n1, chunkReply(3, 5, 3, true))]);
	t.deepEqual(node.step([persisted(2)], 8), [send(n1, ack(3, 6, 5))]);
});

/** Takes in the whole of a snapshot at 3 of term 2. */
function installAt3(log: readonly number[]): {batch: Effect | undefined; node: ReturnType<typeof newNode>} {
	const node = newFollower(n1, 3, {log});
	const snapshot = snapshotOf(3, 2);
	node.step([received(n1, chunk(3, snapshot, 0, 'x', {done: true}))], 1);
	const batch = node.step([stored(snapshot, 0)], 2).find(({type}) => type === 'persist');
	return {batch, node};
}

test('an installed snapshot keeps the suffix that follows on its last entry (§7)', t => {
	const {node, batch} = installAt3([1, 1, 2, 2, 2]);
	t.deepEqual(batch, persist(1, {snapshot: snapshotOf(3, 2)}));
	t.like(node.status(), {snapshotIndex: 3, commitIndex: 3, lastIndex: 5, durableIndex: 5});
});

test('... and discards a log that has another entry there, or none (§7, B-36)', t => {
	const other = installAt3([1, 1, 1, 1, 1]);
	t.deepEqual(other.batch, persist(1, {snapshot: snapshotOf(3, 2), truncateFrom: 4}));
	t.like(other.node.status(), {snapshotIndex: 3, commitIndex: 3, lastIndex: 3, durableIndex: 0});
	const short = installAt3([1]);
	t.deepEqual(short.batch, persist(1, {snapshot: snapshotOf(3, 2)}));
	t.like(short.node.status(), {snapshotIndex: 3, commitIndex: 3, lastIndex: 3, durableIndex: 0});
});

test('a snapshot of what is committed here is answered, not installed: it could only go back (B-35)', t => {
	const node = newFollower(n1, 3, {log: [1, 1, 2]});
	node.step([received(n1, append(3, [3, 2], [], {commit: 2}))], 1);
	t.deepEqual(node.step([received(n1, chunk(3, snapshotOf(2, 1), 40, 'x'))], 2), [
		send(n1, chunkReply(3, 2, 40, true)),
	]);
	t.like(node.status(), {snapshotIndex: 0, commitIndex: 2, lastIndex: 3});
});

test('... and the answer waits until what it claims is durable', t => {
	const node = newFollower(n1, 3);
	node.step([received(n1, append(3, [0, 0], logOf([1, 2]), {commit: 2}))], 1);
	t.deepEqual(node.step([received(n1, chunk(3, snapshotOf(2, 2), 0, 'x'))], 2), []);
	t.deepEqual(node.step([persisted(1)], 3), [send(n1, ack(3, 2, 0)), send(n1, chunkReply(3, 2, 0, true))]);
});

test('a transfer resumes where it was cut, and a chunk out of order is answered with the wanted offset', t => {
	const node = newFollower(n1, 3);
	const snapshot = snapshotOf(5, 2);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 4, 'x'))], 1), [send(n1, chunkReply(3, 5, 0))]);
	node.step([received(n1, chunk(3, snapshot, 0, 'ab'))], 2);
	node.step([stored(snapshot, 0)], 3);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 0, 'ab'))], 4), [send(n1, chunkReply(3, 5, 2))]);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 9, 'x'))], 5), [send(n1, chunkReply(3, 5, 2))]);
	t.deepEqual(node.step([received(n1, chunk(3, snapshot, 2, 'c'))], 6), [store(snapshot, 2, 'c')]);
});

test('a newer snapshot of the same leader replaces the one that was coming', t => {
	const node = newFollower(n1, 3);
	const [older, newer] = [snapshotOf(5, 2), snapshotOf(7, 2)];
	node.step([received(n1, chunk(3, older, 0, 'ab'))], 1);
	t.deepEqual(node.step([received(n1, chunk(3, newer, 0, 'cd'))], 2), [
		{type: 'dropReceivedSnapshot'},
		store(newer, 0, 'cd'),
	]);
	t.deepEqual(node.step([stored(older, 0)], 3), [], "the older chunk's completion means nothing now");
	t.deepEqual(node.step([stored(newer, 0)], 4), [send(n1, chunkReply(3, 7, 2))]);
});

test("a half-received snapshot is let go of when its leader's term is over (found by reading)", t => {
	// It stayed open for ever, and while one is open the driver takes no snapshot of its own: the log only grew.
	const node = newFollower(n1, 3);
	node.step([received(n1, chunk(3, snapshotOf(5, 2), 0, 'ab'))], 1);
	t.deepEqual(node.step([received(n2, append(4, [0, 0]))], 2), [
		{type: 'dropReceivedSnapshot'},
		persist(1, {hardState: hardState(4)}),
		leadership('follower', 4, n2),
	]);
});

test('... and when the log has come that far by itself (found by reading)', t => {
	const node = newFollower(n1, 3);
	node.step([received(n1, chunk(3, snapshotOf(2, 2), 0, 'ab'))], 1);
	t.deepEqual(node.step([received(n1, append(3, [0, 0], logOf([1, 2, 3]), {commit: 3}))], 2), [
		{type: 'dropReceivedSnapshot'},
		persist(1, {entries: logOf([1, 2, 3])}),
		apply(...logOf([1, 2, 3])),
	]);
});

test('chunks of an old leader are told the newer term', t => {
	const node = newNode({currentTerm: 4});
	t.deepEqual(node.step([received(n1, chunk(3, snapshotOf(5, 2), 0, 'ab'))], 1), [
		// Nothing of the chunk comes back: by now n1 may lead term 4, and send the same snapshot.
		send(n1, chunkReply(4, 0, 0)),
		leadership('follower', 4),
	]);
});

test('a chunk is a sign of life of the leader', t => {
	const node = newFollower(n1, 3);
	node.step([received(n1, chunk(3, snapshotOf(5, 2), 0, 'ab'))], 250);
	t.is(node.nextDeadline(), 550);
});

// ---------------------------------------------------------------------------------------------------- sending

test('a follower that needs what the log no longer has gets the snapshot, then the log (§7)', t => {
	const leader = newLeader({currentTerm: 3, snapshot: snapshotOf(5, 2)});
	const effects = leader.step([received(n1, refusal(3, 5, [2, undefined]))], 301);
	t.deepEqual(effects, [
		{
			type: 'sendSnapshot',
			to: n1,
			message: {
				type: 'installSnapshot',
				term: hardState(3).currentTerm,
				snapshot: snapshotOf(5, 2),
				offset: 0,
				readToken: 0,
			},
			bytesMax: 256 * 2 ** 10,
		},
	]);
	t.deepEqual(chunks(leader.step([received(n1, chunkReply(3, 5, 100))], 302), n1), [{index: 5, offset: 100}]);
	t.deepEqual(messagesTo(leader.step([received(n1, chunkReply(3, 5, 200, true))], 303), n1), [
		append(3, [5, 2], [entry(6, 3, '', 'noop')], {commit: 5}),
	]);
});

test('one chunk is unanswered at a time: answers that come twice or late set no second stream going', t => {
	// Found by reading: each doubled answer sent a chunk, each chunk was answered, and the streams went on side by side.
	const leader = sendingLeader();
	t.is(leader.step([received(n1, chunkReply(3, 5, 100))], 302).length, 1);
	t.deepEqual(leader.step([received(n1, chunkReply(3, 5, 100)), received(n1, chunkReply(3, 5, 40))], 303), []);
	t.deepEqual(chunks(leader.step([received(n1, chunkReply(3, 5, 200))], 304), n1), [{index: 5, offset: 200}]);
	t.deepEqual(
		chunks(leader.step([tick], 354), n1),
		[{index: 5, offset: 200}],
		'a lost chunk comes again with the heartbeat',
	);
});

test('a follower that lost what it had received begins anew', t => {
	const leader = sendingLeader();
	leader.step([received(n1, chunkReply(3, 5, 100))], 302);
	t.deepEqual(chunks(leader.step([received(n1, chunkReply(3, 5, 0))], 303), n1), [{index: 5, offset: 0}]);
});

test('a late answer from before a restart does not keep the leader waiting for an offset that is gone (seed 201013)', t => {
	// The first rule against doubled streams took no lower offset than its own, except 0: both then waited for ever.
	const leader = sendingLeader();
	leader.step([received(n1, chunkReply(3, 5, 100))], 302);
	leader.step([received(n1, chunkReply(3, 5, 0))], 303);
	leader.step([received(n1, chunkReply(3, 5, 100))], 304);
	t.deepEqual(leader.step([received(n1, chunkReply(3, 5, 7))], 305), []);
	t.deepEqual(chunks(leader.step([tick], 354), n1), [{index: 5, offset: 7}]);
});

test('answers about another snapshot change nothing', t => {
	const leader = sendingLeader();
	t.deepEqual(leader.step([received(n1, chunkReply(3, 4, 100)), received(n1, chunkReply(3, 4, 100, true))], 302), []);
});

test('a snapshot made meanwhile is sent from its beginning (B-36d)', t => {
	const leader = sendingLeader();
	leader.step([received(n1, chunkReply(3, 5, 100))], 302);
	stepDurably(leader, [taken(6)], 303);
	t.is(leader.status().snapshotIndex, 6);
	t.deepEqual(chunks(leader.step([received(n1, chunkReply(3, 5, 200))], 304), n1), [{index: 6, offset: 0}]);
});

test('a follower leaves the snapshot behind when an append shows that it has caught up (B-38)', t => {
	const leader = sendingLeader();
	t.true(leader.isSendingSnapshot);
	t.deepEqual(messagesTo(leader.step([received(n1, ack(3, 5, 5))], 302), n1), [
		append(3, [5, 2], [entry(6, 3, '', 'noop')], {commit: 6}),
	]);
	t.false(leader.isSendingSnapshot);
});

test('a follower that does not answer does not count as being served', t => {
	const leader = sendingLeader();
	leader.step([received(n2, ack(3, 6, 6))], 500);
	leader.step([tick], 610);
	t.false(leader.isSendingSnapshot);
});

test('answers to chunks are contact: no leader steps down while it sends a snapshot (B-22)', t => {
	const leader = sendingLeader();
	for (let offset = 1; offset < 20; offset++) {
		leader.step([tick, received(n1, chunkReply(3, 5, offset))], 300 + offset * 100);
	}
	t.is(leader.status().role, 'leader');
});

test('a slow follower whose entries were compacted away under its pipeline gets the snapshot (B-38)', t => {
	const leader = newLeader({limits: {inflightMessagesMax: 1}});
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	for (let index = 2; index < 6; index++) {
		stepDurably(leader, [propose(index, 'x')], 302);
		stepDurably(leader, [received(n2, ack(1, index, index - 1))], 302);
	}
	stepDurably(leader, [taken(5)], 303);
	t.deepEqual(messagesTo(leader.step([tick], 353), n1), [append(1, [5, 1], [], {commit: 5, token: 1})]);
	t.deepEqual(chunks(leader.step([received(n1, refusal(1, 5, [2, undefined]))], 354), n1), [{index: 5, offset: 0}]);
	t.is(leader.status().leaderId, n0);
});
