/** What the router does about a change of the plan. */
import {MessageChannel} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {Router} from '../../actors/network/router.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';

interface Scene {
	readonly plan: FaultPlan;
	readonly router: Router;
	readonly node: MessageChannel;
	/** The servers whose channels a clerk was told to give up, in order. */
	readonly resets: NodeId[];
	readonly client: number;
}

function scene(t: ExecutionContext): Scene {
	const plan = new FaultPlan();
	const router = new Router({plan, random: Random.fromSeed(1), now: () => performance.now()});
	t.teardown(() => router.close());
	const node = new MessageChannel();
	router.attachNode(nodeId(0), {raft: node.port1, kv: node.port1});
	const resets: NodeId[] = [];
	const client = router.attachClient({linkReset: server => void resets.push(server)});
	return {plan, router, node, resets, client};
}

const lostReplies = {type: 'loss', links: {from: 'nodes', to: 'clients'}, probability: 1} as const;

test('a fault of a link makes clerks give up its reply channels, by itself and once a turn', async t => {
	const {plan, resets} = scene(t);
	plan.set('replies', lostReplies);
	plan.setDelay({type: 'fixed', ms: 1}, 'everyone');
	t.deepEqual(resets, []);
	await Promise.resolve();
	t.deepEqual(resets, [nodeId(0)]);
});

test('a fault between nodes leaves the reply channels of clerks alone', async t => {
	const {plan, resets} = scene(t);
	plan.setLoss(0.5);
	plan.isolate(0);
	await Promise.resolve();
	t.deepEqual(resets, []);
});

test('after the heal no reply passes by the router, also of a clerk that came under the fault', async t => {
	const {plan, router, resets} = scene(t);
	plan.set('replies', lostReplies);
	await Promise.resolve();
	resets.splice(0);
	const late: NodeId[] = [];
	const client = router.attachClient({linkReset: server => void late.push(server)});
	const {port1, port2} = new MessageChannel();
	t.teardown(() => port1.close());
	const request = {type: 'write', command: new Uint8Array(0)} as const;
	router.route([{type: 'request', client, server: nodeId(0), channel: 1, port: port2, requestId: 1, request}]);
	plan.reset();
	await Promise.resolve();
	t.deepEqual(late, [nodeId(0)], 'its channel has a pair of the router between');
	t.deepEqual(resets, [], 'this one has no channel');
});

test('a router that is closed hears nothing more of its plan', async t => {
	const {plan, router, resets} = scene(t);
	plan.set('replies', lostReplies);
	router.close();
	await Promise.resolve();
	plan.setDelay({type: 'fixed', ms: 1}, 'everyone');
	await Promise.resolve();
	t.deepEqual(resets, []);
});
