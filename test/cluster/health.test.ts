import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {availabilityOf, type ClusterHealth, describeReason, healthOf} from '../../actors/cluster/health.js';
import type {NodeStatus} from '../../actors/cluster/node-state.js';
import {Cluster} from '../../actors/cluster/cluster.js';
import {nodeId, type Role} from '../../src/raft/types.js';

const blank = {replica: undefined, error: undefined, damage: undefined, faults: []};
const up = (id: number, role: Role, currentTerm = 4, silentPeers: readonly number[] = []): NodeStatus =>
	({
		...blank,
		id: nodeId(id),
		state: 'up',
		replica: {id: nodeId(id), role, currentTerm, silentPeers},
	}) as unknown as NodeStatus;
const not = (id: number, state: NodeStatus['state'], rest: Partial<NodeStatus> = {}): NodeStatus => ({
	...blank,
	id: nodeId(id),
	state,
	...rest,
});
const damage = {file: 'data/node-2/log-0000000001', offset: 400, reason: 'node 2: storage is damaged'};

test('health: all up and led is serving; a node that is not up or is silent makes it degraded', t => {
	t.deepEqual(healthOf([up(0, 'follower'), up(1, 'leader'), up(2, 'follower')]), {
		state: 'serving',
		leader: nodeId(1),
		nodes: 3,
		up: 3,
		reasons: [],
	});
	const degraded = healthOf([up(0, 'leader'), not(1, 'up'), not(2, 'damaged', {damage})]);
	t.is(degraded.state, 'degraded');
	t.deepEqual(degraded.reasons, [
		{type: 'nodeSilent', id: nodeId(1)},
		{type: 'nodeDamaged', id: nodeId(2), damage},
	]);
	t.is(degraded.reasons.map(describeReason)[1], `node 2 is damaged: ${damage.file}, byte 400: storage is damaged`);
});

test('health: a node that the leader hears nothing of is told, unless it is known not to run', t => {
	const health = healthOf([
		up(0, 'leader', 5, [2, 3, 4]),
		up(1, 'follower', 5),
		up(2, 'leader', 4, [0, 1]),
		not(3, 'down'),
		not(4, 'up'),
	]);
	t.is(health.state, 'degraded');
	t.is(health.leader, nodeId(0));
	t.deepEqual(health.reasons, [
		{type: 'nodeApart', id: nodeId(2), leader: nodeId(0)},
		{type: 'nodeDown', id: nodeId(3)},
		{type: 'nodeSilent', id: nodeId(4)},
	]);
	t.regex(health.reasons.map(describeReason)[0]!, /^node 2 does not hear the leader, node 0, .*cut\?$/);
});

test('health: without a majority or without a leader it is down, and that comes first', t => {
	const error = new Error('node 0: EIO');
	const lonely = healthOf([not(0, 'waiting', {error}), up(1, 'leader'), not(2, 'down')]);
	t.is(lonely.state, 'down');
	t.deepEqual(
		lonely.reasons.map(({type}) => type),
		['noMajority', 'nodeWaiting', 'nodeDown'],
	);
	t.is(lonely.reasons.map(describeReason)[1], 'node 0 failed and is tried again: EIO');
	const led = healthOf([up(0, 'candidate'), up(1, 'follower'), not(2, 'starting')]);
	t.is(led.state, 'down');
	t.deepEqual(
		led.reasons.map(({type}) => type),
		['noLeader', 'nodeStarting'],
	);
});

test('what the states alone allow: a majority up serves, one that starts is loading, anything less is down', t => {
	t.is(availabilityOf(['up', 'damaged', 'up']), 'serving');
	t.is(availabilityOf(['up', 'starting', 'down']), 'loading');
	t.is(availabilityOf(['starting', 'starting', 'waiting']), 'loading');
	t.is(availabilityOf(['up', 'waiting', 'waiting']), 'down');
	t.is(availabilityOf(['up', 'up', 'down', 'down']), 'down');
	t.is(availabilityOf(['damaged']), 'down');
});

test('health: a follower that is cut off makes a real cluster degraded, until the cut is healed', async t => {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	const leader = await cluster.waitForLeader(30_000);
	const apart = cluster.nodeIds.find(id => id !== leader)!;
	const until = async (isWanted: (health: ClusterHealth) => boolean): Promise<void> => {
		while (!isWanted(await cluster.health())) await sleep(20);
	};
	cluster.faults.isolate(apart);
	await until(
		({state, reasons}) =>
			state === 'degraded' && reasons.some(reason => reason.type === 'nodeApart' && reason.id === apart),
	);
	cluster.faults.heal();
	await until(({state}) => state === 'serving');
	t.pass();
});
