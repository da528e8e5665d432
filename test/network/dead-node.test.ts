import {once} from 'node:events';
import {MessageChannel} from 'node:worker_threads';
import test from 'ava';
import {Router} from '../../actors/network/router.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {Random} from '../../src/base/random.js';
import {nodeId} from '../../src/raft/types.js';

test('a request to a node that is down is refused at once, as a lost one is not', async t => {
	const plan = new FaultPlan();
	const drawn: string[] = [];
	const random = Random.fromSeed(1);
	plan.lossNoticeMs = () => {
		drawn.push('loss notice');
		return 0;
	};
	const router = new Router({plan, random, now: () => 0});
	t.teardown(() => router.close());
	const client = router.attachClient({linkReset: () => undefined});
	const refused = async (channel: number): Promise<void> => {
		const {port1, port2} = new MessageChannel();
		const request = {type: 'write', command: new Uint8Array(0)} as const;
		port1.ref();
		const closed = once(port1, 'close');
		router.route([{type: 'request', client, server: nodeId(0), channel, port: port2, requestId: channel, request}]);
		await closed;
	};
	await refused(1);
	t.is(router.counters.undeliverable, 1);
	t.deepEqual(drawn, []);
	plan.cut('client:0', nodeId(0));
	await refused(2);
	t.deepEqual(drawn, ['loss notice']);
});
