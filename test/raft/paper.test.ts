/** The Raft paper (extended version), section by section: arrange, step, compare everything that comes out. */
import test from 'ava';
import {nodeId, type RaftMessage, term} from '../../src/raft/types.js';
import {Lockstep} from './harness/lockstep.js';
import {
	ack,
	append,
	apply,
	entry,
	clusterOf,
	hardState,
	leadership,
	logOf,
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

// ---------------------------------------------------------------------------------------------------- §5.1

test('a node begins as a follower of nobody (§5.2)', t => {
	const {role, leaderId, currentTerm, votedFor} = newNode({currentTerm: 3}).status();
	t.deepEqual(
		{role, leaderId, currentTerm, votedFor},
		{
			role: 'follower',
			leaderId: undefined,
			currentTerm: term(3),
			votedFor: undefined,
		},
	);
});

test('any request or reply of a newer term makes any role a follower of that term, with its vote free (§5.1)', t => {
	const messages = [
		requestVote(9, 0, 0),
		voteReply(9, false),
		voteReply(9, false, true),
		append(9, [7, 7]),
		refusal(9, 0, [1, undefined]),
		{type: 'installSnapshotReply', term: term(9), lastIncludedIndex: 0, offset: 0, installed: false, readToken: 0},
		{type: 'readIndexReply', term: term(9), readId: 1, readIndex: undefined},
	] as const;
	for (const message of messages) {
		const candidate = newNode({currentTerm: 1, log: [1]});
		stepDurably(candidate, [tick], 300);
		stepDurably(candidate, [received(n1, voteReply(2, true, true))], 300);
		t.is(candidate.status().role, 'candidate');
		// A request for votes moves no leader and no leader's follower (§4.2.3 of the dissertation).
		const leader = message.type === 'requestVote' ? [] : [newLeader({currentTerm: 2, log: [1]})];
		for (const node of [newNode({currentTerm: 2, votedFor: n2, log: [1]}), candidate, ...leader]) {
			stepDurably(node, [received(n1, message)], 1000);
			const {role, currentTerm, votedFor} = node.status();
			t.deepEqual(
				{role, currentTerm, votedFor},
				{role: 'follower', currentTerm: term(9), votedFor: undefined},
				message.type,
			);
		}
	}
});

test('messages of an older term change nothing but are told the newer one (§5.1)', t => {
	const node = newNode({currentTerm: 5, log: [1, 4]});
	t.deepEqual(node.step([received(n1, append(4, [2, 4], [entry(3, 4)]))], 1), [
		// Of the log and of a read it says nothing: by now n1 may lead term 5, and ask for the same place in it.
		send(n1, refusal(5, 0, [0, undefined])),
		leadership('follower', 5),
	]);
	t.deepEqual(node.step([received(n1, requestVote(4, 9, 4))], 1), [send(n1, voteReply(5, false))]);
	t.deepEqual(node.step([received(n1, requestVote(4, 9, 4, true))], 1), [send(n1, voteReply(5, false, true))]);
	t.deepEqual(node.step([received(n1, voteReply(4, true))], 1), []);
	t.deepEqual(node.step([received(n1, ack(4, 2, 2))], 1), []);
	t.is(node.status().lastIndex, 2);
});

// ---------------------------------------------------------------------------------------------------- §5.2

test('an election goes from timeout to no-op: nothing leaves before the term and the own vote are durable (§5.2)', t => {
	const node = newNode({currentTerm: 3, log: [1, 3]});
	t.deepEqual(node.step([tick], 49), [leadership('follower', 3)], 'the timeout is not over');
	t.deepEqual(node.step([tick], 300), [
		send(n1, requestVote(4, 2, 3, true)),
		send(n2, requestVote(4, 2, 3, true)),
		leadership('preCandidate', 3),
	]);
	t.deepEqual(node.step([received(n2, voteReply(4, true, true))], 310), [
		persist(1, {hardState: hardState(4, n0)}),
		leadership('candidate', 4),
	]);
	t.deepEqual(node.step([persisted(1)], 320), [send(n1, requestVote(4, 2, 3)), send(n2, requestVote(4, 2, 3))]);
	const noop = entry(3, 4, '', 'noop');
	t.deepEqual(node.step([received(n1, voteReply(4, true))], 330), [
		send(n1, append(4, [2, 3], [noop])),
		send(n2, append(4, [2, 3], [noop])),
		persist(2, {entries: [noop]}),
		leadership('leader', 4, n0),
	]);
});

test('a single voter elects itself and commits on its own disk alone (§5.2)', t => {
	const node = newNode({configuration: clusterOf(1)});
	t.deepEqual(node.step([tick], 300), [persist(1, {hardState: hardState(1, n0)}), leadership('candidate', 1)]);
	const noop = entry(1, 1, '', 'noop');
	t.deepEqual(node.step([persisted(1)], 301), [persist(2, {entries: [noop]}), leadership('leader', 1, n0)]);
	t.deepEqual(node.step([persisted(2)], 302), [apply(noop)]);
});

test('a candidate that another leader beat follows it (§5.2)', t => {
	const node = newNode({currentTerm: 3});
	stepDurably(node, [tick], 300);
	stepDurably(node, [received(n1, voteReply(4, true, true))], 300);
	t.is(node.status().role, 'candidate');
	t.deepEqual(node.step([received(n2, append(4, [0, 0]))], 310), [
		send(n2, ack(4, 0, 0)),
		leadership('follower', 4, n2),
	]);
});

test('a candidate without a majority begins a new round after another timeout (§5.2, split vote)', t => {
	const node = newNode({configuration: clusterOf(5), currentTerm: 3});
	stepDurably(node, [tick], 300);
	stepDurably(node, [received(n1, voteReply(4, true, true)), received(n2, voteReply(4, true, true))], 300);
	stepDurably(node, [received(n1, voteReply(4, true)), received(n1, voteReply(4, true))], 310);
	t.is(node.status().role, 'candidate', 'one voter counts once, however often it answers');
	t.is(node.nextDeadline(), 350, 'it asks again after a heartbeat');
	const again = node.step([tick], 350);
	t.deepEqual(messagesTo(again, n1), [], 'but not who has voted for it');
	t.deepEqual(messagesTo(again, n2), [requestVote(4, 0, 0)]);
	t.deepEqual(node.step([tick], 399), []);
	const effects = node.step([tick], 600);
	t.deepEqual(messagesTo(effects, n1), [requestVote(5, 0, 0, true)]);
	t.is(node.status().currentTerm, term(4), 'the term grows only when a quorum would vote');
});

test('votes of an older term, of a pre-vote, of strangers and of learners elect nobody (§5.2)', t => {
	const node = newNode({configuration: clusterOf(3, 1), currentTerm: 3});
	stepDurably(node, [tick], 300);
	stepDurably(node, [received(n1, voteReply(4, true, true))], 300);
	stepDurably(
		node,
		[
			received(n1, voteReply(3, true)),
			received(n1, voteReply(4, true, true)),
			received(n3, voteReply(4, true)),
			received(nodeId(77), voteReply(4, true)),
			received(n1, voteReply(4, false)),
		],
		310,
	);
	t.is(node.status().role, 'candidate');
});

test('election timeouts are drawn anew each time, between one and one and a half times the base (§5.2)', t => {
	const drawn = [0.5, 0, 0.25];
	const node = newNode({random: () => drawn.shift() ?? 0.999});
	// The first draw is the start of the read ids, the second the timeout of the start.
	node.step([tick], 50);
	const round = (at: number): number => messagesTo(node.step([tick], at), n1).length;
	t.is(round(99), 0);
	t.is(round(424), 1, 'asked again');
	t.is(node.status().role, 'preCandidate');
	node.step([received(n1, append(1, [0, 0]))], 425);
	t.is(node.nextDeadline(), 425 + 300 * (1 + 0.999 / 2));
	drawn.push(0);
	node.step([received(n1, append(1, [0, 0]))], 426);
	t.is(node.nextDeadline(), 426 + 300);
});

test('a node that has just started waits from one heartbeat to one election timeout: then no leader speaks to it', t => {
	const firstDeadline = (draw: number): number => newNode({random: () => draw}).nextDeadline();
	t.is(firstDeadline(0), 50);
	t.is(firstDeadline(0.5), 175);
	t.true(firstDeadline(0.999) < 300);
});

test('a follower hears of a leader only from appends and snapshots of the current term, or by voting (§5.2)', t => {
	const node = newNode({currentTerm: 2, log: [2]});
	node.step([received(n1, append(1, [1, 1]))], 40);
	node.step([received(n1, requestVote(2, 0, 0))], 40);
	node.step([received(n1, requestVote(3, 1, 2, true))], 40);
	t.is(node.nextDeadline(), 50, 'neither an old leader, nor a refused vote, nor a pre-vote puts off an election');
	node.step([received(n1, requestVote(2, 1, 2))], 150);
	t.is(node.nextDeadline(), 450, 'a granted vote does');
	node.step([received(n1, append(2, [1, 2]))], 250);
	t.is(node.nextDeadline(), 550, 'the leader does');
});

test('a new leader is heard at once, and goes on to be heard each heartbeat (§5.2)', t => {
	const node = newLeader();
	t.is(node.nextDeadline(), 350);
	t.deepEqual(messagesTo(node.step([tick], 349), n1), []);
	t.deepEqual(messagesTo(node.step([tick], 350), n1), [append(1, [0, 0], [entry(1, 1, '', 'noop')], {token: 1})]);
	node.step([received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 351);
	t.deepEqual(messagesTo(node.step([tick], 401), n1), [append(1, [1, 1], [], {commit: 1, token: 2})]);
});

test('one vote a term, first come, first served; the same candidate is told again (§5.2)', t => {
	const node = newNode({currentTerm: 2});
	t.deepEqual(node.step([received(n1, requestVote(2, 0, 0))], 1), [
		persist(1, {hardState: hardState(2, n1)}),
		leadership('follower', 2),
	]);
	t.deepEqual(node.step([received(n2, requestVote(2, 0, 0))], 1), [], 'an answer of this term waits for its disk');
	t.deepEqual(node.step([persisted(1)], 2), [send(n1, voteReply(2, true)), send(n2, voteReply(2, false))]);
	t.deepEqual(node.step([received(n1, requestVote(2, 0, 0))], 3), [send(n1, voteReply(2, true))]);
});

test('a restarted node remembers its vote (§5.2, persistent state)', t => {
	const node = newNode({currentTerm: 2, votedFor: n1});
	t.deepEqual(node.step([received(n2, requestVote(2, 0, 0))], 1), [
		send(n2, voteReply(2, false)),
		leadership('follower', 2),
	]);
	t.deepEqual(node.step([received(n1, requestVote(2, 0, 0))], 1), [send(n1, voteReply(2, true))]);
});

// ---------------------------------------------------------------------------------------------------- §5.3

test('a leader sends before its own disk, and commits what a quorum has on its disks (§5.3, dissertation §10.2.1)', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	const command = entry(2, 1, 'x');
	t.deepEqual(leader.step([propose(7, 'x')], 302), [
		{type: 'service', input: {type: 'proposed', proposalId: 7, firstIndex: 2, count: 1, term: term(1)}},
		send(n1, append(1, [1, 1], [command], {commit: 1})),
		send(n2, append(1, [1, 1], [command], {commit: 1})),
		persist(3, {entries: [command]}),
	]);
	t.deepEqual(leader.step([received(n1, ack(1, 2, 1))], 303), [], 'one disk of three');
	t.deepEqual(leader.step([received(n2, ack(1, 2, 1))], 304), [apply(command)], "the leader's own is not needed");
	t.deepEqual(leader.step([persisted(3)], 305), []);
});

test('what comes in one turn goes out in one message and one write (batching)', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	const effects = leader.step([propose(1, 'a'), propose(2, 'b', 'c')], 302);
	const entries = [entry(2, 1, 'a'), entry(3, 1, 'b'), entry(4, 1, 'c')];
	t.deepEqual(messagesTo(effects, n1), [append(1, [1, 1], entries, {commit: 1})]);
	t.deepEqual(
		effects.filter(({type}) => type === 'persist'),
		[persist(3, {entries})],
	);
});

