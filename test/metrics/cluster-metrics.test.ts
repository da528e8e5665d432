/** What a cluster counts and measures, on real threads. */
import test from 'ava';
import {Cluster, type ClusterMetrics, type ClusterOptions, type NodeMetrics, OptionError} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';
import {nodeMetrics} from './helpers.js';

const leaderOf = ({nodes}: ClusterMetrics): NodeMetrics => {
	const leader = nodes.find(({raft}) => raft?.status.role === 'leader');
	if (leader === undefined) throw new Error('no node leads');
	return leader;
};

/** Collects until it holds. */
async function until(cluster: Cluster, holds: (metrics: ClusterMetrics) => boolean): Promise<ClusterMetrics> {
	for (;;) {
		const metrics = await cluster.metrics();
		if (holds(metrics)) return metrics;
		await new Promise(resolve => void setTimeout(resolve, 5));
	}
}

for (const kvThread of [false, true]) {
	test.serial(
		`what a load does is counted and measured, stage by stage (KV server on its own thread: ${kvThread})`,
		async t => {
			const options: ClusterOptions = {nodes: 3, kvThread, limits: {electionTimeoutMs: 2000}};
			await using cluster = await Cluster.start(options);
			await cluster.waitForLeader(30_000);
			const before = await cluster.metrics();
			t.is(before.mainThread.loopDelay, undefined, 'nothing is measured that nobody has asked for');
			t.is(leaderOf(before).raft?.commitLatency.queued.count, 0);
			await using clerk = cluster.clerk();
			const hasSamples = (metrics: ClusterMetrics): boolean => leaderOf(metrics).raft!.commitLatency.applied.count >= 5;
			let after = before;
			let written = 0;
			while (!hasSamples(after)) {
				await clerk.put(`k${written++}`, 'x'.repeat(100));
				after = await cluster.metrics();
			}
			const {raft, server, threads} = leaderOf(after);
			const {queued, appended, replicated, applied} = raft!.commitLatency;
			for (const stage of [queued, appended, replicated]) t.true(stage.count >= applied.count);
			for (const stage of [queued, appended, replicated, applied]) {
				t.is(
					stage.counts.reduce((sum, count) => sum + count),
					stage.count,
				);
				t.true(stage.sumMs > 0);
			}
			t.true(raft!.disk.logSync.count > 0);
			t.true(raft!.disk.writtenBytes > written * 100);
			t.deepEqual(
				raft!.peers.map(({to}) => to).toSorted((one, other) => one - other),
				[0, 1, 2].filter(id => id !== leaderOf(after).id),
			);
			for (const {messages, bytes} of raft!.peers) t.true(messages > written && bytes > written * 100);
			t.is(server?.items, written);
			t.true(server!.stateBytes > written * 100);
			t.is(server?.sessions, 1);
			t.deepEqual(
				threads.map(({thread}) => thread),
				[`replica-${leaderOf(after).id}`, ...(kvThread ? [`kv-${leaderOf(after).id}`] : [])],
			);
			for (const thread of [after.mainThread, ...threads]) {
				t.true(thread.heapUsedBytes > 1_000_000 && thread.loopActiveMs > 0);
				t.true(thread.loopDelay === undefined || thread.loopDelay.p99Ms >= thread.loopDelay.p50Ms);
			}
			await until(cluster, ({nodes}) =>
				nodes.some(({threads: of}) => of.some(({loopDelay}) => loopDelay !== undefined)),
			);
			t.true(after.network.messages > after.network.clientRequests && after.network.clientRequests >= written);
			t.is(after.clerks.answered, written);
			t.is(after.clerks.clerks, 1);
			t.is(after.clerks.operationsPending, 0);
			t.true(after.process.residentBytes > 10_000_000 && after.process.cpuMs > 0);
		},
	);
}

test.serial('a node that is killed, and one that is paused, do not hold up the collection', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	const leader = await cluster.waitForLeader(30_000);
	const [dead, paused] = [nodeId((leader + 1) % 3), nodeId((leader + 2) % 3)];
	await cluster.kill(dead);
	await cluster.pause(paused, 3000);
	const {nodes} = await cluster.metrics({timeoutMs: 100});
	for (const id of [dead, paused]) {
		t.deepEqual(nodes[id], {id, starts: 1, isUp: false, raft: undefined, server: undefined, threads: []});
	}
	t.true(nodes[leader]?.isUp);
	await cluster.restart(dead);
	const {nodes: again} = await cluster.metrics();
	t.like(again[dead], {isUp: true, starts: 2});
	await t.throwsAsync(cluster.metrics({timeoutMs: -1}), {instanceOf: OptionError});
});

test.serial('elections, leaders, losses, snapshots and slow disks are counted', async t => {
	await using cluster = await Cluster.start({nodes: 3, maxRaftState: 20_000, limits: {diskStallMs: 400}});
	const first = await cluster.waitForLeader(30_000);
	const {raft} = nodeMetrics(await cluster.metrics(), first);
	t.true(raft!.elections.noLeader + raft!.elections.votesMissing + raft!.elections.leaderSilent >= 1);
	t.true(raft!.leaderChanges >= 1);
	const behind = nodeId((first + 1) % 3);
	await cluster.kill(behind);
	await using clerk = cluster.clerk();
	await Promise.all(Array.from({length: 300}, (_, key) => clerk.put(`k${key}`, 'x'.repeat(200))));
	await cluster.restart(behind);
	const moved = await until(cluster, metrics => (nodeMetrics(metrics, behind).raft?.snapshotsInstalled.count ?? 0) > 0);
	t.true(moved.nodes.some(({raft: of}) => (of?.snapshotsTaken.count ?? 0) > 0));
	await until(cluster, ({nodes}) => nodes.some(({raft: of}) => (of?.snapshotsSent.count ?? 0) > 0));
	cluster.setDiskFaults(behind, {delayMs: 800});
	await clerk.put('slow', '1');
	await until(cluster, metrics => (nodeMetrics(metrics, behind).raft?.diskStalls ?? 0) > 0);
	await until(cluster, metrics => {
		const {counts = [], boundsMs = []} = nodeMetrics(metrics, behind).raft?.disk.logSync ?? {};
		return counts.some((count, bucket) => count > 0 && (boundsMs[bucket] ?? Infinity) >= 800);
	});
	cluster.setDiskFaults(behind, {});
	const leader = await cluster.waitForLeader(30_000);
	cluster.faults.isolate(leader);
	await until(cluster, metrics => (nodeMetrics(metrics, leader).raft?.leadershipLosses.noQuorum ?? 0) > 0);
});

test.serial('messages that the network holds back, loses, or cannot deliver are counted', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	await cluster.waitForLeader(30_000);
	cluster.faults.setDelay({type: 'uniform', minMs: 200, maxMs: 200});
	await until(cluster, ({network}) => network.delayed > 0 && network.delayedBytes > 0);
	cluster.faults.reset();
	const {network} = await until(cluster, ({network: now}) => now.delayed === 0);
	t.is(network.delayedBytes, 0);
	cluster.faults.setLoss(1);
	await until(cluster, ({network: now}) => now.lost > network.lost);
	cluster.faults.reset();
	await cluster.kill(nodeId(0));
	await until(cluster, ({network: now}) => now.undeliverable > 0);
});
