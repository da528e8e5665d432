/** Linearizable reads by ReadIndex (dissertation §6.4; raft-bugs B-1 to B-7). */
import test from 'ava';
import type {Effect} from '../../src/raft/effects.js';
import {term, type RaftMessage, type ReadIndexReply, type ReadIndexRequest} from '../../src/raft/types.js';
import {
	ack,
	append,
	chunk,
	clusterOf,
	entry,
	messagesTo,
	n0,
	n1,
	n2,
	n3,
	newFollower,
	newLeader,
	newNode,
	propose,
	read,
	received,
	refusal,
	requestVote,
	send,
	snapshotOf,
	stepDurably,
	tick,
	voteReply,
} from './harness/node.js';

const readReady = (readId: number, readIndex: number): Effect => ({
	type: 'service',
	input: {type: 'readReady', readId, readIndex},
});
const readRefused = (readId: number, leaderId?: typeof n0): Effect => ({
	type: 'service',
	input: {type: 'readRefused', readId, leaderId},
});
const ask = (askTerm: number, readId: number): ReadIndexRequest => ({type: 'readIndex', term: term(askTerm), readId});
const answer = (replyTerm: number, readId: number, readIndex?: number): ReadIndexReply => ({
	type: 'readIndexReply',
	term: term(replyTerm),
	readId,
	readIndex,
});
const isRead = (effect: Effect): boolean => effect.type === 'service' && effect.input.type.startsWith('read');

/** A leader of term 1 whose no-op is committed, at 301. */
function settledLeader(): ReturnType<typeof newLeader> {
	const leader = newLeader();
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	return leader;
}

test('a read asks a quorum, and is answered from the commit index at which it asked (§6.4)', t => {
	const leader = settledLeader();
	t.deepEqual(leader.step([read(7)], 302), [
		send(n1, append(1, [1, 1], [], {commit: 1, token: 1})),
		send(n2, append(1, [1, 1], [], {commit: 1, token: 1})),
	]);
	t.deepEqual(leader.step([received(n2, ack(1, 1, 1, 1))], 303), [readReady(7, 1)]);
	t.deepEqual(leader.step([received(n1, ack(1, 1, 1, 1))], 304), [], 'once');
});

test('a leader alone answers at once', t => {
	const leader = newLeader({configuration: clusterOf(1)});
	t.deepEqual(leader.step([read(7), read(8)], 302), [readReady(7, 1), readReady(8, 1)]);
});

test('a new leader holds reads until it has committed an entry of its own term (§6.4 step 1, B-1)', t => {
	const leader = newLeader({currentTerm: 3, log: [1, 2]});
	t.deepEqual(leader.step([read(1)], 301), []);
	t.deepEqual(leader.step([received(n1, ack(3, 2, 2)), received(n2, ack(3, 2, 2))], 302).filter(isRead), []);
	const effects = leader.step([received(n1, ack(3, 3, 2))], 303);
	t.deepEqual(messagesTo(effects, n1), [append(3, [3, 3], [], {commit: 3, token: 1})]);
	t.deepEqual(leader.step([received(n1, ack(3, 3, 3, 1))], 304).filter(isRead), [readReady(1, 3)]);
});

test('an answer to a message from before the read confirms nothing (B-2)', t => {
	const leader = settledLeader();
	leader.step([tick], 351);
	leader.step([read(1)], 352);
	t.deepEqual(leader.step([received(n1, ack(1, 1, 1, 1)), received(n2, ack(1, 1, 1, 1))], 353), []);
	leader.step([received(n1, ack(1, 1, 1, 2))], 354);
	leader.step([read(2)], 355);
	t.deepEqual(
		leader.step([received(n1, ack(1, 1, 1, 2)), received(n2, ack(1, 1, 1, 2))], 356),
		[],
		'every round has a token of its own',
	);
	t.deepEqual(leader.step([received(n2, ack(1, 1, 1, 3))], 357), [readReady(2, 1)]);
});

test('reads that come while a round is under way share the next one', t => {
	const leader = settledLeader();
	leader.step([read(1)], 302);
	t.deepEqual(leader.step([read(2), read(3)], 303), []);
	t.deepEqual(leader.step([received(n1, ack(1, 1, 1, 1))], 304), [
		readReady(1, 1),
		send(n1, append(1, [1, 1], [], {commit: 1, token: 2})),
		send(n2, append(1, [1, 1], [], {commit: 1, token: 2})),
	]);
	t.deepEqual(leader.step([received(n2, ack(1, 1, 1, 2))], 305), [readReady(2, 1), readReady(3, 1)]);
});

test('a message with entries carries the round: nobody is asked twice', t => {
	const leader = settledLeader();
	const effects = leader.step([read(1), propose(1, 'x')], 302);
	t.deepEqual(messagesTo(effects, n1), [append(1, [1, 1], [entry(2, 1, 'x')], {commit: 1, token: 1})]);
});

