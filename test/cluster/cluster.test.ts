import test from 'ava';
import {Cluster} from '../../actors/index.js';

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
