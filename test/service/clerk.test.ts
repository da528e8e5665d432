import test from 'ava';
import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf, textOf} from '../../actors/text.js';
import {ClerkCore} from '../../src/service/clerk/clerk-core.js';
import type {ClerkLimits} from '../../src/service/clerk/limits.js';
import type {ClerkEffect, Settlement} from '../../src/service/clerk/outbox.js';
import {kvWords, serviceOperation, type KvTypes} from '../../src/kv/words.js';
import {OperationError} from '../../src/service/errors.js';
import type {ServerLimits} from '../../src/service/server/limits.js';
import type {Outcome as ServiceOutcome, ServiceReply, ServiceRequest} from '../../src/service/types.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {nodeId} from '../../src/raft/types.js';
import {FakeCluster, randomOf} from './fake-cluster.js';
import {append, decodeCommand, decodeReads, encodeOutcomes, put, runs, type Outcome} from '../kv/helpers.js';

const servers = [nodeId(0), nodeId(1), nodeId(2)];
const get = (key: string): Operation => ({type: 'get', key});

type Send = Extract<ClerkEffect<KvTypes>, {type: 'send'}>;

/** One clerk, its servers played by the test. */
class Bench {
	now = 0;
	readonly clerk: ClerkCore<KvTypes>;
	readonly settled = new Map<number, End>();
	readonly cancelled: number[] = [];

	constructor(limits: Partial<ClerkLimits> = {}) {
		this.clerk = new ClerkCore({codec, words: kvWords, servers, random: () => 0, limits});
	}

	submit(...operations: readonly Operation[]): readonly number[] {
		return operations.map(operation => this.clerk.submit(serviceOperation(operation), {deadline: this.now + 5000}));
	}

	/** Flushes; what is sent. */
	sends(): readonly Send[] {
		const sends: Send[] = [];
		for (const effect of this.clerk.flush(this.now)) {
			if (effect.type === 'send') sends.push(effect);
			else if (effect.type === 'cancel') this.cancelled.push(effect.requestId);
			else this.settled.set(effect.operationId, endOf(effect));
		}
		return sends;
	}

	answer({requestId}: Send, ...outcomes: readonly Outcome[]): void {
		this.clerk.reply(requestId, {type: 'outcomes', outcomes: encodeOutcomes(outcomes.map(told))});
	}

	/** Opens session 7 and puts one key in it, as sequence 1. */
	opened(): this {
		this.submit(put('first', ''));
		this.answer(this.sends()[0]!, {type: 'sessionOpened', session: 7, timeoutMs: 600_000});
		this.answer(this.sends()[0]!, written);
		this.sends();
		return this;
	}

	error(operationId: number): unknown {
		const settlement = this.settled.get(operationId);
		return settlement?.type === 'failed' ? settlement.error : undefined;
	}
}

/** What a caller sees of a settlement. */
type End = {readonly type: 'done'; readonly result: Result} | {readonly type: 'failed'; readonly error: OperationError};

const endOf = (settlement: Settlement<KvTypes>): End =>
	settlement.type === 'done' ? {type: 'done', result: settlement.result} : {type: 'failed', error: settlement.error};

/** What a server says: its own words, or the result of a write or read. */
function told(outcome: Outcome): ServiceOutcome<KvTypes> {
	switch (outcome.type) {
		case 'sessionOpened':
		case 'sessionExpired':
		case 'alreadyAcknowledged':
		case 'outOfOrder':
		case 'sessionFull':
		case 'malformed':
		case 'outOfMemory':
		case 'done':
			return outcome;
		default:
			return {type: 'result', result: outcome satisfies Result};
	}
}

const written: Outcome = {type: 'written', version: 1, length: 1};
const done = (result: Outcome): unknown => ({type: 'done', result});

/** What a write request asks for, operation by operation. */
function commandsOf(request: ServiceRequest): readonly unknown[] {
	const command = request.type === 'write' ? decodeCommand(request.command) : undefined;
	if (command?.type !== 'writes') return command === undefined ? [] : [command];
	const {session, acknowledged, writes} = command;
	return writes.map(({sequence, write}) => operationCommand(session, sequence, acknowledged, write));
}

const operationCommand = (
	session: number,
	sequence: number,
	acknowledged: number,
	operation: Operation | undefined,
): unknown => ({
	session,
	sequence,
	acknowledged,
	operation,
});