test('a refusal confirms the leader as well as an acknowledgement does', t => {
	const leader = settledLeader();
	leader.step([read(1)], 302);
	t.deepEqual(leader.step([received(n1, refusal(1, 1, [1, 0], 1))], 303).filter(isRead), [readReady(1, 1)]);
});

test('learners confirm nothing', t => {
	const leader = newLeader({configuration: clusterOf(3, 1)});
	stepDurably(leader, [received(n1, ack(1, 1, 0)), received(n2, ack(1, 1, 0))], 301);
	leader.step([read(1)], 302);
	t.deepEqual(leader.step([received(n3, ack(1, 1, 1, 1))], 303).filter(isRead), []);
});

test('the next heartbeat asks again when the question was lost', t => {
	const leader = settledLeader();
	leader.step([read(1)], 302);
	t.deepEqual(messagesTo(leader.step([tick], 352), n1), [append(1, [1, 1], [], {commit: 1, token: 2})]);
});

test('reads of a leader that steps down are refused, each once (B-3)', t => {
	const leader = settledLeader();
	leader.step([read(1)], 302);
	leader.step([read(2), received(n1, ask(1, 77))], 303);
	const effects = stepDurably(leader, [received(n2, append(2, [1, 1]))], 304);
	t.deepEqual(effects.filter(isRead), [readRefused(1), readRefused(2)]);
	t.deepEqual(messagesTo(effects, n1), [answer(2, 77)]);
});

test('a cut-off leader never answers, and refuses when it notices', t => {
	const leader = settledLeader();
	leader.step([read(1)], 302);
	const effects: Effect[] = [];
	for (let now = 310; now < 1200; now += 10) effects.push(...leader.step([tick], now));
	t.deepEqual(effects.filter(isRead), [readRefused(1)]);
});

test('a node without a leader refuses at once; a candidate too', t => {
	const node = newNode();
	t.deepEqual(node.step([read(1)], 1).filter(isRead), [readRefused(1)]);
	node.step([tick], 300);
	t.deepEqual(node.step([read(2)], 301).filter(isRead), [readRefused(2)]);
});

test('a follower asks its leader, and tells its service (§6.4, last paragraph)', t => {
	const node = newFollower(n1, 2);
	t.deepEqual(node.step([read(5)], 10), [send(n1, ask(2, 1))]);
	t.deepEqual(node.step([received(n1, answer(2, 1, 9))], 11), [readReady(5, 9)]);
	t.deepEqual(node.step([received(n1, answer(2, 1, 9))], 12), [], 'once');
	node.step([read(6)], 13);
	t.deepEqual(node.step([received(n1, answer(2, 2))], 14), [readRefused(6, n1)]);
});

test('a leader answers a follower like its own service; one that leads no more refuses', t => {
	const leader = settledLeader();
	leader.step([received(n1, ask(1, 44))], 302);
	t.deepEqual(leader.step([received(n2, ack(1, 1, 1, 1))], 303), [send(n1, answer(1, 44, 1))]);
	const node = newNode({currentTerm: 4});
	t.deepEqual(messagesTo(node.step([received(n1, ask(3, 1))], 1), n1), [answer(4, 1)]);
});

test('a follower gives up on a leader that does not answer, after an election timeout', t => {
	const node = newFollower(n1, 2);
	node.step([read(5)], 10);
	node.step([received(n1, append(2, [0, 0]))], 200);
	t.is(node.nextDeadline(), 310);
	t.deepEqual(node.step([tick], 309), []);
	t.deepEqual(node.step([tick], 310), [readRefused(5, n1)]);
	t.deepEqual(node.step([received(n1, answer(2, 1, 9))], 311), [], 'too late');
});

test('a follower that loses its leader refuses what it asked for, and names no leader or the new one', t => {
	const lost = newFollower(n1, 2);
	lost.step([read(5)], 10);
	t.deepEqual(lost.step([tick], 300).filter(isRead), [readRefused(5)]);
	const moved = newFollower(n1, 2);
	moved.step([read(5)], 10);
	t.deepEqual(moved.step([received(n2, append(3, [0, 0]))], 20).filter(isRead), [readRefused(5)]);
});

test('an answer of another term is no answer', t => {
	const node = newFollower(n1, 2);
	node.step([read(5)], 10);
	const effects = stepDurably(node, [received(n1, answer(3, 1, 9))], 11);
	t.deepEqual(effects.filter(isRead), [readRefused(5)]);
});

test("the ids of a node's previous life are not those of this one (B-7)", t => {
	const drawn = [0.25, 0.75];
	const ids = drawn.map(random => {
		const node = newFollower(n1, 2, {random: () => random});
		const [message] = messagesTo(node.step([read(5)], 10), n1);
		return message?.type === 'readIndex' ? message.readId : undefined;
	});
	t.is(new Set(ids).size, 2);
});