test('a follower appends, and acknowledges when its disk has it (§5.3)', t => {
	const node = newNode({currentTerm: 1, log: [1]});
	const entries = [entry(2, 1), entry(3, 1)];
	t.deepEqual(node.step([received(n1, append(1, [1, 1], entries, {commit: 2}))], 1), [
		persist(1, {entries}),
		apply(entry(1, 1), entry(2, 1)),
		leadership('follower', 1, n1),
	]);
	t.deepEqual(node.step([persisted(1)], 2), [send(n1, ack(1, 3, 1))]);
});

test('a follower refuses where the logs do not meet, and says where they may (§5.3)', t => {
	const node = newFollower(n1, 4, {log: [1, 1, 2, 2, 2]});
	t.deepEqual(
		node.step([received(n1, append(4, [8, 4]))], 1),
		[send(n1, refusal(4, 8, [6, undefined]))],
		'too short: one past its end',
	);
	t.deepEqual(
		node.step([received(n1, append(4, [5, 3]))], 1),
		[send(n1, refusal(4, 5, [3, 2]))],
		'another term there: the first index of that term',
	);
});

test("the commit index follows the leader's, up to what the message verified (§5.3, figure 2)", t => {
	const node = newFollower(n1, 2, {log: [1, 1, 1, 1]});
	node.step([received(n1, append(2, [2, 1], [], {commit: 4}))], 1);
	t.is(node.status().commitIndex, 2, "the rest of the log may not be the leader's");
	node.step([received(n1, append(2, [2, 1], [entry(3, 1)], {commit: 4}))], 1);
	t.is(node.status().commitIndex, 3);
	node.step([received(n1, append(2, [4, 1], [], {commit: 1}))], 1);
	t.is(node.status().commitIndex, 3, 'and never goes back');
});

