import test from 'ava';
import * as fc from 'fast-check';
import {clientEndpoint, nodeEndpoint, type Endpoint} from '../../src/faults/endpoint.js';
import {FaultPlan, type Delivery} from '../../src/faults/fault-plan.js';
import {FaultError} from '../../src/faults/fault-error.js';
import type {MessageKind} from '../../src/faults/lab-network.js';
import type {NetworkFault} from '../../src/faults/network-fault.js';
import {Random} from '../../src/base/random.js';

const nodes = Array.from({length: 5}, (_, node) => nodeEndpoint(node));
const [n0, n1, n2, , n4] = nodes as [Endpoint, Endpoint, Endpoint, Endpoint, Endpoint];
const clerk = clientEndpoint('clerk');
const all = {from: 'everyone', to: 'everyone'} as const;

const planOf = (...faults: readonly NetworkFault[]): FaultPlan =>
	new FaultPlan({faults: faults.map((fault, offset) => ({id: `f${offset}`, fault}))});

function decideMany(plan: FaultPlan, kind: MessageKind, count = 20_000, seed = 1): readonly (readonly Delivery[])[] {
	const random = Random.fromSeed(seed);
	return Array.from({length: count}, () => plan.decide(n0, n1, kind, random, 0));
}

const delays = (decisions: readonly (readonly Delivery[])[]): readonly number[] =>
	decisions.flat().map(delivery => delivery.afterMs);
const lostPart = (decisions: readonly (readonly Delivery[])[]): number =>
	decisions.filter(deliveries => deliveries.length === 0).length / decisions.length;
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
const isNear = (value: number, wanted: number, tolerance: number): boolean => Math.abs(value - wanted) <= tolerance;

/** Who hears whom, as a matrix of 1 and 0; a row is a sender. */
const hearing = (plan: FaultPlan, endpoints = nodes): readonly string[] =>
	endpoints.map(from => endpoints.map(to => (plan.isCut(from, to) ? 0 : 1)).join(''));

test('without faults every link is clean, and a message arrives once and at once without a draw', t => {
	const plan = new FaultPlan();
	const random = Random.fromSeed(1);
	t.true(plan.isClean(n0, n1));
	t.deepEqual(plan.decide(n0, n1, 'request', random, 5), [{afterMs: 0}]);
	t.deepEqual(random.state, Random.fromSeed(1).state);
	t.deepEqual(plan.describe(), []);
});

test('only links that a fault touches are not clean, and they are clean again once it is cleared', t => {
	const plan = new FaultPlan();
	plan.set('slow', {type: 'delay', links: {from: n0, to: n1}, delay: {type: 'fixed', ms: 5}});
	t.deepEqual([plan.isClean(n0, n1), plan.isClean(n1, n0), plan.isClean(n0, n2)], [false, true, true]);
	t.true(plan.clear('slow'));
	t.false(plan.clear('slow'));
	t.true(plan.isClean(n0, n1));
});

test('loss, duplication and reordering happen as often as they say', t => {
	const lossy = decideMany(planOf({type: 'loss', links: all, probability: 0.25}), 'request');
	t.true(isNear(lostPart(lossy), 0.25, 0.01));
	t.deepEqual(new Set(delays(lossy)), new Set([0]));

	const copyDelay = {type: 'fixed', ms: 7} as const;
	const doubled = decideMany(planOf({type: 'duplicate', links: all, probability: 0.5, copyDelay}), 'reply');
	t.true(isNear(doubled.filter(deliveries => deliveries.length === 2).length / doubled.length, 0.5, 0.01));
	t.deepEqual(
		doubled.find(deliveries => deliveries.length === 2),
		[{afterMs: 0}, {afterMs: 7}],
	);

	const held = decideMany(
		planOf({type: 'reorder', links: all, probability: 0.1, delay: {type: 'fixed', ms: 30}}),
		'request',
	);
	t.true(isNear(delays(held).filter(ms => ms === 30).length / held.length, 0.1, 0.01));
	t.is(lostPart(held), 0);
});

