import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {Cluster} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';

for (const kvThread of [false, true]) {
	const where = kvThread ? 'with the KV server on a thread of its own' : "with the KV server on its node's thread";

	test.serial(`a cluster answers, loses its leader, goes on, takes it back (${where})`, async t => {
		const cluster = await Cluster.start({nodes: 3, kvThread});
		t.teardown(() => cluster.close());
		const clerk = cluster.clerk();
		await clerk.put('city', 'Zürich');
		await clerk.append('city', '!');
		t.is(await clerk.getText('city'), 'Zürich!');
		t.is(await clerk.increment('visits', 2), 2n);

		const leader = await cluster.waitForLeader(5000);
		await cluster.kill(leader);
		await clerk.append('city', '?');
		t.is(await clerk.getText('city'), 'Zürich!?');
		await cluster.restart(leader);
		const status = await cluster.status();
		t.true(status.every(({state}) => state === 'up'));
	});
}

test.serial('a closed cluster starts and pauses no node, and its nodes are killed already', async t => {
	const cluster = await Cluster.start({nodes: 1});
	const id = nodeId(0);
	const closed = cluster.close();
	const closedState = {name: 'ClusterStateError', code: 'ERR_CLUSTER_STATE'};
	const late = [t.throwsAsync(cluster.restart(id), closedState), cluster.kill(id)];
	await closed;
	await Promise.all(late);
	await t.throwsAsync(cluster.restart(id), closedState);
	await t.throwsAsync(cluster.pause(id, 1), closedState);
	await t.notThrowsAsync(cluster.kill(id));
	await t.throwsAsync(cluster.kill(nodeId(1)), {...closedState, message: /no node 1/});
});

test.serial('a listener that throws is told to the process as a bug of its own, and disturbs no node', async t => {
	const script = `
		import {Cluster} from ${JSON.stringify(new URL('../../actors/index.js', import.meta.url))};
		process.on('uncaughtException', error => console.log(error.message));
		const cluster = await Cluster.start({nodes: 1});
		// What the first election tells is over.
		await cluster.clerk().put('a', '1');
		cluster.on('event', ({type}) => {
			throw new Error('told of ' + type);
		});
		await cluster.kill(0);
		await cluster.restart(0);
		console.log((await cluster.status())[0].state);
		await cluster.close();`;
	const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
	const ofFaults = ['faultCleared', 'faultSet', 'faultsChanged', 'faultsChanged'];
	const told = [...ofFaults, 'nodeDown', 'nodeUp', 'threadEnded', 'threadEnded', 'threadStarted'];
	t.deepEqual(stdout.trim().split('\n').sort(), [...told.map(type => `told of ${type}`), 'up']);
});