test('a conflicting suffix goes, and only that; what matches stays (§5.3)', t => {
	const node = newFollower(n1, 4, {log: [1, 1, 2, 2, 2]});
	t.deepEqual(
		node.step([received(n1, append(4, [1, 1], [entry(2, 1), entry(3, 2)]))], 1),
		[send(n1, ack(4, 3, 1))],
		'an old and shorter message cuts nothing off',
	);
	t.is(node.status().lastIndex, 5);
	t.deepEqual(stepDurably(node, [received(n1, append(4, [3, 2], [entry(4, 3)]))], 1), [
		persist(1, {truncateFrom: 4, entries: [entry(4, 3)]}),
		send(n1, ack(4, 4, 3)),
	]);
});

test("an acknowledgement names what the message verified, never the follower's own tail (§5.3)", t => {
	const node = newFollower(n1, 2, {log: [1, 1, 1, 1]});
	t.deepEqual(node.step([received(n1, append(2, [2, 1]))], 1), [send(n1, ack(2, 2, 2))]);
});

test('a message that comes twice is acknowledged twice and written once (§5.3)', t => {
	const node = newFollower(n1, 1);
	const message = append(1, [0, 0], [entry(1, 1)]);
	t.deepEqual(stepDurably(node, [received(n1, message)], 1), [
		persist(1, {entries: [entry(1, 1)]}),
		send(n1, ack(1, 1, 0)),
	]);
	t.deepEqual(node.step([received(n1, message)], 1), [send(n1, ack(1, 1, 0))]);
});