test('delays follow their distribution', t => {
	const under = (delay: (NetworkFault & {type: 'delay'})['delay']): readonly number[] =>
		delays(decideMany(planOf({type: 'delay', links: all, delay}), 'request'));
	t.deepEqual(new Set(under({type: 'fixed', ms: 12})), new Set([12]));
	const uniform = under({type: 'uniform', minMs: 10, maxMs: 30});
	t.true(uniform.every(ms => ms >= 10 && ms <= 30));
	t.true(isNear(mean(uniform), 20, 0.3));
	const exponential = under({type: 'exponential', minMs: 5, meanMs: 10});
	t.true(exponential.every(ms => ms >= 5));
	t.true(isNear(mean(exponential), 15, 0.4));
});

test('faults of one link add up', t => {
	const plan = planOf(
		{type: 'delay', links: all, delay: {type: 'fixed', ms: 10}},
		{type: 'delay', links: {from: n0, to: 'nodes'}, delay: {type: 'fixed', ms: 5}},
		{type: 'loss', links: all, probability: 0.5},
		{type: 'loss', links: all, probability: 0.5},
	);
	const decisions = decideMany(plan, 'request');
	t.deepEqual(new Set(delays(decisions)), new Set([15]));
	t.true(isNear(lostPart(decisions), 0.75, 0.01));
});

test('unreliable: requests come 0 to 26 ms late, replies at once, and 10 % of each are lost (labrpc)', t => {
	const plan = new FaultPlan();
	plan.setMode('unreliable', true);
	const requests = decideMany(plan, 'request');
	t.true(isNear(lostPart(requests), 0.1, 0.01));
	t.deepEqual(
		[...new Set(delays(requests))].sort((one, other) => one - other),
		[...Array(27).keys()],
	);
	t.true(isNear(mean(delays(requests)), 13, 0.2));
	const replies = decideMany(plan, 'reply');
	t.true(isNear(lostPart(replies), 0.1, 0.01));
	t.deepEqual(new Set(delays(replies)), new Set([0]));
	plan.setMode('unreliable', false);
	t.true(plan.isClean(n0, n1));
});

test('long reordering: two of three replies come 200 to 2199 ms late, 0.7 s in the mean, requests at once (labrpc)', t => {
	const plan = new FaultPlan();
	plan.setMode('longReordering', true);
	t.deepEqual(new Set(delays(decideMany(plan, 'request'))), new Set([0]));
	const replies = decideMany(plan, 'reply');
	const late = delays(replies).filter(ms => ms > 0);
	t.is(lostPart(replies), 0);
	t.true(isNear(late.length / replies.length, 2 / 3, 0.01));
	t.true(late.every(ms => ms >= 200 && ms <= 2199));
	t.true(isNear(mean(late), 700, 20));
});

test('long delays change no message, only how late the loss of a request is noticed (labrpc)', t => {
	const plan = new FaultPlan();
	const notices = (): readonly number[] => {
		const random = Random.fromSeed(4);
		return Array.from({length: 5000}, () => plan.lossNoticeMs(random));
	};
	t.is(Math.max(...notices()), 99);
	plan.setMode('longDelays', true);
	t.true(plan.isClean(n0, n1));
	t.true(notices().every(ms => ms >= 0 && ms <= 6999));
	t.true(isNear(mean(notices()), 3500, 100));
});

test('a partition cuts both ways between its groups, and nothing inside of them or towards clients', t => {
	const plan = new FaultPlan();
	plan.partition([
		[0, 1],
		[2, 3, 4],
	]);
	t.deepEqual(hearing(plan), ['11000', '11000', '00111', '00111', '00111']);
	t.true(plan.isClean(clerk, n0));
	t.true(plan.isClean(n4, clerk));
	t.deepEqual(plan.decide(n0, n2, 'request', Random.fromSeed(1), 0), []);
	t.deepEqual(plan.describe(), ['partition 0,1 | 2,3,4']);
});

test('nodes that a partition does not name form one more group', t => {
	const plan = new FaultPlan();
	plan.partition([[0], [1]]);
	t.deepEqual(hearing(plan), ['10000', '01000', '00111', '00111', '00111']);
});

test('a client that a partition names is in its group', t => {
	const plan = new FaultPlan();
	plan.partition([[0, clerk], [1]]);
	t.deepEqual([plan.isCut(clerk, n0), plan.isCut(clerk, n1), plan.isCut(n2, clerk)], [false, true, true]);
	t.false(plan.isCut(clientEndpoint('other'), n1));
});

