import test from 'ava';
import {TestCluster} from './cluster.js';
import {hasConverged} from './harness/chaos.js';

for (const voters of [1, 3, 5, 7]) {
	test(`${voters} voters elect one leader, and all learn what it commits (§5.2, §5.3)`, t => {
		const cluster = new TestCluster({seed: voters, voters});
		t.true(cluster.runUntil(() => hasConverged(cluster), 2000));
		const leader = cluster.leader();
		t.truthy(leader);
		cluster.propose(leader!.id, [Buffer.from('first'), Buffer.from('second')]);
		t.true(cluster.runUntil(() => cluster.judge.committed.length === 3 && hasConverged(cluster), 500));
	});
}
