/** What a client of etcd lives through: members that die, hang, come back, or come back empty. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {EngineReplacedError, EngineUnreachableError, EtcdClerk, OperationError} from '../../actors/index.js';
import {etcdTest} from './etcd-test.js';
import {Administrator} from './administrator.js';
import {FaultyProxy} from './faulty-proxy.js';

const connectTimeoutMs = 20_000;
const everyMember = [0, 1, 2];

/** By default with a session that is renewed often and ends soon. */
async function connect(t: ExecutionContext, url: string, timeoutMs = 20_000, sessionTtlS = 2): Promise<EtcdClerk> {
	const limits = {attemptTimeoutMs: 300, sessionTtlS};
	const clerk = await EtcdClerk.connect(url, {connectTimeoutMs, timeoutMs, limits});
	t.teardown(() => clerk.close());
	return clerk;
}

/** How it failed; `undefined`: it did not. */
async function outcomeOf(promise: Promise<unknown>): Promise<string | undefined> {
	try {
		await promise;
		return undefined;
	} catch (error) {
		if (error instanceof OperationError) return error.outcome;
		throw error;
	}
}

/** A clerk with little time: until the members, which the test before this one may have hurt, are that quick again. */
async function putInTime(clerk: EtcdClerk, key: string, value: string): Promise<void> {
	while ((await outcomeOf(clerk.put(key, value))) !== undefined);
}

etcdTest(
	'the member in use dies while the client is idle: the client goes on, and so does its session',
	async (t, cluster) => {
		for (const member of everyMember) {
			const prefix = `idle-kill-${member}`;
			const clerk = await connect(t, cluster.url(prefix));
			const bound = await connect(t, cluster.url(prefix, [cluster.addresses[member]!]));
			await clerk.append('log', 'a');
			await bound.append('log', 'b');
			await cluster.kill(member);
			// Renewals fail meanwhile, at the client that knows no other member.
			await sleep(1500);
			await clerk.append('log', 'c');
			const last = bound.append('log', 'd');
			cluster.restart(member);
			await last;
			t.is(await clerk.getText('log'), 'abcd');
		}
	},
);

etcdTest(
	'a write that was given up while its key was being read is not carried out when the members answer again',
	async (t, cluster) => {
		// One attempt outlives the operation: its answer comes when nobody waits for the write any more.
		const limits = {attemptTimeoutMs: 30_000, sessionTtlS: 60};
		const clerk = await EtcdClerk.connect(cluster.url('late'), {connectTimeoutMs, timeoutMs: 1500, limits});
		t.teardown(() => clerk.close());
		await putInTime(clerk, 'other', 'x');
		await Promise.all(everyMember.map(member => cluster.pause(member)));
		t.is(await outcomeOf(clerk.append('log', 'late')), 'notExecuted');
		for (const member of everyMember) cluster.resume(member);
		// The writes of a client keep their order: when this one is through, the one before it has had its turn.
		await putInTime(clerk, 'other', 'y');
		t.is(await clerk.getText('log'), undefined);
	},
);

etcdTest('a member that hangs is left for another one, whichever it is', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('hang'));
	let expected = '';
	for (const member of everyMember) {
		await cluster.pause(member);
		for (const token of ['x', 'y', 'z']) {
			await clerk.append('log', `${member}${token}`);
			expected += `${member}${token}`;
		}
		t.is(await clerk.getText('log'), expected);
		cluster.resume(member);
	}
});

etcdTest(
	'what cannot have reached a hung member is "not executed", and connecting to it ends in time',
	async (t, cluster) => {
		const address = cluster.addresses[0]!;
		const clerk = await connect(t, cluster.url('hung', [address]), 1000);
		await putInTime(clerk, 'log', 'a');
		await cluster.pause(0);
		// It went into a connection that stood; nobody knows how far.
		t.is(await outcomeOf(clerk.append('log', 'b')), 'unknown');
		// No new connection comes about, so nothing leaves.
		t.is(await outcomeOf(clerk.append('log', 'c')), 'notExecuted');
		t.is(await outcomeOf(clerk.get('log')), 'notExecuted');
		await t.throwsAsync(EtcdClerk.connect(cluster.url('hung', [address]), {connectTimeoutMs: 1000}), {
			instanceOf: EngineUnreachableError,
		});
		cluster.resume(0);
		const patient = await connect(t, cluster.url('hung'));
		await patient.append('log', 'd');
		t.regex((await patient.getText('log')) ?? '', /^ab?d$/);
	},
);

etcdTest('without a majority writes are refused as not executed, and go on when it is back', async (t, cluster) => {
	// Its session needs no renewal meanwhile: what is sent is the write.
	const clerk = await connect(t, cluster.url('quorum'), 1500, 60);
	const patient = await connect(t, cluster.url('quorum'));
	await putInTime(clerk, 'log', '0');
	await cluster.kill(1);
	await cluster.kill(2);
	const administrator = new Administrator(t, cluster);
	while (await administrator.hasLeader(0)) await sleep(50);
	// A write whose time is up while a member still owes its answer is "unknown", and right so: the next one is asked.
	while ((await outcomeOf(clerk.append('log', '1'))) !== 'notExecuted');
	t.is(await outcomeOf(clerk.get('log')), 'notExecuted');
	const lasting = patient.append('log', '2');
	cluster.restart(1);
	cluster.restart(2);
	await lasting;
	t.is(await patient.getText('log'), '02', 'without a leader no member took a proposal in');
});