test('a large operation gets the time that its bytes take, twice as much with each attempt; small ones beside it do not wait for it', t => {
	const bench = new Bench({batchBytesMax: 1024, attemptTimeoutMs: 100}).opened();
	const [large, small] = bench.submit(put('large', 'x'.repeat(2500)), get('small'));
	const requestOf = (sends: readonly Send[], type: ServiceRequest['type']) =>
		sends.find(({request}) => request.type === type);
	const first = bench.sends();
	const [write, read] = [requestOf(first, 'write')!, requestOf(first, 'read')!];
	bench.now = 100;
	bench.sends();
	t.deepEqual(bench.cancelled, [read.requestId], 'three times 100 ms for the write');
	bench.now = 299;
	bench.sends();
	t.false(bench.cancelled.includes(write.requestId));
	bench.now = 300;
	const again = requestOf(bench.sends(), 'write')!;
	t.true(bench.cancelled.includes(write.requestId));
	bench.now = 899;
	bench.sends();
	t.false(bench.cancelled.includes(again.requestId), 'six times 100 ms for the second attempt');
	bench.answer(again, written);
	bench.sends();
	t.is(bench.settled.get(large!)?.type, 'done');
	t.false(bench.settled.has(small!));
});

test('the first write opens a session, and the writes of a turn then travel as one request, in order', t => {
	const bench = new Bench();
	const [a, b] = bench.submit(put('a', '1'), append('a', '2'));
	const [opening] = bench.sends();
	t.deepEqual(commandsOf(opening!.request), [{type: 'openSession', closes: 0}]);
	t.is(opening!.server, nodeId(0));
	bench.answer(opening!, {type: 'sessionOpened', session: 7, timeoutMs: 600_000});
	const [write, ...others] = bench.sends();
	t.deepEqual(others, []);
	t.deepEqual(commandsOf(write!.request), [
		operationCommand(7, 1, 0, put('a', '1')),
		operationCommand(7, 2, 0, append('a', '2')),
	]);
	bench.answer(write!, written, {type: 'written', version: 3, length: 2});
	t.deepEqual(bench.sends(), []);
	t.deepEqual(bench.settled.get(a!), done(written));
	t.deepEqual(bench.settled.get(b!), done({type: 'written', version: 3, length: 2}));
	t.is(bench.clerk.nextDeadline(), undefined);
});

test('reads need no session, and those of a turn travel as one request', t => {
	const bench = new Bench();
	const [id] = bench.submit(get('a'), get('b'));
	const [read] = bench.sends();
	t.deepEqual(read!.request.type === 'read' && decodeReads(read!.request.reads), [get('a'), get('b')]);
	const value: Outcome = {type: 'value', value: bytesOf('x'), version: 3};
	bench.answer(read!, value, {type: 'value', value: undefined, version: 0});
	bench.sends();
	t.deepEqual(bench.settled.get(id!), done(value));
});

/** What a write request asks to run behind. */
function afterOf({request}: Send): number | undefined {
	const command = request.type === 'write' ? decodeCommand(request.command) : undefined;
	return command?.type === 'writes' ? command.after : undefined;
}

const sequencesOf = (sends: readonly Send[]): readonly unknown[] =>
	sends.map(({request}) => commandsOf(request).map(command => (command as {sequence: number}).sequence));

const outOfOrder: Outcome = {type: 'outOfOrder'};

test('each request names the write before it that still waits for its answer', t => {
	const bench = new Bench({batchOperationsMax: 2}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''), put('d', ''), put('e', ''));
	const sends = bench.sends();
	t.deepEqual(sequencesOf(sends), [[2, 3], [4, 5], [6]]);
	t.deepEqual(sends.map(afterOf), [1, 3, 5]);
	bench.answer(sends[1]!, written, written);
	bench.submit(put('f', ''));
	t.deepEqual(bench.sends().map(afterOf), [6]);
	bench.answer(sends[2]!, written);
	bench.submit(put('g', ''));
	t.deepEqual(bench.sends().map(afterOf), [7]);
});

test('a clerk that gathers sends what does not fill a request when an answer has come, or when it has waited long enough', t => {
	const bench = new Bench({batchOperationsMax: 3, gatherMs: 5}).opened();
	bench.submit(put('a', ''));
	const [first] = bench.sends();
	bench.submit(put('b', ''), get('c'));
	t.deepEqual(bench.sends(), []);
	t.is(bench.clerk.nextDeadline(), 5);
	bench.answer(first!, written);
	const [read, write] = bench.sends();
	t.is(read!.request.type, 'read', 'nothing is on its way, so it need not wait');
	t.is(write, undefined, 'now something is');
	bench.now = 5;
	const [second] = bench.sends();
	t.deepEqual(sequencesOf([second!]), [[3]]);
	bench.submit(put('d', ''), put('e', ''), put('f', ''), put('g', ''));
	t.deepEqual(sequencesOf(bench.sends()), [[4, 5, 6]], 'a full request never waits');
	bench.now = 9;
	t.deepEqual(bench.sends(), []);
	bench.now = 10;
	t.deepEqual(sequencesOf(bench.sends()), [[7]]);
	t.not(bench.clerk.nextDeadline(), 15, 'nothing waits to be sent');
});

