/** Chaos on a real cluster. */
import test, {type ExecutionContext} from 'ava';
import {chaos, chaosKinds} from '../../actors/chaos/chaos.js';
import {Cluster} from '../../actors/cluster/cluster.js';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import type {FaultEvent} from '../../src/faults/faults.js';
import {BETRAYAL_KINDS} from '../../src/faults/fault-kinds.js';

async function startCluster(t: ExecutionContext, nodes = 3): Promise<Cluster> {
	const cluster = await Cluster.start({nodes, seed: 1});
	t.teardown(() => cluster.close());
	await cluster.waitForLeader(20_000);
	return cluster;
}

const withoutTimes = (events: readonly FaultEvent[]): readonly object[] => events.map(event => ({...event, atMs: 0}));

/** Nothing is left of it: all nodes are up, no fault is set, and a write gets through. */
async function assertHealed(t: ExecutionContext, cluster: Cluster): Promise<void> {
	t.deepEqual(cluster.faults.toJSON(), {faults: []});
	for (const {id, state} of await cluster.status()) t.is(state, 'up', `node ${id}`);
	const clerk = cluster.clerk({timeoutMs: 30_000});
	await clerk.put('after', 'chaos');
	t.is(await clerk.getText('after'), 'chaos');
}

test.serial('chaos does to a cluster what its seed says, tells it as it does it, and heals all', async t => {
	const cluster = await startCluster(t);
	const told: FaultEvent[] = [];
	const plans: string[] = [];
	cluster.on('faultsChanged', () => plans.push(...cluster.faults.toJSON().faults.map(({id}) => id)));
	const down: number[] = [];
	cluster.on('nodeDown', ({id}) => down.push(id));
	const kinds = ['partition', 'loss', 'crash'] as const;
	const options = {durationMs: 4000, seed: 53, kinds};
	const {schedule, events, failures, isCancelled} = await chaos(cluster, {...options, told: event => told.push(event)});
	t.deepEqual(schedule, drawChaos({nodeCount: 3, durationMs: 4000, kinds}, 53));
	t.deepEqual(withoutTimes(events), withoutTimes(schedule.events));
	t.deepEqual(told, events);
	t.deepEqual(failures, []);
	t.false(isCancelled);
	const injected = schedule.events.flatMap(event => (event.type === 'inject' ? [event] : []));
	const crashes = injected.flatMap(({fault}) => (fault.type === 'crash' ? [fault.node] : []));
	const others = injected.filter(({fault}) => fault.type !== 'crash');
	t.not(crashes.length, 0);
	t.not(others.length, 0);
	for (const {id} of others) t.true(plans.includes(id), id);
	for (const node of crashes) t.true(down.includes(node), `node ${node}`);
	await assertHealed(t, cluster);
});

test.serial('chaos that is aborted heals all at once', async t => {
	const cluster = await startCluster(t);
	const controller = new AbortController();
	const told = (event: FaultEvent): void => {
		if (event.type === 'inject') controller.abort();
	};
	const options = {durationMs: 3_600_000, seed: 1, kinds: ['crashAll', 'crashLoop', 'isolation'] as const};
	const report = await chaos(cluster, {...options, signal: controller.signal, told});
	t.true(report.isCancelled);
	t.is(report.events.filter(({type}) => type === 'inject').length, 1);
	await assertHealed(t, cluster);
});

test.serial('faults of others stay', async t => {
	const cluster = await startCluster(t);
	cluster.faults.setLoss(0.01);
	await chaos(cluster, {durationMs: 300, seed: 3, kinds: ['partition']});
	t.deepEqual(
		cluster.faults.toJSON().faults.map(({id}) => id),
		['loss'],
	);
});

test.serial('what nobody can mean is refused before anything is broken', async t => {
	const cluster = await startCluster(t, 1);
	for (const options of [
		{durationMs: 0},
		{durationMs: 10, seed: -1},
		{durationMs: 10, kinds: []},
		{durationMs: 10, sead: 1},
	]) {
		await t.throwsAsync(chaos(cluster, options), {code: 'ERR_OPTION'});
	}
	await t.throwsAsync(chaos(cluster, {durationMs: 10, kinds: ['wipedDisk']}), {code: 'ERR_OPTION', message: /kinds/});
});

test('what Raft does not promise to survive is not drawn', t => {
	t.deepEqual(
		BETRAYAL_KINDS.filter(kind => chaosKinds.includes(kind)),
		[],
	);
});