test('a node in two groups is a bridge that both sides hear', t => {
	const plan = new FaultPlan();
	plan.partition([
		[0, 1, 2],
		[2, 3, 4],
	]);
	t.deepEqual(hearing(plan), ['11100', '11100', '11111', '00111', '00111']);
});

test('a one-way partition loses only what goes from a group to a later one', t => {
	const plan = new FaultPlan();
	plan.partition([[0, 1]], {oneWay: true});
	t.deepEqual(hearing(plan), ['11000', '11000', '11111', '11111', '11111']);
});

test('a new partition replaces the one before, and healing ends partitions, isolations, cuts and flapping only', t => {
	const plan = new FaultPlan();
	plan.partition([[0]]);
	plan.partition([[1]]);
	t.deepEqual(hearing(plan), ['10111', '01000', '10111', '10111', '10111']);
	plan.isolate(2);
	plan.cut(3, 4);
	plan.set('flap', {type: 'flapping', links: all, downMs: 1, upMs: 1});
	plan.setLoss(0.1);
	plan.setMode('unreliable', true);
	plan.heal();
	t.deepEqual(
		plan.toJSON().faults.map(({id}) => id),
		['loss', 'unreliable'],
	);
	plan.reset();
	t.deepEqual(plan.toJSON(), {faults: []});
	t.true(plan.isClean(n0, n1));
});

test('an isolated node hears no node and no node hears it; clients only when asked', t => {
	const plan = new FaultPlan();
	plan.isolate(1);
	t.deepEqual(hearing(plan), ['10111', '01000', '10111', '10111', '10111']);
	t.false(plan.isCut(clerk, n1));
	plan.isolate(1, {clients: true});
	t.true(plan.isCut(clerk, n1) && plan.isCut(n1, clerk));
	t.false(plan.isCut(clerk, n0));
});

test('isolation can be one way: inbound loses what the node would hear, outbound what it says', t => {
	const inbound = new FaultPlan();
	inbound.isolate(0, {direction: 'inbound'});
	t.deepEqual([inbound.isCut(n1, n0), inbound.isCut(n0, n1)], [true, false]);
	const outbound = new FaultPlan();
	outbound.isolate(0, {direction: 'outbound'});
	t.deepEqual([outbound.isCut(n1, n0), outbound.isCut(n0, n1)], [false, true]);
});

test('a cut is one way', t => {
	const plan = new FaultPlan();
	plan.cut(0, 1);
	plan.cut(clerk, 2);
	t.deepEqual(hearing(plan), ['10111', '11111', '11111', '11111', '11111']);
	t.deepEqual([plan.isCut(clerk, n2), plan.isCut(n2, clerk)], [true, false]);
});

test('two-way partitions are symmetric, and every node hears itself, whatever the groups', t => {
	const groups = fc.array(fc.subarray([0, 1, 2, 3, 4], {minLength: 1}), {minLength: 1, maxLength: 4});
	fc.assert(
		fc.property(groups, fc.boolean(), (drawn, oneWay) => {
			const plan = new FaultPlan();
			plan.partition(drawn, {oneWay});
			for (const from of nodes) {
				t.false(plan.isCut(from, from));
				for (const to of nodes) {
					if (oneWay) t.false(plan.isCut(from, to) && plan.isCut(to, from));
					else t.is(plan.isCut(from, to), plan.isCut(to, from));
				}
			}
		}),
		{seed: 5, numRuns: 100},
	);
});

test('loss and delay set by hand concern nodes, and clients when asked', t => {
	const plan = new FaultPlan();
	plan.setLoss(0.5);
	t.deepEqual([plan.isClean(n0, n1), plan.isClean(clerk, n0)], [false, true]);
	plan.setLoss(0);
	plan.setDelay({type: 'fixed', ms: 3}, 'everyone');
	t.deepEqual(plan.decide(clerk, n0, 'request', Random.fromSeed(1), 0), [{afterMs: 3}]);
	plan.setDelay(undefined);
	t.true(plan.isClean(clerk, n0));
});

test('a flapping link is down, then up, by the time of the message', t => {
	const plan = planOf({type: 'flapping', links: all, downMs: 10, upMs: 5});
	const random = Random.fromSeed(1);
	const arrived = [0, 9, 10, 14, 15, 24, 25].map(nowMs => plan.decide(n0, n1, 'request', random, nowMs).length);
	t.deepEqual(arrived, [0, 0, 1, 1, 0, 0, 1]);
	t.false(plan.isCut(n0, n1));
});