test('values that fill a request together do not wait for an answer', t => {
	const bench = new Bench({batchBytesMax: 1000, gatherMs: 5}).opened();
	bench.submit(put('a', 'x'.repeat(600)), put('b', 'x'.repeat(600)));
	t.deepEqual(sequencesOf(bench.sends()), [[2]]);
	bench.submit(put('c', 'x'.repeat(600)));
	t.deepEqual(sequencesOf(bench.sends()), [[3]]);
});

test('a request that came too early goes again behind the lost one, in order, and before all that was never sent', t => {
	const bench = new Bench({batchOperationsMax: 1, attemptTimeoutMs: 500}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''));
	const [lost, second, third] = bench.sends();
	bench.answer(second!, outOfOrder);
	bench.answer(third!, outOfOrder);
	bench.submit(put('d', ''));
	t.deepEqual(bench.sends(), [], 'it would come too early again, and so would what follows');
	bench.now = 500;
	const again = bench.sends();
	t.deepEqual(bench.cancelled, [lost!.requestId]);
	t.deepEqual(sequencesOf(again), [[2], [3], [4], [5]], 'all in one go: nobody waits for an answer');
	t.deepEqual(again.map(afterOf), [1, 2, 3, 4]);
});

test('a write that is given up or refused for good holds up nothing that follows it', t => {
	const bench = new Bench({batchOperationsMax: 1}).opened();
	const [timedOut] = bench.submit(put('a', ''));
	bench.sends();
	bench.now = 4990;
	const [, refused, last] = bench.submit(put('b', ''), put('c', ''), put('d', ''));
	const sends = bench.sends();
	t.deepEqual(sequencesOf(sends), [[2], [3], [4], [5]]);
	bench.clerk.reply(sends[2]!.requestId, {type: 'refused', reason: 'tooLarge'});
	for (const send of [sends[1]!, sends[3]!]) bench.answer(send, outOfOrder);
	bench.now = 5000;
	const again = bench.sends();
	t.like(bench.error(timedOut!), {code: 'ERR_TIMEOUT', outcome: 'unknown'});
	t.like(bench.error(refused!), {code: 'ERR_VALUE_TOO_LARGE'});
	t.deepEqual(sequencesOf(again), [[3], [5]]);
	t.deepEqual(again.map(afterOf), [2, 3], 'the write that was given up is acknowledged, the refused one passed over');
	bench.answer(again[0]!, written);
	bench.answer(again[1]!, written);
	bench.sends();
	t.deepEqual(bench.settled.get(last!), done(written));
});

test('writes that go again travel in one request only with those that follow on them', t => {
	const bench = new Bench({batchOperationsMax: 2}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''), put('d', ''));
	const [first] = bench.sends();
	bench.submit(put('e', ''));
	bench.clerk.reply(first!.requestId, {type: 'notLeader', leaderId: undefined});
	const again = bench.sends();
	t.deepEqual(sequencesOf(again), [[2, 3], [6]]);
	t.deepEqual(again.map(afterOf), [1, 5]);
});

test('nothing is numbered in a new session while a request of the old one may still come back', t => {
	const bench = new Bench({batchOperationsMax: 1}).opened();
	bench.submit(put('a', ''), put('b', ''));
	const [first, second] = bench.sends();
	bench.answer(second!, {type: 'sessionExpired'});
	const [opening, ...others] = bench.sends();
	t.deepEqual(others, []);
	bench.answer(opening!, {type: 'sessionOpened', session: 8, timeoutMs: 600_000});
	t.deepEqual(bench.sends(), [], 'b must not overtake a');
	bench.answer(first!, {type: 'sessionExpired'});
	const again = bench.sends();
	t.deepEqual(
		again.flatMap(({request}) => commandsOf(request)),
		[operationCommand(8, 1, 0, put('a', '')), operationCommand(8, 2, 0, put('b', ''))],
	);
});

test('the acknowledged mark stops below the oldest write without an answer', t => {
	const bench = new Bench({batchOperationsMax: 1}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''));
	const [, second, third] = bench.sends();
	bench.answer(third!, written);
	bench.answer(second!, written);
	bench.submit(put('d', ''));
	t.deepEqual(commandsOf(bench.sends()[0]!.request), [operationCommand(7, 5, 1, put('d', ''))]);
});

test('a lost write is sent again under the same session and sequence, elsewhere', t => {
	const bench = new Bench().opened();
	bench.submit(append('a', 'x'));
	const [first] = bench.sends();
	bench.clerk.requestLost(first!.requestId);
	const [second] = bench.sends();
	t.deepEqual(second!.request, first!.request);
	t.not(second!.server, first!.server);
	t.not(second!.requestId, first!.requestId);
});

