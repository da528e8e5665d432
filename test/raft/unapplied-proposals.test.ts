/** The bound on what a leader has taken and its service has not applied yet. */
import test from 'ava';
import {UnappliedProposals} from '../../src/raft/unapplied-proposals.js';

test('proposals have room up to the bound, and again when the service has applied them', t => {
	const unapplied = new UnappliedProposals(100);
	unapplied.add(3, 60);
	t.true(unapplied.hasRoomFor(40));
	t.false(unapplied.hasRoomFor(41));
	unapplied.add(5, 40);
	t.false(unapplied.hasRoomFor(1));
	unapplied.applied(4);
	t.true(unapplied.hasRoomFor(60), 'the first is applied');
	t.false(unapplied.hasRoomFor(61));
	unapplied.applied(5);
	t.true(unapplied.hasRoomFor(100));
});

test('a leader of which nothing waits takes any single proposal, however large', t => {
	const unapplied = new UnappliedProposals(100);
	t.true(unapplied.hasRoomFor(10_000));
	unapplied.add(1, 10_000);
	t.false(unapplied.hasRoomFor(0));
	unapplied.applied(1);
	t.true(unapplied.hasRoomFor(10_000));
});