test('a probe ends with its own answer, not with a late one of the pipeline before it', t => {
	const leader = newLeader({limits: {appendBytesMax: 1}});
	leader.step([received(n1, ack(1, 1, 0))], 301);
	const commands = ['a', 'b', 'c', 'd', 'e'];
	const sent = messagesTo(leader.step([propose(1, ...commands)], 302), n1);
	t.is(sent.length, commands.length, 'one entry a message');
	// The network brings them out of order, and the answers too.
	const probe = messagesTo(leader.step([received(n1, refusal(1, 4, [4, undefined]))], 303), n1);
	t.deepEqual(
		probe.map(message => message.type === 'appendEntries' && message.prevLogIndex),
		[3],
	);
	t.deepEqual(messagesTo(leader.step([received(n1, ack(1, 2, 1))], 304), n1), [], 'what the probe asks is still open');
	const rest = messagesTo(leader.step([received(n1, ack(1, 4, 3))], 305), n1);
	t.deepEqual(
		rest.map(message => message.type === 'appendEntries' && message.prevLogIndex),
		[4, 5],
	);
	// Also where the probe begins right behind what is known to match.
	leader.step([received(n1, refusal(1, 5, [5, undefined]))], 306);
	t.deepEqual(messagesTo(leader.step([received(n1, ack(1, 2, 1))], 307), n1), []);
});

