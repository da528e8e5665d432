import {MessageChannel, receiveMessageOnPort} from 'node:worker_threads';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import type {Envelope} from '../../actors/network/envelope.js';
import {packBatch, type PackedBatch, unpackBatch} from '../../actors/network/packed-batch.js';
import {Router} from '../../actors/network/router.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';

function routerOf(t: ExecutionContext, nodes: number) {
	const plan = new FaultPlan();
	const router = new Router({plan, random: Random.fromSeed(1), now: () => 0});
	const threads = Array.from({length: nodes}, (_, id) => {
		const {port1, port2} = new MessageChannel();
		router.attachNode(nodeId(id), {raft: port1, kv: port1});
		return port2;
	});
	t.teardown(() => {
		router.close();
		for (const port of threads) port.close();
	});
	const received = (id: number): readonly Envelope[] => {
		const all: Envelope[] = [];
		for (;;) {
			const next = receiveMessageOnPort(threads[id]!);
			if (next === undefined) return all;
			all.push(...unpackBatch(next.message as PackedBatch));
		}
	};
	return {plan, router, threads, received};
}

const ends = (peer: number): Envelope => ({type: 'peerDown', peer: nodeId(peer)});

test('the others are told of the end of a node, whatever faults their links have', t => {
	const {plan, router, received} = routerOf(t, 3);
	plan.cut(nodeId(0), nodeId(1));
	router.detachNode(nodeId(0));
	t.deepEqual(received(1), [ends(0)]);
	t.deepEqual(received(2), [ends(0)]);
	router.detachNode(nodeId(0));
	t.deepEqual(received(1), [], 'once');
});

test('the end of a node is told after all that it has said', async t => {
	const {threads, received, router} = routerOf(t, 2);
	const message = {type: 'timeoutNow', term: 1, lastLogIndex: 0} as never;
	const said = {type: 'raft', from: nodeId(0), to: nodeId(1), message} as const;
	threads[0]!.postMessage(packBatch([said]));
	threads[0]!.close();
	// Its port closes at the other end after the message.
	while (router.delivered.get(nodeId(1)) === 0) await new Promise(resolve => setImmediate(resolve));
	const all = [...received(1)];
	while (all.length < 2) {
		await new Promise(resolve => setImmediate(resolve));
		all.push(...received(1));
	}
	t.deepEqual(all, [said, ends(0)]);
});

test('all are told once when a majority has begun', t => {
	const {router, received} = routerOf(t, 3);
	router.nodesBegan();
	for (const id of [0, 1, 2]) t.deepEqual(received(id), [{type: 'noLeader'}]);
});

test('no node can tell of the end of another, and none is told when all end together', async t => {
	const {threads, received, router} = routerOf(t, 3);
	router.route([ends(2)]);
	t.deepEqual(received(1), []);
	router.clusterEnds();
	const closed = once(threads[0]!, 'close');
	router.detachNode(nodeId(0) satisfies NodeId);
	await closed;
	t.deepEqual(received(1), []);
});
