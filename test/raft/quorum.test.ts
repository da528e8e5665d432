import test from 'ava';
import {hasQuorum, isVoter, peersOf, quorumReached, quorumSize} from '../../src/raft/quorum.js';
import type {NodeId} from '../../src/raft/types.js';
import {clusterOf, n0, n1, n3} from './harness/node.js';

const subsetsOf = (voters: readonly NodeId[]): NodeId[][] =>
	Array.from({length: 2 ** voters.length}, (_, bits) => voters.filter((_, position) => (bits >> position) & 1));

test('all subsets of up to seven voters: a quorum is more than half, and two of them always meet', t => {
	for (let voters = 1; voters <= 7; voters++) {
		const configuration = clusterOf(voters);
		const quorums = subsetsOf(configuration.voters).filter(subset => {
			const isQuorum = hasQuorum(configuration, voter => subset.includes(voter));
			t.is(isQuorum, subset.length * 2 > voters);
			return isQuorum;
		});
		for (const one of quorums) {
			for (const other of quorums) if (!one.some(id => other.includes(id))) t.fail(`${one.join()} and ${other.join()}`);
		}
	}
});

test('the number that a quorum reached is the largest that more than half are at or above, for all small numbers', t => {
	for (let voters = 1; voters <= 5; voters++) {
		const configuration = clusterOf(voters);
		for (let code = 0; code < 4 ** voters; code++) {
			const numbers = Array.from({length: voters}, (_, position) => Math.floor(code / 4 ** position) % 4);
			const expected = [3, 2, 1].find(reached => numbers.filter(number => number >= reached).length * 2 > voters) ?? 0;
			if (quorumReached(configuration, voter => numbers[voter] ?? 0) !== expected) t.fail(numbers.join());
		}
	}
	t.pass();
});

test('learners and strangers never count, and nobody is no quorum', t => {
	const configuration = clusterOf(3, 4);
	t.false(hasQuorum(configuration, id => id === n0 || id >= 3));
	t.is(
		quorumReached(configuration, id => (id >= 3 ? 9 : 1)),
		1,
	);
	t.is(quorumSize(configuration), 2);
	t.is(
		quorumReached({voters: [], learners: [n0]}, () => 9),
		0,
	);
	t.false(hasQuorum({voters: [], learners: [n0]}, () => true));
});

test('peers are all others, learners too', t => {
	t.deepEqual(peersOf(clusterOf(2, 2), n1), [n0, 2 as NodeId, n3]);
	t.deepEqual(peersOf(clusterOf(2), n3), [n0, n1]);
	t.true(isVoter(clusterOf(2, 2), n1));
	t.false(isVoter(clusterOf(2, 2), n3));
});
