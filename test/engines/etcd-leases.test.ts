/** Leases over etcd while its members die, stand still, and do not know yet that another one leads. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {EtcdClerk, LeaseLostError} from '../../actors/index.js';
import {Administrator} from './administrator.js';
import type {EtcdCluster} from './etcd-cluster.js';
import {etcdTest} from './etcd-test.js';

async function connect(t: ExecutionContext, url: string, attemptTimeoutMs = 500): Promise<EtcdClerk> {
	const clerk = await EtcdClerk.connect(url, {
		connectTimeoutMs: 20_000,
		timeoutMs: 60_000,
		limits: {attemptTimeoutMs},
	});
	t.teardown(() => clerk.close());
	return clerk;
}

async function leaderOf(clerk: EtcdClerk): Promise<number> {
	for (;;) {
		const leader = (await clerk.members()).findIndex(member => member.type === 'up' && member.isLeader);
		if (leader >= 0) return leader;
		await sleep(20);
	}
}

/** Kills the member that leads and starts it again when another one does. */
async function replaceLeader(cluster: EtcdCluster, clerk: EtcdClerk): Promise<void> {
	const leader = await leaderOf(clerk);
	await cluster.kill(leader);
	await leaderOf(clerk);
	cluster.restart(leader);
}

etcdTest(
	'a lease that is kept alive outlives leaders that are killed, and is over after it was let go',
	async (t, cluster) => {
		const clerk = await connect(t, cluster.url('kept-lease'));
		const lease = await clerk.grantLease(5000);
		await lease.put('held', 'x');
		const keeper = lease.keep();
		t.teardown(() => keeper.close());
		for (let kills = 0; kills < 3; kills++) {
			await replaceLeader(cluster, clerk);
			await lease.put(`held/${kills}`, 'x');
			const {expiresAt} = (await lease.state())!;
			while ((await lease.keepAlive()) < expiresAt + 1000) await sleep(100);
			t.true(keeper.isHeld);
		}
		t.is(await clerk.getText('held'), 'x');
		keeper.close();
		t.false(keeper.signal.aborted);
		while ((await clerk.get('held')) !== undefined) await sleep(100);
		for (let kills = 0; kills < 3; kills++) t.is(await clerk.get(`held/${kills}`), undefined);
		await t.throwsAsync(lease.keepAlive(), {instanceOf: LeaseLostError});
	},
);

etcdTest('without a majority a lease that is kept is given up when its time has passed', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('lost-lease'));
	const lease = await clerk.grantLease(3000);
	await lease.put('held', 'x');
	const keeper = lease.keep();
	t.teardown(() => keeper.close());
	await Promise.all([0, 1, 2].map(member => cluster.pause(member)));
	while (!keeper.signal.aborted) await sleep(20);
	t.true(keeper.signal.reason instanceof LeaseLostError);
	t.false(keeper.isHeld);
});

etcdTest(
	'a leader that stood still while another one ended a lease does not renew it, nor tell that it is there',
	async (t, cluster) => {
		const observer = await connect(t, cluster.url('deposed'));
		const administrator = new Administrator(t, cluster);
		for (const what of ['keepAlive', 'state'] as const) {
			const leader = await leaderOf(observer);
			// An attempt that outlives the standstill: its question waits in the connection for the member to go on.
			const bound = await connect(t, cluster.url('deposed', [cluster.addresses[leader]!]), 30_000);
			const others = await connect(
				t,
				cluster.url(
					'deposed',
					cluster.addresses.filter((_, member) => member !== leader),
				),
			);
			const lease = await bound.grantLease(600_000);
			await lease.put('held', 'x');
			await cluster.pause(leader);
			await others.put('probe', what);
			await administrator.revoke(lease.id);
			t.is(await others.get('held'), undefined);
			const asked = what === 'keepAlive' ? lease.keepAlive() : lease.state();
			const answer = asked.then(
				told => told,
				(error: unknown) => error,
			);
			await sleep(50);
			cluster.resume(leader);
			if (what === 'keepAlive') t.true((await answer) instanceof LeaseLostError);
			else t.is(await answer, undefined);
		}
	},
);

etcdTest(
	'a renewal by a leader that stood still is not believed, though the lease is there: the key is there as long as it says',
	async (t, cluster) => {
		const observer = await connect(t, cluster.url('renewed'));
		const leader = await leaderOf(observer);
		const bound = await connect(t, cluster.url('renewed', [cluster.addresses[leader]!]), 30_000);
		const others = await connect(
			t,
			cluster.url(
				'renewed',
				cluster.addresses.filter((_, member) => member !== leader),
			),
		);
		const ttlMs = 6000;
		const lease = await bound.grantLease(ttlMs);
		await lease.put('held', 'x');
		await cluster.pause(leader);
		// The next leader counts all of the lease's time from here.
		await others.put('probe', 'x');
		await sleep(ttlMs / 2);
		const askedAt = performance.now();
		const renewing = lease.keepAlive();
		await sleep(50);
		cluster.resume(leader);
		await renewing;
		while ((await others.get('held')) !== undefined) await sleep(50);
		t.true(performance.now() >= askedAt + ttlMs);
	},
);

etcdTest(
	'keys with a time to live share leases, so puts leave no more of them in etcd than their times are apart',
	async (t, cluster) => {
		const clerk = await connect(t, cluster.url('shared'));
		const administrator = new Administrator(t, cluster);
		const before = await administrator.leaseCount();
		await Promise.all(Array.from({length: 300}, (_, key) => clerk.put(`key ${key}`, 'x', {ttlMs: 3_600_000 - key})));
		t.is((await administrator.leaseCount()) - before, 2, 'one, and that of the session');
		t.is(typeof (await clerk.ttl('key 299')), 'number');
	},
);

etcdTest(
	'a put with a time to live goes on with another lease when the one that was granted is over',
	async (t, cluster) => {
		const clerk = await connect(t, cluster.url('ended'));
		const administrator = new Administrator(t, cluster);
		await clerk.put('a', '1', {ttlMs: 600_000});
		await clerk.put('b', '1', {ttlMs: 600_000});
		for (const lease of await administrator.leasesUnder('ended/keys/')) await administrator.revoke(lease);
		t.is(await clerk.get('a'), undefined);
		await clerk.put('c', '1', {ttlMs: 600_000});
		t.is(typeof (await clerk.ttl('c')), 'number');
		t.is(await clerk.append('a', '2').then(({length}) => length), 1);
		t.is(await clerk.ttl('a'), 'never');
	},
);
