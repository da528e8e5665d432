/** What the console shows of nodes that people have paused, slowed down and killed. */
import test from 'ava';
import {Cluster} from '../../actors/index.js';
import {ClusterTarget} from '../../actors/cli/cluster-target.js';
import {nodeId} from '../../src/raft/types.js';

test('a node that is paused is shown as such with the time that is left, and one that is killed is down and not marked', async t => {
	const cluster = await Cluster.start({nodes: 3});
	const target = new ClusterTarget(cluster, {close: async () => undefined});
	t.teardown(() => target.close());
	await cluster.inject({type: 'slowSync', node: 0, delay: {type: 'fixed', ms: 20}});
	await cluster.inject({type: 'crash', node: 2, disk: 'kept'}, 'crash #1');
	await cluster.pause(nodeId(1), 600_000);
	const [slow, paused, killed] = await target.status();
	t.true(slow?.hasFault);
	t.like(paused, {type: 'paused', hasFault: true});
	t.true(paused?.type === 'paused' && paused.leftMs > 0 && paused.leftMs <= 600_000);
	t.deepEqual(killed, {type: 'down', node: 2});
	const lines = await target.faults();
	t.is(lines.length, 3);
	t.deepEqual(lines.slice(0, 2), ['disk 0: fsync slow by 20 ms (heal slowSync 0)', 'node 2 killed (heal "crash #1")']);
	t.regex(lines[2] ?? '', /^node 1 paused for \d+\.\d s more \(heal pause 1\)$/);
	t.deepEqual(await target.heal(({name}) => name === 'crash #1'), ['node 2 killed']);
});