test('a clogged link lets everything through at one moment', t => {
	const plan = planOf({type: 'clog', links: all, untilMs: 100});
	const random = Random.fromSeed(1);
	const arrivals = [0, 40, 100, 130].map(nowMs => nowMs + plan.decide(n0, n1, 'request', random, nowMs)[0]!.afterMs);
	t.deepEqual(arrivals, [100, 100, 100, 130]);
});

test('a throttled link sends one after the other at its rate, link by link, and loses what its queue has no room for', t => {
	const plan = planOf({type: 'throttle', links: all, bytesPerSecond: 1000, queueBytesMax: 250});
	const random = Random.fromSeed(1);
	const send = (to: Endpoint, nowMs: number, bytes: number): readonly Delivery[] =>
		plan.decide(n0, to, 'request', random, nowMs, bytes);
	t.deepEqual(send(n1, 0, 100), [{afterMs: 100}]);
	t.deepEqual(send(n1, 0, 100), [{afterMs: 200}]);
	t.deepEqual(send(n1, 0, 100), []);
	t.deepEqual(send(n2, 0, 100), [{afterMs: 100}]);
	plan.setLoss(0);
	plan.cut(3, 4);
	t.deepEqual(send(n1, 150, 10), [{afterMs: 60}], 'the queue outlives a change elsewhere in the plan');
	t.deepEqual(send(n1, 1000, 5000), [{afterMs: 5000}], 'an empty queue takes a message of any size');
});

test('a plan that went through JSON decides as the first one', t => {
	const plan = new FaultPlan();
	plan.setMode('unreliable', true);
	plan.setMode('longReordering', true);
	plan.isolate(3, {direction: 'outbound'});
	plan.setDelay({type: 'exponential', minMs: 1, meanMs: 4});
	const copy = new FaultPlan(JSON.parse(JSON.stringify(plan)));
	t.deepEqual(decideMany(copy, 'reply', 500), decideMany(plan, 'reply', 500));
	t.deepEqual(copy.describe(), plan.describe());
	t.deepEqual(copy.describe(), [
		'unreliable network (10 % of requests and of replies lost, requests 0..26 ms late)',
		'long reordering (two of three replies 200..2199 ms late)',
		'no other node hears node 3',
		'messages late by 1 ms + exponential of mean 4 ms between nodes',
	]);
});

test('impossible numbers are refused', t => {
	const plan = new FaultPlan();
	t.throws(() => plan.setLoss(1.5), {message: /from 0 to 1, not 1.5/});
	t.throws(() => plan.setLoss(Number.NaN), {instanceOf: FaultError});
	t.throws(() => plan.setDelay({type: 'uniform', minMs: 5, maxMs: 1}), {instanceOf: FaultError});
	t.throws(() => plan.setDelay({type: 'fixed', ms: -1}), {instanceOf: FaultError});
	t.throws(() => plan.isolate(-1), {instanceOf: FaultError});
	t.throws(() => plan.partition([]), {instanceOf: FaultError});
	t.deepEqual(plan.toJSON(), {faults: []});
});

test('a plan tells its listeners of each change once, with the change made, and of nothing else', t => {
	const plan = planOf({type: 'unreliable'});
	const told: string[] = [];
	const stop = plan.onChange(() => told.push(plan.describe().length.toString()));
	plan.isolate(1);
	plan.cut(0, 2);
	plan.partition([[0, 1], [2]]);
	t.deepEqual(told.splice(0), ['2', '3', '4']);
	plan.heal();
	t.deepEqual(told.splice(0), ['1'], 'three faults are taken away by one call');
	plan.heal();
	t.false(plan.clear('cut node:0 node:2'));
	t.throws(() => plan.setLoss(2), {instanceOf: FaultError});
	t.deepEqual(told, [], 'these change nothing');
	plan.reset();
	t.deepEqual(told.splice(0), ['0']);
	stop();
	plan.isolate(1);
	t.deepEqual(told, []);
});

test('the same function can listen twice, and each ends for itself', t => {
	const plan = new FaultPlan();
	let count = 0;
	const listener = (): void => void (count += 1);
	const stop = plan.onChange(listener);
	plan.onChange(listener);
	plan.isolate(1);
	t.is(count, 2);
	stop();
	stop();
	plan.heal();
	t.is(count, 3);
});
