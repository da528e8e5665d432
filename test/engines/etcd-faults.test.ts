/** What etcd's clients are promised while connections break and members die. */
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {EtcdClerk, OverloadedError, SessionExpiredError} from '../../actors/index.js';
import {readHistory} from '../../actors/check/read-history.js';
import {RecordedSession} from '../../actors/load/recorded-session.js';
import {temporaryDirectory} from '../storage/places.js';
import {RecordedClient} from '../../actors/load/recorded-client.js';
import {check} from '../../src/linearizability/check.js';
import {kvModel} from '../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../src/linearizability/recorder.js';
import {randomOf} from '../service/fake-cluster.js';
import {Administrator} from './administrator.js';
import type {EtcdCluster} from './etcd-cluster.js';
import {etcdTest} from './etcd-test.js';
import {FaultyProxy} from './faulty-proxy.js';

const connectTimeoutMs = 20_000;
/** Short, so that a connection that went silent costs little. */
const limits = {attemptTimeoutMs: 250};

async function connectDirectly(t: ExecutionContext, cluster: EtcdCluster, prefix: string): Promise<EtcdClerk> {
	const clerk = await EtcdClerk.connect(cluster.url(prefix), {connectTimeoutMs, timeoutMs: 30_000});
	t.teardown(() => clerk.close());
	return clerk;
}

async function startProxies(t: ExecutionContext, cluster: EtcdCluster, random: () => number): Promise<FaultyProxy[]> {
	const proxies = await Promise.all(cluster.addresses.map(address => FaultyProxy.start(address, random)));
	t.teardown(() => Promise.all(proxies.map(proxy => proxy.close())));
	return proxies;
}

const urlOf = (proxies: readonly FaultyProxy[], prefix: string): string =>
	`etcd://${proxies.map(({address}) => address).join(',')}/${prefix}`;

/** What one client appended, and what it was told. */
type Ledger = Map<string, 'acknowledged' | 'unknown' | 'notExecuted'>;

function judge(t: ExecutionContext, recorder: Recorder, ledgers: readonly Ledger[], value: string): void {
	const tokens = value.split(' ').filter(token => token !== '');
	const counts = new Map<string, number>();
	for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
	for (const [token, outcome] of ledgers.flatMap(ledger => [...ledger])) {
		const count = counts.get(token) ?? 0;
		if (outcome === 'acknowledged') t.is(count, 1, `${token} was acknowledged`);
		else if (outcome === 'unknown') t.true(count <= 1, `${token} is of unknown outcome`);
		else t.is(count, 0, `${token} had no effect`);
	}
	const {verdict, keys} = check(recorder.history(), {
		model: kvModel('kv'),
		timeoutMs: 10_000,
		now: () => performance.now(),
	});
	t.is(verdict, 'ok', JSON.stringify(keys.filter(key => key.verdict !== 'ok')));
}

/** Appends to one key, reads, and does everything else to another. */
async function work(client: RecordedClient, name: string, rounds: number, random: () => number): Promise<Ledger> {
	const ledger: Ledger = new Map();
	for (let round = 0; round < rounds; round++) {
		const token = `${name}.${round}`;
		ledger.set(token, await client.append('log', `${token} `));
		const draw = random();
		if (draw < 0.3) await client.get('log');
		else if (draw < 0.5) await client.put('mixed', token);
		else if (draw < 0.6) await client.delete('mixed');
		else if (draw < 0.7) await client.compareAndSet('mixed', {value: undefined}, token);
		else if (draw < 0.8) await client.append('mixed', `+${token}`);
		else await client.get('mixed');
	}
	return ledger;
}

etcdTest(
	'an append whose answer was lost is found under its session and gives its first result, not a second append',
	async (t, cluster) => {
		const direct = await connectDirectly(t, cluster, 'lost-reply');
		const proxies = await startProxies(t, cluster, () => 0.5);
		const clerk = await EtcdClerk.connect(urlOf(proxies, 'lost-reply'), {limits});
		t.teardown(() => clerk.close());
		await clerk.put('key', 'a');
		for (const proxy of proxies) proxy.setFaults({replies: {cut: 0, mute: 1}});
		const appended = clerk.append('key', 'b');
		// Its own write is known to the clerk, so this needs no read that would be lost: it is under way at once.
		while ((await direct.getText('key')) !== 'ab') await sleep(5);
		const {version} = (await direct.get('key'))!;
		for (const proxy of proxies) {
			proxy.setFaults({});
			proxy.cutAll();
		}
		t.deepEqual(await appended, {type: 'written', version, length: 2});
		t.is(await direct.getText('key'), 'ab');
		t.true(proxies.some(({broken}) => broken > 0));
	},
);

etcdTest('a clear whose answer was lost still tells how many keys there were', async (t, cluster) => {
	const direct = await connectDirectly(t, cluster, 'lost-clear');
	const proxies = await startProxies(t, cluster, () => 0.5);
	const clerk = await EtcdClerk.connect(urlOf(proxies, 'lost-clear'), {limits});
	t.teardown(() => clerk.close());
	await Promise.all(['a', 'b', 'c'].map(key => clerk.put(key, key)));
	for (const proxy of proxies) proxy.setFaults({replies: {cut: 0, mute: 1}});
	const cleared = clerk.execute({type: 'clear'});
	while ((await direct.get('a')) !== undefined) await sleep(5);
	await direct.put('d', 'later');
	for (const proxy of proxies) {
		proxy.setFaults({});
		proxy.cutAll();
	}
	t.like(await cleared, {type: 'cleared', count: 3});
	t.is(await direct.getText('d'), 'later');
});