test('an attempt that takes too long is cancelled and repeated elsewhere, and its late answer is ignored', t => {
	const bench = new Bench({attemptTimeoutMs: 500}).opened();
	const [id] = bench.submit(append('a', 'x'));
	const [first] = bench.sends();
	t.is(bench.clerk.nextDeadline(), 500);
	bench.now = 500;
	const [second] = bench.sends();
	t.deepEqual(bench.cancelled, [first!.requestId]);
	t.is(second!.server, nodeId(1));
	bench.answer(first!, {type: 'written', version: 99, length: 1});
	bench.answer(second!, written);
	bench.sends();
	t.deepEqual(bench.settled.get(id!), done(written));
});

test('operations with less time than an attempt do not stay with a server that never answers', t => {
	const bench = new Bench({attemptTimeoutMs: 500});
	const asked: number[] = [];
	for (; bench.now <= 2000; bench.now += 200) {
		bench.clerk.submit(serviceOperation(get('a')), {deadline: bench.now + 150});
		asked.push(...bench.sends().map(({server}) => server));
	}
	t.deepEqual(asked, [0, 0, 0, 1, 1, 1, 2, 2, 2, 0]);
});

test('a server that answers now and then is not left because some operations are given up', t => {
	const bench = new Bench({attemptTimeoutMs: 500});
	for (let count = 0; count < 20; count++, bench.now += 200) {
		bench.clerk.submit(serviceOperation(get('a')), {deadline: bench.now + 150});
		const [send] = bench.sends();
		t.is(send?.server, nodeId(0));
		if (count % 2 === 0) bench.answer(send!, {type: 'value', value: undefined, version: 0});
	}
});

test('a hint is followed at once', t => {
	const bench = new Bench().opened();
	bench.submit(put('a', ''));
	bench.clerk.reply(bench.sends()[0]!.requestId, {type: 'notLeader', leaderId: nodeId(2)});
	t.is(bench.sends()[0]!.server, nodeId(2));
});

test('hints that go in circles do not keep the clerk from the third server', t => {
	const bench = new Bench().opened();
	bench.submit(put('a', ''));
	const asked: number[] = [];
	for (let attempt = 0; attempt < 6; attempt += 1) {
		let [send] = bench.sends();
		if (send === undefined) {
			bench.now = bench.clerk.nextDeadline()!;
			[send] = bench.sends();
		}
		asked.push(send!.server);
		bench.clerk.reply(send!.requestId, {type: 'notLeader', leaderId: nodeId(send!.server === 0 ? 1 : 0)});
	}
	t.deepEqual(asked, [0, 1, 0, 1, 2, 0]);
});

test('after a full round without a leader the clerk pauses, longer each time, up to a limit', t => {
	const bench = new Bench({backoffMinMs: 10, backoffMaxMs: 60}).opened();
	bench.submit(put('a', ''));
	const pauses: number[] = [];
	for (let attempt = 0; attempt < 15; attempt += 1) {
		const [send] = bench.sends();
		bench.clerk.reply(send!.requestId, {type: 'notLeader', leaderId: undefined});
		if (attempt % 3 !== 2) continue;
		t.deepEqual(bench.sends(), []);
		const wakeUp = bench.clerk.nextDeadline()!;
		pauses.push(wakeUp - bench.now);
		bench.now = wakeUp;
	}
	t.deepEqual(pauses, [5, 10, 20, 30, 30]);
});

test('the deadline of a write that may have run is an unknown outcome; of one that did not, none', t => {
	const bench = new Bench({batchOperationsMax: 1}).opened();
	const [refused, inFlight, lost] = bench.submit(put('a', ''), put('b', ''), put('c', ''));
	const [first, , third] = bench.sends();
	bench.clerk.requestLost(third!.requestId);
	bench.now = 4999;
	bench.clerk.reply(first!.requestId, {type: 'refused', reason: 'overloaded'});
	bench.clerk.tick(5000);
	bench.now = 5000;
	bench.sends();
	t.like(bench.error(refused!), {code: 'ERR_TIMEOUT', outcome: 'notExecuted', attempts: 1, lastReply: 'overloaded'});
	t.like(bench.error(inFlight!), {code: 'ERR_TIMEOUT', outcome: 'unknown', attempts: 1});
	t.like(bench.error(lost!), {code: 'ERR_TIMEOUT', outcome: 'unknown', attempts: 1, lastReply: 'lost'});
	t.is(bench.clerk.pendingCount, 0);
});

test('a read that times out had no effect', t => {
	const bench = new Bench();
	const [id] = bench.submit(get('a'));
	bench.sends();
	bench.clerk.tick(5000);
	bench.sends();
	t.like(bench.error(id!), {code: 'ERR_TIMEOUT', outcome: 'notExecuted'});
});