etcdTest('all members stand still for longer than a session lives: the client goes on', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('standstill'), 1000);
	const patient = await connect(t, cluster.url('standstill'));
	await putInTime(clerk, 'log', 'a');
	await Promise.all(everyMember.map(member => cluster.pause(member)));
	await sleep(3000);
	t.is(await outcomeOf(clerk.get('log')), 'notExecuted');
	t.is(await outcomeOf(clerk.append('log', 'b')), 'notExecuted', 'the session was to be renewed first');
	const lasting = patient.append('log', 'c');
	for (const member of everyMember) cluster.resume(member);
	await lasting;
	t.is(await patient.getText('log'), 'ac');
});

etcdTest('a write that finds its session ended is no repeat: a new session carries it out', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('ended'));
	await clerk.put('key', 'a');
	const administrator = new Administrator(t, cluster);
	for (const token of ['b', 'c', 'd']) {
		await administrator.endSessions('ended');
		await clerk.append('key', token);
	}
	await administrator.endSessions('ended');
	t.is((await clerk.compareAndSet('key', {value: 'abcd'}, 'e')).type, 'written');
	t.is(await clerk.getText('key'), 'e');
});

etcdTest('what else is written where a session is costs the session, and not the program', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('foreign'));
	await clerk.append('log', 'a');
	const administrator = new Administrator(t, cluster);
	const [key] = await administrator.sessionKeys('foreign');
	await administrator.overwrite(key!, 'no record');
	await clerk.append('log', 'b');
	t.is(await clerk.getText('log'), 'ab');
});

etcdTest(
	'writes take effect in the order of the calls, also over cut connections and sessions that end',
	async (t, cluster) => {
		let draws = 0;
		const random = (): number => (draws++ * 0.618_033_988_75) % 1;
		const proxies = await Promise.all(cluster.addresses.map(address => FaultyProxy.start(address, random)));
		t.teardown(() => Promise.all(proxies.map(proxy => proxy.close())));
		const clerk = await connect(t, `etcd://${proxies.map(({address}) => address).join(',')}/order`);
		const administrator = new Administrator(t, cluster);
		const faults = {cut: 0.03, mute: 0.003};
		for (const proxy of proxies) proxy.setFaults({requests: faults, replies: faults});
		const tokens = Array.from({length: 200}, (_, token) => String(token));
		const done = new AbortController();
		const ends = async (): Promise<void> => {
			while (!done.signal.aborted) {
				await sleep(150);
				await administrator.endSessions('order');
			}
		};
		const ending = ends();
		const outcomes = await Promise.all(tokens.map(token => outcomeOf(clerk.append('log', `${token} `))));
		done.abort();
		await ending;
		for (const proxy of proxies) proxy.setFaults({});
		const value = (await clerk.getText('log')) ?? '';
		const applied = value.trim().split(' ');
		t.deepEqual(
			applied,
			tokens.filter(token => applied.includes(token)),
			'in order, none twice',
		);
		for (const [token, outcome] of outcomes.entries()) {
			if (outcome === 'unknown') continue;
			t.is(applied.includes(String(token)), outcome === undefined, `${token}: ${outcome ?? 'acknowledged'}`);
		}
		t.true(outcomes.filter(outcome => outcome === undefined).length > 100);
		t.true(proxies.reduce((sum, {broken}) => sum + broken, 0) > 5);
	},
);

etcdTest(
	'a write that was given up takes effect before the answer to the next one, or never, also if that one changes nothing',
	async (t, cluster) => {
		const [address] = cluster.addresses;
		const proxy = await FaultyProxy.start(address!, () => 0.5);
		t.teardown(() => proxy.close());
		const url = cluster.url('late', [proxy.address, ...cluster.addresses.slice(1)]);
		// Which member is asked first is drawn: until it is the one behind the proxy.
		const connectOne = async (): Promise<EtcdClerk> => {
			const options = {connectTimeoutMs, timeoutMs: 1000, limits: {attemptTimeoutMs: 2000}};
			const one = await EtcdClerk.connect(url, options);
			t.teardown(() => one.close());
			return one;
		};
		let clerk = await connectOne();
		while (proxy.connectionCount === 0) clerk = await connectOne();
		await clerk.put('key', 'a');
		proxy.hold();
		t.is(await outcomeOf(clerk.put('key', 'late')), 'unknown');
		proxy.freeze();
		const patient = await connect(t, cluster.url('late'));
		// It finds its condition not met, whether the other one is through or not.
		let outcome: string | undefined = 'none';
		while (outcome !== undefined) outcome = await outcomeOf(clerk.compareAndSet('key', {value: 'other'}, 'b'));
		const before = await patient.getText('key');
		await proxy.releaseHeld();
		t.is(await patient.getText('key'), before);
	},
);

for (const [what, flags] of [
	['under the same name', []],
	['as another cluster', ['--initial-cluster-token=another']],
] as const) {
	etcdTest(`a cluster that comes back empty, ${what}, is not taken for the one that was there`, async (t, cluster) => {
		const clerk = await connect(t, cluster.url('wiped'));
		await clerk.append('log', 'a');
		const {version} = (await clerk.get('log'))!;
		await cluster.wipe(...flags);
		const read = await t.throwsAsync(clerk.get('log'), {instanceOf: EngineReplacedError});
		t.is(read?.outcome, 'notExecuted');
		const written = await t.throwsAsync(clerk.append('log', 'b'), {instanceOf: EngineReplacedError});
		t.is(written?.outcome, 'notExecuted');
		const other = await connect(t, cluster.url('wiped'));
		t.is(await other.get('log'), undefined, 'nothing of the refused write is there');
		t.true((await other.append('log', 'c')).version < version);
		t.is(await other.getText('log'), 'c');
	});
}
