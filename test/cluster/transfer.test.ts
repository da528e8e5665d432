/** The leadership of a cluster of threads goes to another node, because somebody wants it to (dissertation §3.10). */
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {Cluster, type ClusterEvent, TransferError, WaitAbortedError} from '../../actors/index.js';
import {Judgement} from '../../actors/load/judgement.js';
import {RecordedLoad} from '../../actors/load/recorded-load.js';
import {Random} from '../../src/base/random.js';
import {nodeId} from '../../src/raft/types.js';

/** So long that a machine with other work deposes nobody, and that no transfer is given up. */
const patient = {electionTimeoutMs: 4000, heartbeatMs: 50};
const timeoutMs = 60_000;

async function startCluster(
	t: ExecutionContext,
	limits: {readonly electionTimeoutMs: number} = patient,
): Promise<Cluster> {
	const cluster = await Cluster.start({nodes: 3, limits});
	t.teardown(() => cluster.close());
	await cluster.waitForLeader(timeoutMs);
	return cluster;
}

async function codeOf(transfer: Promise<unknown>): Promise<string> {
	return transfer.then(
		() => 'done',
		(error: unknown) => (error instanceof TransferError ? error.code : String(error)),
	);
}

test.serial(
	'under load, twenty transfers in a row lose no operation, and what clients see is linearizable',
	async t => {
		t.timeout(240_000);
		const cluster = await startCluster(t);
		const events: ClusterEvent[] = [];
		cluster.on('event', event => void events.push(event));
		const judgement = new Judgement({now: () => performance.now(), timeoutMs: 120_000});
		const clients = Array.from({length: 4}, () => cluster.clerk({timeoutMs}));
		const load = new RecordedLoad({
			clients,
			prefix: 'load/',
			random: Random.fromSeed(7),
			now: () => Math.round(performance.now() * 1e6),
			perSecondMax: 500,
			edits: true,
			chapter: history => judgement.add({history, isByHand: false}),
		});
		let leader = await cluster.waitForLeader(timeoutMs);
		for (let round = 0; round < 20; round++) {
			const to = round % 4 === 3 ? undefined : nodeId((leader + 1) % 3);
			const transfer = await cluster.transferLeadership(to, {timeoutMs});
			t.is(transfer.from, leader);
			t.not(transfer.to, leader);
			if (to !== undefined) t.is(transfer.to, to);
			t.is(await cluster.leader(), transfer.to);
			leader = transfer.to;
			// The new leader serves before the next takes its place.
			await clients[0]?.put('between', String(round));
		}
		const figures = await load.stop();
		const {verdict, violation, operations, unknown} = judgement.judge([]);
		t.is(verdict, 'ok', violation?.detail ?? '');
		t.like(figures, {unknown: 0, notExecuted: 0});
		t.is(unknown, 0);
		t.true(operations > 20, `${operations} operations`);
		t.log(`${operations} operations, longest time without an answer ${figures.longestPauseMs.toFixed(1)} ms`);
		// Each thread tells its own events, when it comes to that.
		const count = (type: ClusterEvent['type']): number => events.filter(event => event.type === type).length;
		while (count('transferDone') < 20 || count('electionStarted') < 20) await sleep(5);
		const reasons = events.flatMap(event => (event.type === 'leadershipLost' ? [event.reason] : []));
		t.deepEqual(
			reasons,
			Array.from({length: 20}, () => 'transferred'),
		);
		const causes = events.flatMap(event => (event.type === 'electionStarted' ? [event.cause] : []));
		t.deepEqual(
			causes,
			Array.from({length: 20}, () => 'transfer'),
			'nobody waited for an election timeout',
		);
		t.is(count('transferDone'), 20);
	},
);

test.serial('a transfer that cannot be is refused, with a code that says why', async t => {
	const cluster = await startCluster(t);
	const leader = await cluster.waitForLeader(timeoutMs);
	const other = nodeId((leader + 1) % 3);
	t.is(await codeOf(cluster.transferLeadership(nodeId(3))), 'ERR_TRANSFER_UNKNOWN_NODE');
	t.is(await codeOf(cluster.transferLeadership(leader)), 'ERR_TRANSFER_ALREADY_LEADER');
	await t.throwsAsync(cluster.transferLeadership(other, {timeoutMs: -1}), {code: 'ERR_OPTION'});
	await t.throwsAsync(cluster.transferLeadership(other, {signal: AbortSignal.abort()}), {
		instanceOf: WaitAbortedError,
	});
	t.is(await cluster.leader(), leader, 'none of these began anything');
	await cluster.kill(other);
	t.is(await codeOf(cluster.transferLeadership(other)), 'ERR_TRANSFER_NODE_DOWN');
	await cluster.kill(leader);
	t.is(await codeOf(cluster.transferLeadership(undefined, {timeoutMs: 100})), 'ERR_TRANSFER_NO_LEADER');
	await cluster.close();
	await t.throwsAsync(cluster.transferLeadership(other), {code: 'ERR_CLUSTER_STATE'});
});

test.serial('a transfer to a node that nobody reaches is given up, and the leader takes writes again', async t => {
	const cluster = await startCluster(t);
	const leader = await cluster.waitForLeader(timeoutMs);
	const away = nodeId((leader + 1) % 3);
	const clerk = cluster.clerk({timeoutMs});
	await clerk.put('before', 'kept');
	await cluster.inject({type: 'isolate', endpoint: `node:${away}`, direction: 'both', clients: false});
	const started = new Promise<void>(resolve => cluster.once('transferStarted', () => resolve()));
	const transfer = codeOf(cluster.transferLeadership(away, {timeoutMs}));
	await started;
	t.is(await codeOf(cluster.transferLeadership(undefined, {timeoutMs})), 'ERR_TRANSFER_UNDER_WAY');
	const during = clerk.put('during', 'late');
	t.is(await transfer, 'ERR_TRANSFER_GIVEN_UP');
	await during;
	t.is(await clerk.getText('during'), 'late');
	t.is(await cluster.leader(), leader);
	await cluster.heal();
	const {to} = await cluster.transferLeadership(undefined, {timeoutMs});
	t.not(to, leader);
	t.is(await clerk.getText('before'), 'kept');
});

test.serial('a wait that is ended leaves the transfer to the cluster', async t => {
	const cluster = await startCluster(t);
	const leader = await cluster.waitForLeader(timeoutMs);
	await cluster.inject({
		type: 'isolate',
		endpoint: `node:${(leader + 1) % 3}` as const,
		direction: 'both',
		clients: false,
	});
	const controller = new AbortController();
	cluster.once('transferStarted', () => controller.abort());
	const givenUp = new Promise<void>(resolve => cluster.once('transferGivenUp', () => resolve()));
	const transfer = cluster.transferLeadership(nodeId((leader + 1) % 3), {timeoutMs, signal: controller.signal});
	await t.throwsAsync(transfer, {instanceOf: WaitAbortedError});
	await givenUp;
	t.is(await cluster.leader(), leader);
});
