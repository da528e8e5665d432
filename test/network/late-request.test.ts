import {once} from 'node:events';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {MessageChannel} from 'node:worker_threads';
import test from 'ava';
import {type PackedBatch, unpackBatch} from '../../actors/network/packed-batch.js';
import {Router} from '../../actors/network/router.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {nodeId} from '../../src/raft/types.js';

const nextMessage = async (port: MessageChannel['port1']): Promise<unknown> =>
	new Promise(resolve => void port.once('message', resolve));

test('a request that is late finds its clerk gone, and the network goes on', async t => {
	const plan = new FaultPlan();
	const router = new Router({plan, random: Random.fromSeed(1), now: () => performance.now()});
	t.teardown(() => router.close());
	const node = new MessageChannel();
	router.attachNode(nodeId(0), {raft: node.port1, kv: node.port1});
	const client = router.attachClient({linkReset: () => undefined});
	plan.set('late', {type: 'delay', links: {from: 'clients', to: 'nodes'}, delay: {type: 'fixed', ms: 1000}});
	const send = (channel: number): MessageChannel['port1'] => {
		const {port1, port2} = new MessageChannel();
		const request = {type: 'write', command: new Uint8Array(0)} as const;
		router.route([{type: 'request', client, server: nodeId(0), channel, port: port2, requestId: channel, request}]);
		return port1;
	};
	const gone = send(1);
	gone.close();
	// The router must hear of it before the request is due, or it is as good as any.
	await once(gone, 'close');
	await nextTurn();
	const waiting = send(2);
	t.teardown(() => waiting.close());
	const batch = unpackBatch((await nextMessage(node.port2)) as PackedBatch);
	t.deepEqual(
		batch.map(envelope => envelope.type === 'request' && envelope.channel),
		[2],
	);
});