etcdTest(
	'an append under a session that expired before its answer was found is never run again',
	async (t, cluster) => {
		const direct = await connectDirectly(t, cluster, 'expired');
		const proxies = await startProxies(t, cluster, () => 0.5);
		const clerk = await EtcdClerk.connect(urlOf(proxies, 'expired'), {limits});
		t.teardown(() => clerk.close());
		await clerk.put('key', 'a');
		for (const proxy of proxies) proxy.setFaults({replies: {cut: 0, mute: 1}});
		const appended = t.throwsAsync(clerk.append('key', 'b'), {instanceOf: SessionExpiredError});
		while ((await direct.getText('key')) !== 'ab') await sleep(5);
		await new Administrator(t, cluster).endSessions('expired');
		for (const proxy of proxies) {
			proxy.setFaults({});
			proxy.cutAll();
		}
		t.is((await appended)?.outcome, 'unknown');
		await clerk.append('key', 'c');
		t.is(await direct.getText('key'), 'abc');
	},
);

for (const seed of [1, 2]) {
	etcdTest(
		`while connections are cut and fall silent at random, every append counts as it was told, and all is linearizable (seed ${seed})`,
		async (t, cluster) => {
			const random = randomOf(seed);
			const prefix = `cuts-${seed}`;
			const direct = await connectDirectly(t, cluster, prefix);
			const proxies = await startProxies(t, cluster, random);
			const recorder = new Recorder(() => Number(process.hrtime.bigint()));
			const clerks = await Promise.all(
				Array.from({length: 5}, () =>
					EtcdClerk.connect(urlOf(proxies, prefix), {connectTimeoutMs, timeoutMs: 1500, limits}),
				),
			);
			t.teardown(() => Promise.all(clerks.map(clerk => clerk.close())));
			const faults = {cut: 0.04, mute: 0.005};
			for (const proxy of proxies) proxy.setFaults({requests: faults, replies: faults});
			const ledgers = await Promise.all(
				clerks.map((clerk, number) =>
					work(new RecordedClient(clerk, recorder, `c${number}`), `c${number}`, 20, random),
				),
			);
			for (const proxy of proxies) proxy.setFaults({});
			const broken = proxies.reduce((sum, proxy) => sum + proxy.broken, 0);
			t.true(broken > 20, `${broken} connections were broken`);
			judge(t, recorder, ledgers, (await direct.getText('log')) ?? '');
		},
	);
}

etcdTest('a load of the console runs before etcd as before our own cluster', async (t, cluster) => {
	const url = cluster.url('load');
	const session = new RecordedSession({
		connect: () => ({type: 'etcd', url, security: {}}),
		execute: () => Promise.reject(new Error('nothing is typed')),
		others: () => undefined,
		statistics: () => undefined,
	});
	t.teardown(() => session.close());
	await session.startLoad({clients: 2});
	await sleep(500);
	const file = path.join(temporaryDirectory(t), 'history.jsonl');
	const {figures, report} = await session.stopLoad(file);
	t.is(report.verdict, 'ok');
	t.true(figures.operations > 10, `${figures.operations} operations`);
	const direct = await connectDirectly(t, cluster, 'load');
	const keys = new Set((await readHistory(file)).history.flatMap(({input}) => ('key' in input ? [input.key] : [])));
	t.true(keys.size > 0);
	for (const key of keys) t.is(await direct.get(key), undefined, 'nothing is left behind');
});

etcdTest('a member killed with -9 under load costs no acknowledged append, and doubles none', async (t, cluster) => {
	const recorder = new Recorder(() => Number(process.hrtime.bigint()));
	const random = randomOf(3);
	const direct = await connectDirectly(t, cluster, 'kill');
	const leader = (await direct.members()).findIndex(member => member.type === 'up' && member.isLeader);
	const clerks = await Promise.all(
		Array.from({length: 4}, () =>
			EtcdClerk.connect(cluster.url('kill'), {connectTimeoutMs, limits: {attemptTimeoutMs: 1000}}),
		),
	);
	t.teardown(() => Promise.all(clerks.map(clerk => clerk.close())));
	const working = Promise.all(
		clerks.map((clerk, number) => work(new RecordedClient(clerk, recorder, `c${number}`), `c${number}`, 30, random)),
	);
	while (recorder.history().length < 40) await sleep(2);
	await cluster.kill(leader);
	const ledgers = await working;
	cluster.restart(leader);
	t.true(ledgers.every(ledger => [...ledger.values()].filter(outcome => outcome === 'acknowledged').length > 20));
	judge(t, recorder, ledgers, (await direct.getText('log')) ?? '');
});

etcdTest('writes that wait are bounded in bytes, and what is over is not executed', async (t, cluster) => {
	const clerk = await EtcdClerk.connect(cluster.url('bound'), {connectTimeoutMs, limits: {operationBytesMax: 1000}});
	t.teardown(() => clerk.close());
	const value = new Uint8Array(600);
	const first = clerk.put('a', value);
	const refused = await t.throwsAsync(clerk.put('b', value), {instanceOf: OverloadedError});
	t.is(refused?.outcome, 'notExecuted');
	await first;
	await clerk.put('b', value);
});

etcdTest('reads whose answers together are too large for one come in parts', async (t, cluster) => {
	const clerk = await connectDirectly(t, cluster, 'large');
	const keys = Array.from({length: 20}, (_, key) => String(key));
	for (const key of keys) await clerk.put(key, new Uint8Array(2 ** 20).fill(Number(key)));
	const entries = await Promise.all(keys.map(key => clerk.get(key)));
	t.deepEqual(
		entries.map(entry => [entry?.value.length, entry?.value.at(-1)]),
		keys.map(key => [2 ** 20, Number(key)]),
	);
});