test('a refused leader goes back a whole term at a time (§5.3, last paragraphs)', t => {
	const leader = newLeader({currentTerm: 8, log: [1, 1, 4, 4, 5, 5, 5]});
	t.deepEqual(
		messagesTo(leader.step([received(n1, refusal(8, 7, [3, 2]))], 310), n1)[0],
		append(8, [2, 1], [...logOf([4, 4, 5, 5, 5], 3), entry(8, 8, '', 'noop')]),
		'nothing of term 2 here: to where it began there',
	);
	t.deepEqual(
		messagesTo(leader.step([received(n2, refusal(8, 7, [3, 4]))], 310), n2)[0],
		append(8, [4, 4], [...logOf([5, 5, 5], 5), entry(8, 8, '', 'noop')]),
		'terms meet at the last entry of term 4 here at the latest',
	);
});

test('late refusals do not set a leader back (§5.3; stale replies)', t => {
	const leader = newLeader({log: [1, 1, 1], currentTerm: 2});
	stepDurably(leader, [received(n1, ack(2, 4, 3))], 310);
	t.deepEqual(leader.step([received(n1, refusal(2, 3, [1, undefined]))], 311), [], 'of something acknowledged since');
	leader.step([received(n2, refusal(2, 3, [2, undefined]))], 311);
	t.deepEqual(leader.step([received(n2, refusal(2, 3, [1, undefined]))], 312), [], 'of something asked anew since');
});

test('late acknowledgements do not take anything back (§5.3; stale replies)', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), propose(1, 'a')], 310);
	stepDurably(leader, [received(n1, ack(1, 2, 1))], 311);
	t.is(leader.status().commitIndex, 2);
	t.deepEqual(leader.step([received(n1, ack(1, 1, 0)), propose(2, 'b')], 312).slice(1, 2), [
		send(n1, append(1, [2, 1], [entry(3, 1, 'b')], {commit: 2})),
	]);
});

test('the lost end of a pipeline is found by the next heartbeat (§5.3)', t => {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0))], 310);
	stepDurably(leader, [propose(1, 'lost')], 311);
	t.deepEqual(messagesTo(leader.step([tick], 361), n1), [append(1, [2, 1], [], {commit: 1, token: 1})]);
	t.deepEqual(messagesTo(leader.step([received(n1, refusal(1, 2, [2, undefined]))], 362), n1), [
		append(1, [1, 1], [entry(2, 1, 'lost')], {commit: 1, token: 1}),
	]);
});