test('an expired session: what never ran goes on under a new one, what may have run is told so (dissertation §6.3)', t => {
	const bench = new Bench({batchOperationsMax: 1}).opened();
	const [safe, unsure, later] = bench.submit(put('a', ''), put('b', ''), put('c', ''));
	const [first, second, third] = bench.sends();
	bench.clerk.reply(second!.requestId, {type: 'unknown', leaderId: undefined});
	bench.answer(first!, {type: 'sessionExpired'});
	bench.clerk.reply(third!.requestId, {type: 'notLeader', leaderId: undefined});
	const [opening] = bench.sends();
	t.deepEqual(commandsOf(opening!.request), [{type: 'openSession', closes: 7}]);
	bench.answer(opening!, {type: 'sessionOpened', session: 8, timeoutMs: 600_000});
	const again = bench.sends();
	t.deepEqual(
		again.flatMap(({request}) => commandsOf(request)),
		[operationCommand(8, 1, 0, put('a', '')), operationCommand(8, 2, 0, put('c', ''))],
	);
	t.like(bench.error(unsure!), {code: 'ERR_SESSION_EXPIRED', outcome: 'unknown', session: 7});
	for (const send of again) bench.answer(send, written);
	bench.sends();
	for (const id of [safe, later]) t.deepEqual(bench.settled.get(id!), done(written));
});

test('the answers to one request of a session that expired open one new session, not one each', t => {
	const bench = new Bench().opened();
	bench.submit(put('a', ''), put('b', ''));
	bench.answer(bench.sends()[0]!, {type: 'sessionExpired'}, {type: 'sessionExpired'});
	const opening = bench.sends();
	t.is(opening.length, 1);
	bench.answer(opening[0]!, {type: 'sessionOpened', session: 8, timeoutMs: 600_000});
	t.is(commandsOf(bench.sends()[0]!.request).length, 2);
});

test('when a batch is refused for one of its operations, each goes alone', t => {
	const bench = new Bench().opened();
	const [good, bad] = bench.submit(put('a', ''), put('b', ''));
	bench.clerk.reply(bench.sends()[0]!.requestId, {type: 'refused', reason: 'tooLarge'});
	const [first, second] = bench.sends();
	bench.answer(first!, written);
	bench.clerk.reply(second!.requestId, {type: 'refused', reason: 'tooLarge'});
	bench.sends();
	t.deepEqual(bench.settled.get(good!), done(written));
	t.like(bench.error(bad!), {code: 'ERR_VALUE_TOO_LARGE', outcome: 'notExecuted'});
});

test('batches are bounded in operations and bytes, requests in number, and the rest waits', t => {
	const bench = new Bench({batchOperationsMax: 2, batchBytesMax: 300, requestsMax: 2}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''), put('d', 'x'.repeat(250)), put('e', ''));
	const [first, second, ...others] = bench.sends();
	t.deepEqual(others, []);
	t.deepEqual([commandsOf(first!.request).length, commandsOf(second!.request).length], [2, 1]);
	bench.answer(first!, written, written);
	const [third] = bench.sends();
	t.is(commandsOf(third!.request).length, 1);
});

test('requests that time out, or are refused for want of room, are followed by half as many at a time, down to 4; each answer allows one more', t => {
	const bench = new Bench({batchOperationsMax: 1, attemptTimeoutMs: 100, backoffMaxMs: 5});
	bench.submit(...Array.from({length: 40}, (_, key) => get(String(key))));
	// Now and then there is a pause first.
	const sendsAfter = (ms: number): readonly Send[] => {
		bench.now += ms;
		const atOnce = bench.sends();
		bench.now += 5;
		return [...atOnce, ...bench.sends()];
	};
	let sends = sendsAfter(0);
	t.is(sends.length, 16);
	for (const expected of [8, 4, 4]) {
		sends = sendsAfter(100);
		t.is(sends.length, expected);
	}
	const value: Outcome = {type: 'value', value: undefined, version: 0};
	for (const send of sends) bench.answer(send, value);
	sends = bench.sends();
	t.is(sends.length, 8);
	for (const {requestId} of sends) bench.clerk.reply(requestId, {type: 'refused', reason: 'overloaded'});
	sends = sendsAfter(0);
	t.is(sends.length, 4, 'halved once for all that were sent before');
	for (const send of sends) bench.answer(send, value);
	t.is(bench.sends().length, 8);
});

