/** Term and vote: one record, noted for the disk with every change. */
import test from 'ava';
import {TermAndVote} from '../../src/raft/term-and-vote.js';
import {term} from '../../src/raft/types.js';
import {hardState, n0, n1, n2} from './harness/node.js';

function newTermAndVote(currentTerm: number, votedFor?: typeof n1): {termAndVote: TermAndVote; changes: () => number} {
	let changes = 0;
	const termAndVote = new TermAndVote(hardState(currentTerm, votedFor), {hardStateChanged: () => void changes++});
	return {termAndVote, changes: () => changes};
}

test('a newer term that is adopted sets the vote free, and is noted for the disk (§5.1)', t => {
	const {termAndVote, changes} = newTermAndVote(3, n1);
	termAndVote.adopt(term(5));
	t.deepEqual(termAndVote.hardState, hardState(5));
	t.is(changes(), 1);
	t.true(termAndVote.isCurrent(term(5)));
	t.false(termAndVote.isCurrent(term(3)));
});

test('a term is adopted only when it is newer: the vote in it would be forgotten', t => {
	const {termAndVote, changes} = newTermAndVote(3, n1);
	for (const old of [2, 3]) t.throws(() => termAndVote.adopt(term(old)), {code: 'ERR_INVARIANT'});
	t.deepEqual(termAndVote.hardState, hardState(3, n1));
	t.is(changes(), 0);
});

test('a candidate opens the next term with its own vote (§5.2)', t => {
	const {termAndVote, changes} = newTermAndVote(3, n1);
	termAndVote.standFor(n0);
	t.deepEqual(termAndVote.hardState, hardState(4, n0));
	t.is(changes(), 1);
});

test('one vote in a term, and it is noted for the disk (§5.2)', t => {
	const {termAndVote, changes} = newTermAndVote(3);
	termAndVote.voteFor(n1);
	t.deepEqual(termAndVote.hardState, hardState(3, n1));
	t.is(changes(), 1);
	t.throws(() => termAndVote.voteFor(n2), {code: 'ERR_INVARIANT'});
	t.is(termAndVote.votedFor, n1);
});