test("figure 7: whatever the followers hold, their logs become the leader's, each in a few messages", t => {
	const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
	const followerLogs = [
		[1, 1, 1, 4, 4, 5, 5, 6, 6],
		[1, 1, 1, 4],
		[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
		[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
		[1, 1, 1, 4, 4, 4, 4],
		[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
	];
	const cluster = new Lockstep([leaderLog, ...followerLogs].map(log => ({log, currentTerm: 7})));
	cluster.campaign(0);
	t.is(cluster.node(0).status().role, 'leader');
	cluster.heartbeat();
	for (const id of cluster.nodes.keys()) {
		t.deepEqual(cluster.log(id), cluster.log(0));
		t.is(cluster.node(id).status().commitIndex, 11);
		const appends = cluster.delivered.filter(({to, message}) => to === id && message.type === 'appendEntries');
		t.true(appends.length <= 5, `node ${id} took ${appends.length} messages`);
	}
	t.deepEqual(cluster.terms(6).map(Number), [...leaderLog, 8]);
});

// ---------------------------------------------------------------------------------------------------- §5.4

const upToDate = test.macro({
	exec(t, own: readonly number[], [lastIndex, lastTerm]: readonly [number, number], isGranted: boolean) {
		const node = newNode({currentTerm: 5, log: own});
		const effects = stepDurably(node, [received(n1, requestVote(6, lastIndex, lastTerm))], 1000);
		t.deepEqual(messagesTo(effects, n1), [voteReply(6, isGranted)]);
		const preVoter = newNode({currentTerm: 5, log: own});
		const preVotes = preVoter.step([received(n1, requestVote(6, lastIndex, lastTerm, true))], 1000);
		t.deepEqual(messagesTo(preVotes, n1), [voteReply(isGranted ? 6 : 5, isGranted, true)]);
	},
	title: (_, own: readonly number[], [lastIndex, lastTerm]: readonly [number, number], isGranted: boolean) =>
		`a voter with terms ${own.join(' ')} ${isGranted ? 'grants' : 'refuses'} a log that ends with ${lastIndex} of term ${lastTerm} (§5.4.1)`,
});
test(upToDate, [1, 2], [2, 2], true);
test(upToDate, [1, 2], [3, 2], true);
test(upToDate, [1, 2], [1, 3], true);
test(upToDate, [1, 2], [1, 2], false);
test(upToDate, [1, 2], [9, 1], false);
test(upToDate, [], [0, 0], true);

test('a leader counts replicas of entries of its own term only; older ones come along (§5.4.2)', t => {
	const leader = newLeader({currentTerm: 4, log: [1, 2]});
	stepDurably(leader, [received(n1, ack(4, 2, 2)), received(n2, ack(4, 2, 2))], 310);
	t.is(leader.status().commitIndex, 0, 'index 2 of term 2 is on all disks and yet not committed');
	t.deepEqual(leader.step([received(n1, ack(4, 3, 2))], 311), [apply(...logOf([1, 2]), entry(3, 4, '', 'noop'))]);
});

/**
 * Figure 8 (c): the entry of term 2 is on three of five disks, its leader leads term 4 and could not yet store any
 * entry of that term elsewhere. S5 has an entry of term 3 at the same place.
 */
function figure8(): Lockstep {
	const cluster = new Lockstep(
		[
			{log: [1, 2], currentTerm: 2},
			{log: [1, 2], currentTerm: 2},
			{log: [1], currentTerm: 3},
			{log: [1], currentTerm: 3},
			{log: [1, 3], currentTerm: 3},
		],
		{appendBytesMax: 1},
	);
	// Of S1's entries only the old one arrives, and only at S3.
	const isOld = (to: number, message: RaftMessage): boolean =>
		message.type !== 'appendEntries' || (to === 2 && cluster.node(2).status().lastIndex < 2);
	cluster.isUp = (from, to, message) => from < 3 && to < 3 && isOld(to, message);
	// S3 knows of term 3, and tells: the first round only teaches that.
	cluster.campaign(0);
	cluster.campaign(0);
	return cluster;
}

test('figure 8 (c): an entry of an old term on a majority is not committed (§5.4.2)', t => {
	const cluster = figure8();
	t.like(cluster.node(0).status(), {role: 'leader', currentTerm: term(4)});
	t.deepEqual(
		[0, 1, 2].map(id => cluster.terms(id).map(Number)),
		[
			[1, 2, 4],
			[1, 2],
			[1, 2],
		],
	);
	t.deepEqual(
		cluster.nodes.map(node => node.status().commitIndex),
		[0, 0, 0, 0, 0],
	);
});

test('figure 8 (d): so it may be overwritten (§5.4.2)', t => {
	const cluster = figure8();
	cluster.isUp = (from, to) => from > 0 && to > 0;
	// The first round only teaches S5 the term.
	cluster.campaign(4);
	cluster.campaign(4);
	cluster.isUp = () => true;
	cluster.heartbeat();
	cluster.heartbeat();
	for (const id of cluster.nodes.keys()) {
		t.deepEqual(cluster.terms(id).map(Number), [1, 3, 5]);
		t.is(cluster.node(id).status().commitIndex, 3);
	}
});

test('figure 8 (e): with an entry of its own term on a majority it is committed, and S5 cannot win (§5.4.2)', t => {
	const cluster = figure8();
	cluster.connectOnly(0, 1, 2);
	cluster.heartbeat();
	t.is(cluster.node(0).status().commitIndex, 3);
	cluster.isUp = (from, to) => from > 0 && to > 0;
	for (let round = 0; round < 5; round++) cluster.campaign(4);
	t.not(cluster.node(4).status().role, 'leader');
	t.deepEqual(cluster.terms(1).map(Number), [1, 2, 4]);
});
