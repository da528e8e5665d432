/** Leases of a cluster on real threads. */
import {setTimeout as sleep} from 'node:timers/promises';
import {once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {type Clerk, Cluster, LeaseLostError} from '../../actors/index.js';

async function startCluster(t: ExecutionContext): Promise<{cluster: Cluster; clerk: Clerk}> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	return {cluster, clerk: cluster.clerk({timeoutMs: 60_000})};
}

/** Asks again until it is as wanted: the limit of the test is its deadline. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
	while (!(await isSo())) await sleep(20);
}

async function restartLeader(cluster: Cluster): Promise<void> {
	const leader = await cluster.waitForLeader(60_000);
	await cluster.kill(leader);
	await cluster.restart(leader);
}

test.serial('the keys of a lease go together when it is revoked, and when its time has passed', async t => {
	const {clerk} = await startCluster(t);
	const lease = await clerk.grantLease(3_600_000);
	await lease.put('a', '1');
	await clerk.put('b', '2', {leaseId: lease.id});
	await clerk.transaction({do: [{type: 'put', key: 'c', value: '3', leaseId: lease.id}]});
	await clerk.put('stays', 'x');
	t.like(await lease.state(), {ttlMs: 3_600_000, keyCount: 3, keys: ['a', 'b', 'c']});
	t.true((await clerk.ttl('a')) !== 'never');
	t.is(await clerk.ttl('stays'), 'never');
	t.true(await lease.revoke());
	t.false(await lease.revoke());
	t.is(await lease.state(), undefined);
	t.is(await clerk.ttl('a'), undefined);
	t.deepEqual(await Promise.all(['a', 'b', 'c', 'stays'].map(key => clerk.getText(key))), [
		undefined,
		undefined,
		undefined,
		'x',
	]);
	await t.throwsAsync(lease.put('a', '1'), {code: 'ERR_INVALID_OPERATION', message: /grant a new one/});
	await t.throwsAsync(lease.keepAlive(), {instanceOf: LeaseLostError, code: 'ERR_LEASE_LOST'});

	const short = await clerk.grantLease(1);
	await until(async () => (await short.state()) === undefined);
	await t.throwsAsync(short.put('a', '1'), {code: 'ERR_INVALID_OPERATION'});
});

test.serial('a lease that is kept outlives a leader, and is over after it was let go', async t => {
	const {cluster, clerk} = await startCluster(t);
	const lease = await clerk.grantLease(10_000);
	await lease.put('held', 'x');
	const version = (await clerk.get('held'))?.version;
	const keeper = lease.keep();
	t.teardown(() => keeper.close());
	const granted = (await lease.state())!.expiresAt;
	await restartLeader(cluster);
	await until(async () => ((await lease.state())?.expiresAt ?? Infinity) > granted);
	t.true(keeper.isHeld);
	t.is((await clerk.get('held'))?.version, version);
	keeper.close();
	await until(async () => (await clerk.get('held')) === undefined);
	t.false(keeper.signal.aborted, 'whoever lets go is not told that it is lost');
});

test.serial('who keeps a lease is told when somebody revokes it', async t => {
	const {clerk} = await startCluster(t);
	const lease = await clerk.grantLease(3000);
	const keeper = lease.keep();
	await lease.revoke();
	await once(keeper.signal, 'abort');
	t.true(keeper.signal.reason instanceof LeaseLostError);
	t.false(keeper.isHeld);
});

test.serial('who keeps a lease and cannot reach the cluster is told when its time has passed', async t => {
	const {cluster, clerk} = await startCluster(t);
	const lease = await clerk.grantLease(1500);
	const keeper = lease.keep();
	for (const id of cluster.nodeIds) await cluster.kill(id);
	await until(async () => keeper.signal.aborted);
	t.regex((keeper.signal.reason as Error).message, /no answer has come in all of its time/);
});

test.serial('a signal and the end of the clerk end the keeping, too', async t => {
	const {cluster, clerk} = await startCluster(t);
	const lease = await clerk.grantLease(3_600_000);
	const controller = new AbortController();
	const keeper = lease.keep({signal: controller.signal});
	controller.abort();
	t.false(keeper.signal.aborted);
	const other = cluster.clerk();
	const kept = (await other.grantLease(300)).keep();
	other.close();
	await once(kept.signal, 'abort');
	t.true(kept.signal.reason instanceof LeaseLostError);
	await t.throwsAsync(clerk.grantLease(0), {code: 'ERR_OPTION'});
	await t.throwsAsync(clerk.put('k', 'x', {leaseId: 1, ttlMs: 5}), {code: 'ERR_OPTION'});
});

test.serial('a lease that leaders crash around is granted once: each call has one of its own', async t => {
	const {cluster, clerk} = await startCluster(t);
	const calls = Array.from({length: 200}, async () => {
		const lease = await clerk.grantLease(3_600_000);
		await lease.put(`key of ${lease.id}`, 'x');
		return lease;
	});
	const [leases] = await Promise.all([Promise.all(calls), restartLeader(cluster)]);
	t.is(new Set(leases.map(({id}) => id)).size, 200);
	for (const lease of leases) t.like(await lease.state(), {keyCount: 1, keys: [`key of ${lease.id}`]});
});
