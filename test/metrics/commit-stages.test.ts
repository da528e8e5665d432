/** Which time counts for which stage of a write. */
import test from 'ava';
import {CommitStages} from '../../actors/metrics/commit-stages.js';
import {Durations} from '../../actors/metrics/histogram.js';
import {nodeId, type ServiceInput, term} from '../../src/raft/types.js';

interface World {
	now: number;
	isWatched: boolean;
	readonly stages: CommitStages;
}

function world({seesRequests = true}: {readonly seesRequests?: boolean} = {}): World {
	const made: {now: number; isWatched: boolean} = {now: 1000, isWatched: true};
	const stages = new CommitStages({now: () => made.now, isWatched: () => made.isWatched, seesRequests});
	return Object.assign(made, {stages});
}

const proposed = (proposalId: number, firstIndex: number): ServiceInput => ({
	type: 'proposed',
	proposalId,
	firstIndex,
	count: 1,
	term: term(1),
});

const apply = (index: number): ServiceInput => ({
	type: 'apply',
	entries: [{index, term: term(1), type: 'command', command: new Uint8Array()}],
});

/** A request that is taken in and proposed at once. */
function propose({stages}: World, proposalId: number): void {
	const request = {};
	stages.arrived(request);
	stages.taken(request);
	stages.proposing(proposalId);
	stages.turnEnded();
}

const sums = ({stages}: World): Record<string, readonly [number, number]> =>
	Object.fromEntries(Object.entries(stages.latency).map(([name, {count, sumMs}]) => [name, [count, sumMs]]));

test('each stage counts its own time: arrival, log, own disk, commit, state', t => {
	const of = world();
	const {stages} = of;
	const request = {};
	stages.arrived(request);
	of.now += 1;
	stages.taken(request);
	stages.proposing(7);
	of.now += 2;
	stages.told(proposed(7, 40));
	of.now += 4;
	stages.durable(39);
	stages.durable(40);
	of.now += 8;
	stages.told(apply(39));
	stages.told(apply(40));
	of.now += 16;
	stages.applied(40);
	t.deepEqual(sums(of), {queued: [1, 3], appended: [1, 4], replicated: [1, 12], applied: [1, 16]});
});

test('a follower’s disk may be quicker than the leader’s own', t => {
	const of = world();
	propose(of, 1);
	of.stages.told(proposed(1, 5));
	of.now += 3;
	of.stages.told(apply(5));
	of.stages.applied(5);
	of.now += 3;
	of.stages.durable(5);
	t.deepEqual(sums(of), {queued: [1, 0], appended: [1, 6], replicated: [1, 3], applied: [1, 0]});
});

test('samples are taken on a grid of time: a stall is seen by many, and not by one', t => {
	const of = world();
	for (let id = 1; id <= 100; id++, of.now += 1) {
		propose(of, id);
		of.stages.told(proposed(id, id));
	}
	of.stages.told(apply(100));
	t.is(of.stages.latency.replicated.count, 20);
	t.is(
		of.stages.latency.replicated.sumMs,
		Array.from({length: 20}, (_, turn) => 100 - 5 * turn).reduce((a, b) => a + b),
	);
});

test('nothing is sampled while nobody collects, and no more than 512 wait', t => {
	const of = world();
	of.isWatched = false;
	propose(of, 1);
	of.stages.told(proposed(1, 1));
	of.stages.told(apply(1));
	t.is(of.stages.latency.queued.count, 0);
	of.isWatched = true;
	for (let id = 2; id < 1000; id++, of.now += 5) {
		propose(of, id);
		of.stages.told(proposed(id, id));
	}
	t.is(of.stages.latency.queued.count, 512);
});

test('what is refused, and what a lost leadership leaves open, counts for nothing', t => {
	const of = world();
	const request = {};
	of.stages.arrived(request);
	of.stages.taken(request);
	// The server answers it without a proposal; the next proposal is that of a later request.
	of.stages.turnEnded();
	of.stages.proposing(1);
	of.stages.told(proposed(1, 1));
	t.is(of.stages.latency.queued.count, 0);
	of.now += 5;
	propose(of, 2);
	of.stages.told({type: 'proposalRefused', proposalId: 2, reason: 'notLeader', leaderId: undefined});
	of.stages.told(proposed(2, 2));
	t.is(of.stages.latency.queued.count, 0);
	of.now += 5;
	propose(of, 3);
	of.stages.told(proposed(3, 3));
	of.stages.told({type: 'leadership', role: 'follower', term: term(2), leaderId: nodeId(1)});
	of.stages.told(apply(3));
	of.stages.applied(3);
	t.deepEqual(sums(of), {queued: [1, 0], appended: [0, 0], replicated: [0, 0], applied: [0, 0]});
});

test('where the server has another thread, a sample begins with its proposal', t => {
	const of = world({seesRequests: false});
	of.stages.proposing(1);
	of.now += 2;
	of.stages.told(proposed(1, 1));
	t.deepEqual(sums(of).queued, [1, 2]);
});

test('a duration belongs to the first bucket whose bound it does not exceed', t => {
	const durations = new Durations([1, 5]);
	for (const ms of [0, 1, 1.1, 5, 6, 100]) durations.add(ms);
	t.deepEqual(durations.histogram, {boundsMs: [1, 5], counts: [2, 2, 2], count: 6, sumMs: 113.1});
});
