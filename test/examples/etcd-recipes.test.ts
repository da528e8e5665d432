/** The recipes of `examples` over etcd, while its members are killed. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {EtcdClerk} from 'threadraft';
import {configurations, configure} from '../../examples/configuration-watch.js';
import {campaign, lastElected} from '../../examples/leader-election.js';
import {guarded, lock} from '../../examples/lock.js';
import {enqueue, takeJobs} from '../../examples/queue-of-one.js';
import {isAllowed} from '../../examples/rate-limit.js';
import type {EtcdCluster} from '../engines/etcd-cluster.js';
import {etcdTest} from '../engines/etcd-test.js';
import {times} from './with-crashes.js';

const hourMs = 3_600_000;

async function connect(t: ExecutionContext, cluster: EtcdCluster, prefix: string): Promise<EtcdClerk> {
	const options = {connectTimeoutMs: 20_000, timeoutMs: 60_000, limits: {attemptTimeoutMs: 500}};
	const clerk = await EtcdClerk.connect(cluster.url(prefix), options);
	t.teardown(() => clerk.close());
	return clerk;
}

/** Kills one member after the other until the work is done: at least one. */
async function withKills<T>(cluster: EtcdCluster, work: Promise<T>): Promise<T> {
	const progress = {isDone: false};
	const noteDone = (): void => {
		progress.isDone = true;
	};
	work.then(noteDone, noteDone);
	for (let member = 0; member === 0 || !progress.isDone; member += 1) {
		// Not before they have begun.
		await sleep(150);
		await cluster.kill(member % 3);
		await sleep(200);
		cluster.restart(member % 3);
		await sleep(850);
	}
	return work;
}

const inOrder = (numbers: readonly number[]): readonly number[] =>
	[...new Set(numbers)].sort((one, other) => one - other);

etcdTest('rate limit: each call is counted once', async (t, cluster) => {
	const calls = times(4, async () => {
		const clerk = await connect(t, cluster, 'rate');
		let allowed = 0;
		for (let call = 0; call < 25; call += 1) {
			if (await isAllowed(clerk, 'alice', {limit: 60, windowMs: hourMs})) allowed += 1;
		}
		return allowed;
	});
	const allowed = await withKills(cluster, calls);
	t.is(
		allowed.reduce((sum, count) => sum + count, 0),
		60,
	);
	const clerk = await connect(t, cluster, 'rate');
	t.is(await clerk.getText('rate-limit/alice'), '100');
	t.is(typeof (await clerk.ttl('rate-limit/alice')), 'number');
});

etcdTest('lock: two never hold it at once, tokens grow, and an old token writes nothing', async (t, cluster) => {
	let inside = 0;
	const tokens: number[] = [];
	const contenders = times(3, async () => {
		const clerk = await connect(t, cluster, 'lock');
		for (let turn = 0; turn < 4; turn += 1) {
			const held = await lock(clerk, 'lock', hourMs);
			inside += 1;
			t.is(inside, 1);
			tokens.push(held.token);
			const count = Number((await clerk.getText('count')) ?? 0);
			t.true(await guarded(clerk, 'lock', held.token, [{type: 'put', key: 'count', value: String(count + 1)}]));
			inside -= 1;
			await held.release();
		}
	});
	await withKills(cluster, contenders);
	const clerk = await connect(t, cluster, 'lock');
	t.is(await clerk.getText('count'), '12');
	t.deepEqual(tokens, inOrder(tokens));
	for (const token of tokens) t.false(await guarded(clerk, 'lock', token, [{type: 'delete', key: 'count'}]));
});

etcdTest(
	'leader election: another one leads when the leader is gone, and what that one has under way changes nothing',
	async (t, cluster) => {
		const gone = await connect(t, cluster, 'election');
		const first = await campaign(gone, 'mail', 'gone', 2000);
		const second = await connect(t, cluster, 'election');
		const taking = campaign(second, 'mail', 'second', hourMs);
		await gone.close();
		const next = await withKills(cluster, taking);
		t.true(next.term > first.term);
		t.deepEqual(await lastElected(second, 'mail'), {term: next.term, candidate: 'second'});
		while (!first.lost.aborted) await sleep(20);
		t.false(await guarded(second, 'mail/lock', first.term, [{type: 'put', key: 'mail/sent', value: '1'}]));
		t.true(await guarded(second, 'mail/lock', next.term, [{type: 'put', key: 'mail/sent', value: '2'}]));
		await next.resign();
	},
);

etcdTest('queue of one: each job is done once, by one worker at a time', async (t, cluster) => {
	const controller = new AbortController();
	const jobCount = 20;
	let working = 0;
	const work = async (job: string, number: number): Promise<{key: string; value: string}> => {
		working += 1;
		t.is(working, 1);
		await sleep(5);
		working -= 1;
		return {key: `done/${number}`, value: job};
	};
	const clerk = await connect(t, cluster, 'queue');
	const everything = async (): Promise<void> => {
		const workers = times(2, async () =>
			takeJobs(await connect(t, cluster, 'queue'), 'queue', work, controller.signal),
		);
		await times(2, async place => {
			const producer = await connect(t, cluster, 'queue');
			for (let job = place; job < jobCount; job += 2) await enqueue(producer, 'queue', `job ${job}`);
		});
		while ((await clerk.getText('queue/head')) !== String(jobCount)) await sleep(20);
		controller.abort();
		await workers;
	};
	await withKills(cluster, everything());
	const done = await times(jobCount, place => clerk.getText(`done/${place}`));
	t.deepEqual(
		inOrder(done.map(job => Number(job?.slice(4)))),
		Array.from({length: jobCount}, (_, job) => job),
	);
});

etcdTest('configuration watch: each change is seen, in order', async (t, cluster) => {
	const changes = 20;
	const watch = async (): Promise<readonly number[]> => {
		const seen: number[] = [];
		for await (const {text} of configurations(await connect(t, cluster, 'config'), 'config')) {
			seen.push(Number(text ?? 0));
			if (text === String(2 * changes)) return seen;
		}
		return seen;
	};
	const change = async (): Promise<void> => {
		const clerk = await connect(t, cluster, 'config');
		for (let made = 0; made < changes;) {
			const entry = await clerk.get('config');
			const text = entry && new TextDecoder().decode(entry.value);
			const read = {version: entry?.version ?? 0, text};
			if (await configure(clerk, 'config', read, String(Number(text ?? 0) + 1))) made += 1;
		}
	};
	const [seen] = await withKills(cluster, Promise.all([watch(), change(), change()]));
	const [first = 0] = seen;
	t.deepEqual(
		seen,
		Array.from({length: 2 * changes - first + 1}, (_, place) => first + place),
	);
});