test('the window of unacknowledged writes is bounded, also by a single old one', t => {
	const bench = new Bench({windowMax: 2, batchOperationsMax: 1}).opened();
	bench.submit(put('a', ''), put('b', ''), put('c', ''));
	const [first, second, ...others] = bench.sends();
	t.deepEqual(others, []);
	bench.answer(second!, written);
	t.deepEqual(bench.sends(), []);
	bench.answer(first!, written);
	t.is(bench.sends().length, 1);
});

test('what is too large or too much is refused at once', t => {
	const bench = new Bench({operationBytesMax: 200, operationsMax: 1});
	const [large, kept, one] = bench.submit(put('a', 'x'.repeat(200)), put('b', ''), put('c', ''));
	bench.sends();
	t.like(bench.error(large!), {code: 'ERR_VALUE_TOO_LARGE', outcome: 'notExecuted'});
	t.like(bench.error(one!), {code: 'ERR_OVERLOADED', outcome: 'notExecuted', waiting: 1});
	t.false(bench.settled.has(kept!));
});

test('after a long silence the first write goes under a new session that takes the place of the old one', t => {
	const bench = new Bench().opened();
	bench.now = 299_999;
	bench.submit(put('a', ''));
	const [write] = bench.sends();
	t.deepEqual(commandsOf(write!.request), [operationCommand(7, 2, 1, put('a', ''))]);
	bench.answer(write!, written);
	bench.now += 300_000;
	const [id] = bench.submit(put('b', ''));
	const [opening, ...others] = bench.sends();
	t.deepEqual(others, []);
	t.deepEqual(commandsOf(opening!.request), [{type: 'openSession', closes: 7}]);
	bench.answer(opening!, {type: 'sessionOpened', session: 9, timeoutMs: 600_000});
	const [first] = bench.sends();
	t.deepEqual(commandsOf(first!.request), [operationCommand(9, 1, 0, put('b', ''))]);
	bench.answer(first!, written);
	bench.sends();
	t.deepEqual(bench.settled.get(id!), done(written));
});

test('a clerk that is idle for longer than sessions last meets no error, though its requests may be doubled', t => {
	let isReplied = false;
	const clerks = [0, 1].map(
		() =>
			new ClerkCore({
				codec,
				words: kvWords,
				servers,
				random: () => 0,
				requestsMayBeDoubled: true,
				limits: {attemptTimeoutMs: 5000},
			}),
	);
	const channels: (readonly [clerk: number, requestId: number])[] = [];
	const cluster = new FakeCluster(3, {sessionTimeoutMs: 2000, clockIntervalMs: 100}, (_, channel, reply) => {
		const [clerk, requestId] = channels[channel]!;
		clerks[clerk]!.reply(requestId, reply);
		isReplied = true;
	});
	const settlements: Settlement<KvTypes>['type'][] = [];
	const run = (): void => {
		do {
			isReplied = false;
			for (const [place, clerk] of clerks.entries()) {
				for (const effect of clerk.flush(cluster.now)) {
					if (effect.type === 'done' || effect.type === 'failed') settlements.push(effect.type);
					if (effect.type !== 'send') continue;
					for (const _ of [1, 2]) {
						channels.push([place, effect.requestId]);
						cluster.seats[effect.server]!.server.request(channels.length - 1, effect.request);
					}
				}
			}
			cluster.settle();
		} while (isReplied);
	};
	const write = (clerk: number): void => {
		clerks[clerk]!.submit(serviceOperation(append('k', 'x')), {deadline: cluster.now + 4000});
		run();
	};
	write(0);
	for (let step = 0; step < 20; step++) {
		cluster.now += 500;
		write(1);
	}
	write(0);
	cluster.now += 60_000;
	write(0);
	write(1);
	t.deepEqual(
		settlements,
		Array.from({length: 24}, () => 'done'),
	);
	const {state} = cluster.seats[0]!.server;
	t.like(state.read({type: 'get', key: 'k'}), {value: bytesOf('x'.repeat(24))});
	for (const clerk of clerks) clerk.close();
	run();
	t.is(state.sessionCount, 2, 'closed clerks give their sessions back; doubles of the openings are left to expire');
});

test('close settles everything, and what comes later', t => {
	const bench = new Bench({requestsMax: 1}).opened();
	const [inFlight] = bench.submit(put('a', ''));
	const [send] = bench.sends();
	const [waiting] = bench.submit(put('b', ''));
	bench.clerk.close();
	const [late] = bench.submit(get('a'));
	const [goodbye, ...others] = bench.sends();
	t.deepEqual(others, []);
	t.deepEqual(commandsOf(goodbye!.request), [{type: 'closeSession', session: 7}]);
	t.like(bench.error(inFlight!), {code: 'ERR_CLERK_CLOSED', outcome: 'unknown'});
	t.like(bench.error(waiting!), {code: 'ERR_CLERK_CLOSED', outcome: 'notExecuted'});
	t.like(bench.error(late!), {code: 'ERR_CLERK_CLOSED', outcome: 'notExecuted'});
	t.deepEqual(bench.cancelled, [send!.requestId]);
	t.is(bench.clerk.nextDeadline(), undefined);
});