test('an old leader that is confirmed by nobody of its term cannot answer from an old state', t => {
	const old = settledLeader();
	const voter = newFollower(n0, 1, {id: n1});
	stepDurably(voter, [received(n2, requestVote(2, 1, 1))], 900);
	old.step([read(1)], 302);
	const [reply] = messagesTo(voter.step([received(n0, append(1, [1, 1], [], {commit: 1, token: 1}))], 901), n0);
	t.like(reply, {type: 'appendEntriesReply', success: false, term: term(2), readToken: 0});
	t.deepEqual(stepDurably(old, [received(n1, reply!)], 303).filter(isRead), [readRefused(1)]);
});

const snapshot = snapshotOf(2, 1);
/** All that node 0 can have asked in an early term, with the token of a ninth round of reads. */
const oldQuestions = (askTerm: number): readonly RaftMessage[] => [
	chunk(askTerm, snapshot, 0, 'all of it', {done: true, token: 9}),
	chunk(askTerm, snapshot, 4, 'all of it', {token: 9}),
	append(askTerm, [2, 1], [], {token: 9}),
	append(askTerm, [7, 1], [], {token: 9}),
	requestVote(askTerm, 9, 9),
	requestVote(askTerm, 9, 9, true),
	ask(askTerm, 5),
];

test('an answer to an old term of a leader confirms no read, and no contact, of its later term (§6.4)', t => {
	for (const question of oldQuestions(1)) {
		const leader = newLeader({currentTerm: 3, snapshot});
		stepDurably(leader, [received(n2, ack(3, 3, 2))], 301);
		const follower = newFollower(n0, 3, {id: n1});
		const answers = messagesTo(stepDurably(follower, [received(n0, question)], 10), n0);
		t.is(answers.length, 1);
		t.is(answers[0]!.term, term(3), 'the newer term is told');
		// The round of this read is the ninth, and nobody else answers it.
		const effects: Effect[] = [];
		for (let round = 1; round <= 9; round++) {
			effects.push(...leader.step([read(round)], 302));
			if (round < 9) effects.push(...leader.step([received(n2, ack(3, 3, 3, round))], 302));
		}
		t.is(effects.filter(isRead).length, 8);
		for (let now = 310; now < 1300; now += 10) {
			const told = leader.step([received(n1, answers[0]!), tick], now).filter(isRead);
			if (told.length > 0) t.deepEqual(told, [readRefused(9)], question.type);
		}
		t.not(leader.status().role, 'leader', `${question.type}: nobody has answered this leader`);
	}
});

test('a late chunk of an old term does not let a leader that was replaced answer a read (§6.4)', t => {
	// n0 led term 1, and a chunk from then is still on its way to n1; now n0 leads term 2.
	const late = chunk(1, snapshot, 0, 'all of it', {done: true, token: 1});
	const old = newLeader({currentTerm: 2, snapshot});
	stepDurably(old, [received(n2, ack(2, 3, 2))], 301);
	const voter = newFollower(n0, 2, {id: n1});
	const answers = messagesTo(stepDurably(voter, [received(n0, late)], 400), n0);
	// n2 is elected, and commits. Only then is n0 asked for a read; all that it hears is the answer to the late chunk.
	const next = newNode({id: n2, currentTerm: 2, snapshot, log: [2]});
	stepDurably(next, [tick], 900);
	stepDurably(next, [received(n1, voteReply(3, true, true))], 901);
	stepDurably(next, [received(n1, voteReply(3, true))], 902);
	stepDurably(next, [propose(1, 'new')], 903);
	stepDurably(next, [received(n1, ack(3, 5, 3))], 904);
	t.is(next.status().commitIndex, 5);
	const told = stepDurably(old, [read(100)], 550);
	for (const message of answers) told.push(...stepDurably(old, [received(n1, message)], 551));
	t.deepEqual(told.filter(isRead), [], 'at index 3 it would miss what was committed at index 5');
});

test('whatever an answer confirms, it names the term of its question', t => {
	const confirms = (message: RaftMessage): boolean => {
		switch (message.type) {
			case 'requestVoteReply':
				return message.voteGranted;
			case 'appendEntriesReply':
				return message.success || message.readToken > 0;
			case 'installSnapshotReply':
				return message.installed || message.readToken > 0 || message.offset > 0;
			case 'readIndexReply':
				return message.readIndex !== undefined;
			default:
				return false;
		}
	};
	let confirmed = 0;
	for (const questionTerm of [3, 4, 5]) {
		for (const question of oldQuestions(questionTerm)) {
			for (const node of [newNode({currentTerm: 4, log: [1, 1]}), newFollower(n0, 4, {id: n1}), settledLeader()]) {
				for (const answered of messagesTo(stepDurably(node, [received(n0, question)], 1000), n0)) {
					if (!confirms(answered)) continue;
					confirmed += 1;
					t.is(answered.term, question.term, `${question.type} of term ${questionTerm}`);
				}
			}
		}
	}
	t.true(confirmed > 5);
});
