import test from 'ava';
import {availableParallelism} from 'node:os';
import {MessageChannel} from 'node:worker_threads';
import {BusyPoll} from '../../actors/network/busy-poll.js';
import {Router} from '../../actors/network/router.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {nodeId, term} from '../../src/raft/types.js';

const turn = async (): Promise<void> =>
	new Promise(resolve => {
		setImmediate(resolve);
	});

/** A poll whose clock stands still until it is moved. */
function pollAt(cores = 2) {
	const clock = {now: 0};
	return {clock, poll: new BusyPoll({now: () => clock.now, cores})};
}

/** Sends, and lets the time of a poll go by without an answer; whether that was polled for. */
async function sendInVain(poll: BusyPoll, clock: {now: number}): Promise<boolean> {
	poll.sent();
	const hasPolled = poll.isPolling;
	clock.now += 1;
	await turn();
	return hasPolled;
}

test('it polls until the answer is in', async t => {
	const {poll} = pollAt();
	poll.began();
	t.false(poll.isPolling);
	poll.sent();
	for (let turns = 0; turns < 10; turns++) {
		t.true(poll.isPolling);
		await turn();
	}
	poll.ended();
	await turn();
	t.false(poll.isPolling);
});

test('a poll ends half a millisecond after the last send, when no answer comes', async t => {
	const {clock, poll} = pollAt();
	poll.began();
	poll.sent();
	clock.now = 0.4;
	await turn();
	poll.sent();
	clock.now = 0.8;
	await turn();
	t.true(poll.isPolling);
	clock.now = 0.9;
	await turn();
	t.false(poll.isPolling);
});

test('with many operations in flight, or one core, nobody polls', async t => {
	const {poll} = pollAt();
	for (let operation = 0; operation < 8; operation++) poll.began();
	poll.sent();
	t.true(poll.isPolling);
	poll.began();
	await turn();
	t.false(poll.isPolling);
	poll.sent();
	t.false(poll.isPolling);
	const {poll: alone} = pollAt(1);
	alone.began();
	alone.sent();
	t.false(alone.isPolling);
});

test('nothing that waits for an answer: a send is not polled for', t => {
	const {poll} = pollAt();
	poll.sent();
	t.false(poll.isPolling);
});

test('polls in vain become rare, up to one in 65 sends, until an answer comes while one is under way', async t => {
	const {clock, poll} = pollAt();
	poll.began();
	const pauses: number[] = [];
	for (let sends = 0, pause = 0; pauses.length < 9; sends++) {
		if (await sendInVain(poll, clock)) {
			pauses.push(pause);
			pause = 0;
		} else pause += 1;
		t.true(sends < 1000);
	}
	t.deepEqual(pauses, [0, 1, 2, 4, 8, 16, 32, 64, 64]);
	while (!poll.isPolling) poll.sent();
	poll.ended();
	poll.began();
	clock.now += 1;
	await turn();
	t.false(await sendInVain(poll, clock));
	t.true(await sendInVain(poll, clock));
});

test('an answer that is handed on to the next node is one, too', async t => {
	const {clock, poll} = pollAt();
	poll.began();
	t.true(await sendInVain(poll, clock));
	t.false(await sendInVain(poll, clock));
	t.true(await sendInVain(poll, clock));
	while (!poll.isPolling) poll.sent();
	poll.sent();
	clock.now += 1;
	await turn();
	t.false(await sendInVain(poll, clock));
	t.true(await sendInVain(poll, clock));
});

test('what the router hands on is polled for', t => {
	const {port1, port2} = new MessageChannel();
	const router = new Router({plan: new FaultPlan(), random: Random.fromSeed(1), now: () => 0});
	router.attachNode(nodeId(0), {raft: port1, kv: port1});
	const message = {
		type: 'requestVote',
		term: term(1),
		preVote: true,
		isTransfer: false,
		lastLogIndex: 0,
		lastLogTerm: term(0),
	} as const;
	const route = (to: number): void => router.route([{type: 'raft', from: nodeId(1), to: nodeId(to), message}]);
	router.busyPoll.began();
	route(2);
	t.false(router.busyPoll.isPolling, 'there is no such node');
	route(0);
	t.is(router.busyPoll.isPolling, availableParallelism() > 1);
	router.busyPoll.ended();
	router.close();
	port2.close();
});