test('an answer that makes no sense counts as none', t => {
	const bench = new Bench().opened();
	const [id] = bench.submit(append('a', ''));
	bench.clerk.reply(bench.sends()[0]!.requestId, {type: 'outcomes', outcomes: Uint8Array.of(0xff)});
	bench.answer(bench.sends()[0]!, written, written);
	bench.clerk.tick(5000);
	bench.sends();
	t.like(bench.error(id!), {outcome: 'unknown', attempts: 2, lastReply: 'malformed'});
});

// ------------------------------------------------------------------------------------------------- whole clusters

interface Submitted {
	readonly clerk: number;
	readonly element: string | undefined;
	settlements: Settlement<KvTypes>[];
}

interface Trouble {
	readonly lose: number;
	readonly duplicate: number;
	readonly elect: number;
	readonly restart: number;
	readonly limits: Partial<ServerLimits>;
	readonly deadlineMs: number;
}

/** Clerks and servers with a network that loses, doubles and reorders, until all has healed and settled. */
function run(seed: number, trouble: Trouble): {readonly submitted: readonly Submitted[]; readonly value: string} {
	const random = randomOf(seed);
	const pick = (count: number): number => Math.floor(random() * count);
	const submitted: Submitted[] = [];
	const clerks = [0, 1].map(
		() =>
			new ClerkCore({
				codec,
				words: kvWords,
				servers,
				random,
				requestsMayBeDoubled: trouble.duplicate > 0,
				limits: {batchOperationsMax: 3, requestsMax: 4, windowMax: 12},
			}),
	);
	const operations = clerks.map(() => new Map<number, Submitted>());
	const channels = new Map<number, readonly [clerk: number, requestId: number]>();
	let lastChannel = 0;
	let network: (() => void)[] = [];
	let isHealed = false;
	const happens = (probability: number): boolean => !isHealed && random() < probability;
	const cluster = new FakeCluster(3, {sliceOperationsMax: 4, ...trouble.limits}, (_, channel, reply: ServiceReply) => {
		const [clerk, requestId] = channels.get(channel)!;
		if (!happens(trouble.lose)) network.push(() => clerks[clerk]!.reply(requestId, reply));
		else if (random() < 0.5) network.push(() => clerks[clerk]!.requestLost(requestId));
	});
	const send = (clerk: number, {requestId, server, request}: Send): void => {
		const copies = happens(trouble.lose) ? 0 : happens(trouble.duplicate) ? 2 : 1;
		if (copies === 0 && random() < 0.5) network.push(() => clerks[clerk]!.requestLost(requestId));
		for (let copy = 0; copy < copies; copy += 1) {
			lastChannel += 1;
			const channel = lastChannel;
			channels.set(channel, [clerk, requestId]);
			network.push(() => cluster.seats[server]!.server.request(channel, request));
		}
	};
	const flush = (clerk: number): void => {
		for (const effect of clerks[clerk]!.flush(cluster.now)) {
			if (effect.type === 'send') send(clerk, effect);
			else if (effect.type !== 'cancel') operations[clerk]!.get(effect.operationId)!.settlements.push(effect);
		}
	};
	const submit = (clerk: number): void => {
		const element = random() < 0.7 ? `<${submitted.length}>` : undefined;
		const operation = element === undefined ? get('k') : append('k', element);
		const record = {clerk, element, settlements: []};
		submitted.push(record);
		const id = clerks[clerk]!.submit(serviceOperation(operation), {deadline: cluster.now + trouble.deadlineMs});
		operations[clerk]!.set(id, record);
	};
	const work = (place: number): void => {
		const {server} = cluster.seats[place]!;
		server.flush();
		cluster.commit(1 + pick(6));
		cluster.deliver(place, 1 + pick(8));
		for (let count = pick(4); count > 0; count -= 1) cluster.tell(place);
		server.slice();
	};
	for (let step = 0; step < 400; step += 1) {
		cluster.now += pick(30);
		if (random() < 0.25) submit(pick(clerks.length));
		flush(pick(clerks.length));
		for (let count = pick(3); count > 0 && network.length > 0; count -= 1)
			network.splice(pick(network.length), 1)[0]!();
		work(pick(3));
		if (random() < trouble.elect) cluster.elect(pick(3), pick(4));
		if (random() < trouble.restart) cluster.restart(pick(3));
		if (random() < 0.03) cluster.install(pick(3), pick(3));
	}
	isHealed = true;
	for (let round = 0; round < 2000 && clerks.some(clerk => clerk.pendingCount > 0); round += 1) {
		cluster.now += 20;
		for (const clerk of clerks.keys()) flush(clerk);
		const messages = network;
		network = [];
		for (const message of messages) message();
		cluster.settle();
	}
	for (const clerk of clerks.keys()) flush(clerk);
	const result = cluster.seats[0]!.server.state.read({type: 'get', key: 'k'});
	return {submitted, value: result.type === 'value' && result.value !== undefined ? textOf(result.value) : ''};
}

