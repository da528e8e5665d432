import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Cluster, TimeoutError} from '../../actors/index.js';

const start = async (t: ExecutionContext, nodes: number, kvThread: boolean): Promise<Cluster> => {
	const cluster = await Cluster.start({nodes, kvThread});
	t.teardown(() => cluster.close());
	await cluster.waitForLeader(10_000);
	return cluster;
};

for (const kvThread of [false, true]) {
	const where = kvThread ? ' (KV servers on threads of their own)' : '';

	test.serial(
		`a clerk that is cut off from every server learns it at its deadline, and works again after the heal${where}`,
		async t => {
			const cluster = await start(t, 3, kvThread);
			const clerk = cluster.clerk({timeoutMs: 3000});
			await clerk.put('a', '1');
			for (const node of cluster.nodeIds) cluster.faults.cut('client:0', node);
			const error = await t.throwsAsync(clerk.put('a', '2'), {instanceOf: TimeoutError});
			t.is(error.lastReply, 'lost');
			cluster.faults.heal();
			t.truthy(await clerk.put('a', '3'));
			t.is(await clerk.getText('a'), '3');
		},
	);

	test.serial(
		`replies are lost too: a clerk that cannot be answered keeps its operation exactly once${where}`,
		async t => {
			const cluster = await start(t, 3, kvThread);
			const clerk = cluster.clerk({timeoutMs: 20_000});
			await clerk.put('log', '');
			// The link from the servers back to the clerk goes through ports of the router's as soon as it has a fault.
			for (const node of cluster.nodeIds) {
				cluster.faults.set(`replies ${node}`, {
					type: 'loss',
					links: {from: `node:${node}`, to: 'client:0'},
					probability: 0.5,
				});
			}
			const lostBefore = cluster.traffic.lost;
			for (let token = 0; token < 30; token++) await clerk.append('log', `${token},`);
			t.true(cluster.traffic.lost > lostBefore, 'replies were lost');
			t.is(await clerk.getText('log'), Array.from({length: 30}, (_, token) => `${token},`).join(''));
		},
	);

	test.serial(`a throttled link takes its time for what is large${where}`, async t => {
		const cluster = await start(t, 3, kvThread);
		const clerk = cluster.clerk({timeoutMs: 20_000});
		const links = {from: 'nodes', to: 'nodes'} as const;
		cluster.faults.set('narrow', {type: 'throttle', links, bytesPerSecond: 50_000, queueBytesMax: 1_000_000});
		t.truthy(await clerk.put('small', 'x'.repeat(100)));
		// Two seconds on the wire.
		const hasty = cluster.clerk({timeoutMs: 1000});
		await t.throwsAsync(hasty.put('large', 'x'.repeat(100_000)), {instanceOf: TimeoutError});
		cluster.faults.clear('narrow');
		t.truthy(await clerk.put('large', 'x'.repeat(100_000)));
	});

	test.serial(`requests that arrive twice take effect once${where}`, async t => {
		const cluster = await start(t, 3, kvThread);
		const clerk = cluster.clerk({timeoutMs: 20_000});
		cluster.faults.set('twice', {
			type: 'duplicate',
			links: {from: 'everyone', to: 'everyone'},
			probability: 1,
			copyDelay: {type: 'uniform', minMs: 0, maxMs: 20},
		});
		for (let token = 0; token < 30; token++) await clerk.append('log', `${token},`);
		t.is(await clerk.getText('log'), Array.from({length: 30}, (_, token) => `${token},`).join(''));
	});

	test.serial(`a node that is cut off one way only does not stop the others${where}`, async t => {
		const cluster = await start(t, 3, kvThread);
		const leader = await cluster.waitForLeader(5000);
		const clerk = cluster.clerk({timeoutMs: 20_000});
		await clerk.put('a', '1');
		// The leader hears nobody but everybody hears it: without CheckQuorum it would keep its followers from electing.
		cluster.faults.isolate(leader, {direction: 'inbound'});
		await clerk.put('a', '2');
		t.not(await cluster.leader(), leader);
		t.is(await clerk.getText('a'), '2');
	});

	test.serial(
		`a main thread that is blocked for a second loses nothing, and the cluster recovers by itself${where}`,
		async t => {
			const cluster = await start(t, 3, kvThread);
			const clerk = cluster.clerk({timeoutMs: 20_000});
			const appends = Array.from({length: 100}, (_, token) => clerk.append('log', `${token},`));
			await sleep(5);
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
			await Promise.all(appends);
			t.is((await clerk.getText('log'))?.split(',').length, 101);
		},
	);

	test.serial(`a paused leader is replaced, and what it answers afterwards is not stale${where}`, async t => {
		const cluster = await start(t, 3, kvThread);
		const clerk = cluster.clerk({timeoutMs: 20_000});
		await clerk.put('a', '1');
		const leader = await cluster.waitForLeader(5000);
		await cluster.pause(leader, 1500);
		await clerk.put('a', '2');
		// The old leader runs again, and has not heard yet that it no longer leads.
		await sleep(1500);
		t.is(await clerk.getText('a'), '2');
	});
}
