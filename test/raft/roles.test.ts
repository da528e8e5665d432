/** Changes of role: each resets everything that the role before has left, and the service is told once. */
import test from 'ava';
import type {RaftEvent} from '../../src/raft/events.js';
import {Roles} from '../../src/raft/roles.js';
import {term, type NodeId, type ServiceInput} from '../../src/raft/types.js';
import {n0, n1, n2} from './harness/node.js';

class Bench {
	readonly told: ServiceInput[] = [];
	readonly reported: RaftEvent[] = [];
	readonly calls: string[] = [];
	readonly clock = {now: 1000};
	readonly roles = new Roles({
		id: n0,
		limits: {electionTimeoutMs: 300},
		clock: this.clock,
		termAndVote: {currentTerm: term(4), isCurrent: other => other === 4},
		timer: {reset: () => void this.calls.push('reset')},
		reads: {
			refuseRemote: leaderId => void this.calls.push(`refuse remote, now ${leaderId}`),
			refuseDropped: () => void this.calls.push('refuse dropped'),
		},
		outbox: {tell: input => void this.told.push(input), report: event => void this.reported.push(event)},
	});

	hear(leaderId: NodeId, readToken = 0): void {
		this.roles.leaderHeard(leaderId, {term: term(4), readToken});
	}
}

test('a leader that is heard of is fresh for an election timeout, to everybody but itself (§4.2.3)', t => {
	const bench = new Bench();
	const {roles, clock} = bench;
	t.false(roles.isLeaderFresh(n2));
	bench.hear(n1);
	clock.now += 299;
	t.true(roles.isLeaderFresh(n2));
	t.false(roles.isLeaderFresh(n1), 'who leads may ask again');
	clock.now += 1;
	t.false(roles.isLeaderFresh(n2));
});

test('a copy of what a leader had sent earlier is no sign that it still lives', t => {
	const bench = new Bench();
	const {roles, clock, calls} = bench;
	bench.hear(n1, 7);
	calls.length = 0;
	clock.now += 299;
	bench.hear(n1, 6);
	t.deepEqual(calls, [], 'the time until the election runs on');
	clock.now += 1;
	t.false(roles.isLeaderFresh(n2));
	roles.becomeCandidate('preVote');
	bench.hear(n1, 6);
	t.is(roles.role, 'preCandidate');
	bench.hear(n1, 7);
	t.is(roles.role, 'follower', 'of one heartbeat there may be several messages');
});

test('a candidate that hears of a leader follows, its round of votes is over, and its timer begins anew', t => {
	const bench = new Bench();
	const {roles, calls} = bench;
	roles.becomeCandidate('preVote');
	t.is(roles.role, 'preCandidate');
	roles.becomeCandidate('vote');
	t.is(roles.role, 'candidate');
	calls.length = 0;
	bench.hear(n1);
	t.like(roles, {role: 'follower', leaderId: n1, voteRound: undefined, leader: undefined});
	t.deepEqual(calls, ['reset', 'refuse remote, now 1', 'reset']);
});

test('reads that wait for a leader are refused when another one is heard of, and only then', t => {
	const bench = new Bench();
	bench.hear(n1);
	bench.calls.length = 0;
	bench.roles.becomeFollower(n1);
	t.deepEqual(bench.calls, [], 'a voter still waits for the leader that it knows');
	bench.hear(n1);
	t.deepEqual(bench.calls, ['reset']);
	bench.hear(n2);
	t.deepEqual(bench.calls, ['reset', 'refuse remote, now 2', 'reset']);
});

test('the service is told of a change once', t => {
	const bench = new Bench();
	const {roles, told} = bench;
	roles.tellChange();
	roles.tellChange();
	bench.hear(n1);
	roles.tellChange();
	roles.tellChange();
	t.deepEqual(told, [
		{type: 'leadership', role: 'follower', term: term(4), leaderId: undefined},
		{type: 'leadership', role: 'follower', term: term(4), leaderId: n1},
	]);
});