const occurrences = (value: string, element: string): number => value.split(element).length - 1;

function checkRun(
	t: {
		is: (actual: unknown, expected: unknown, message?: string) => unknown;
		true: (actual: boolean, message?: string) => unknown;
	},
	seed: number,
	trouble: Trouble,
): readonly string[] {
	const {submitted, value} = run(seed, trouble);
	const kinds: string[] = [];
	for (const clerk of new Set(submitted.map(record => record.clerk))) {
		const own = submitted.filter(record => record.clerk === clerk).map(({element}) => element ?? 'a read');
		const places = own.map(element => value.indexOf(element)).filter(place => place >= 0);
		t.true(
			places.every((place, offset) => offset === 0 || place > places[offset - 1]!),
			`${clerk}'s appends keep order`,
		);
	}
	for (const {element, settlements} of submitted) {
		t.is(settlements.length, 1, 'settled exactly once');
		const [settlement] = settlements;
		const failure =
			settlement?.type === 'failed' && settlement.error instanceof OperationError ? settlement.error : undefined;
		kinds.push(failure === undefined ? 'done' : `${failure.code} ${failure.outcome}`);
		if (element === undefined) continue;
		const count = occurrences(value, element);
		if (failure === undefined) t.is(count, 1, `${element} is there once`);
		else if (failure.outcome === 'notExecuted') t.is(count, 0, `${element} never ran`);
		else t.true(count <= 1, `${element} ran at most once`);
	}
	return kinds;
}

test('with a network that loses, doubles and reorders, and leaders that move, no append is lost or doubled', t => {
	fc.assert(
		fc.property(fc.integer(), seed => {
			const trouble = {lose: 0.15, duplicate: 0.1, elect: 0.03, restart: 0.01, limits: {}, deadlineMs: 1e9};
			const kinds = new Set(checkRun(t, seed, trouble));
			t.deepEqual([...kinds], ['done'], 'with time enough, everything succeeds');
		}),
		runs(60),
	);
});

for (const duplicate of [0, 0.1]) {
	const network = duplicate === 0 ? 'that loses and reorders' : 'that doubles, too';
	test(`with deadlines and a network ${network}, every operation is settled once, and its outcome is the truth`, t => {
		const kinds = new Set<string>();
		fc.assert(
			fc.property(fc.integer(), seed => {
				const trouble = {lose: 0.3, duplicate, elect: 0.05, restart: 0.02, limits: {}, deadlineMs: 700};
				for (const kind of checkRun(t, seed, trouble)) kinds.add(kind);
			}),
			runs(50),
		);
		for (const kind of ['done', 'ERR_TIMEOUT unknown', 'ERR_TIMEOUT notExecuted']) t.true(kinds.has(kind), kind);
	});

	test(`when sessions expire under clerks and a network ${network}, appends are never doubled, and a doubt is told`, t => {
		const kinds = new Set<string>();
		fc.assert(
			fc.property(fc.integer(), seed => {
				const limits = {sessionsMax: 1, sessionTimeoutMs: 300, clockIntervalMs: 50};
				const trouble = {lose: 0.2, duplicate, elect: 0.03, restart: 0.01, limits, deadlineMs: 5000};
				for (const kind of checkRun(t, seed, trouble)) kinds.add(kind);
			}),
			runs(50),
		);
		for (const kind of ['done', 'ERR_SESSION_EXPIRED unknown']) t.true(kinds.has(kind), kind);
	});
}

test('where requests may be doubled, even a refused write may have run: its other copy was not refused', t => {
	const clerk = new ClerkCore({codec, words: kvWords, servers, random: () => 0, requestsMayBeDoubled: true});
	clerk.submit(serviceOperation(put('a', '')), {deadline: 100});
	const [opening] = clerk.flush(0) as readonly Send[];
	const opened = encodeOutcomes([{type: 'sessionOpened', session: 7, timeoutMs: 600_000}]);
	clerk.reply(opening!.requestId, {type: 'outcomes', outcomes: opened});
	const [write] = clerk.flush(0) as readonly Send[];
	clerk.reply(write!.requestId, {type: 'notLeader', leaderId: undefined});
	const [settlement] = clerk.flush(100);
	t.like(settlement, {type: 'failed', error: {outcome: 'unknown', lastReply: 'notLeader'}});
});
