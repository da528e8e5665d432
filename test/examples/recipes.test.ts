/** The recipes of `examples`, each run while leaders are killed. */
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {type Clerk, Cluster} from 'threadraft';
import {type Configured, configurations, configure} from '../../examples/configuration-watch.js';
import {campaign, elected, lastElected} from '../../examples/leader-election.js';
import {guarded, lock} from '../../examples/lock.js';
import {enqueue, takeJobs} from '../../examples/queue-of-one.js';
import {isAllowed} from '../../examples/rate-limit.js';
import {times, withCrashes} from './with-crashes.js';

const hourMs = 3_600_000;

interface Trial {
	readonly cluster: Cluster;
	/** Another client for each. */
	readonly newClerk: () => Clerk;
}

async function startTrial(t: ExecutionContext): Promise<Trial> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	return {cluster, newClerk: () => cluster.clerk({timeoutMs: 60_000})};
}

test.serial('rate limit: each call is counted once, and the counter ends with its window', async t => {
	const {cluster, newClerk} = await startTrial(t);
	const limit = {limit: 60, windowMs: hourMs};
	const calls = times(4, async () => {
		const clerk = newClerk();
		let allowed = 0;
		for (let call = 0; call < 25; call += 1) if (await isAllowed(clerk, 'alice', limit)) allowed += 1;
		return allowed;
	});
	const allowed = await withCrashes(cluster, calls);
	t.is(
		allowed.reduce((sum, count) => sum + count, 0),
		limit.limit,
	);
	const clerk = newClerk();
	t.is(await clerk.getText('rate-limit/alice'), '100');
	const ttlMs = await clerk.ttl('rate-limit/alice');
	t.true(typeof ttlMs === 'number' && ttlMs > 0);
	t.true(await isAllowed(clerk, 'bob', limit));
	t.false(await isAllowed(clerk, 'carol', {limit: 0, windowMs: hourMs}));
	await isAllowed(clerk, 'dave', {limit: 1, windowMs: 1});
	while ((await clerk.ttl('rate-limit/dave')) !== undefined) await sleep(20);
	t.true(await isAllowed(clerk, 'dave', {limit: 1, windowMs: hourMs}), 'a new window');
	t.false(await isAllowed(clerk, 'dave', {limit: 1, windowMs: hourMs}));
});

test.serial('lock: two never hold it at once, tokens grow, and an old token writes nothing', async t => {
	const {cluster, newClerk} = await startTrial(t);
	let inside = 0;
	const tokens: number[] = [];
	const contenders = times(3, async () => {
		const clerk = newClerk();
		for (let turn = 0; turn < 5; turn += 1) {
			const held = await lock(clerk, 'lock', hourMs);
			inside += 1;
			t.is(inside, 1);
			tokens.push(held.token);
			// What others would have written in between is lost here.
			const count = Number((await clerk.getText('count')) ?? 0);
			t.true(await guarded(clerk, 'lock', held.token, [{type: 'put', key: 'count', value: String(count + 1)}]));
			t.false(held.lost.aborted);
			inside -= 1;
			await held.release();
		}
	});
	await withCrashes(cluster, contenders);
	const clerk = newClerk();
	t.is(await clerk.getText('count'), '15');
	t.deepEqual(
		tokens,
		[...new Set(tokens)].sort((one, other) => one - other),
	);
	for (const token of tokens)
		t.false(await guarded(clerk, 'lock', token, [{type: 'put', key: 'count', value: 'overwritten'}]));
	t.is(await clerk.getText('count'), '15');
});

test.serial('lock: a holder that is dead loses it, and what it still has under way changes nothing', async t => {
	const {cluster, newClerk} = await startTrial(t);
	const dead = newClerk();
	const lost = await lock(dead, 'lock', 1500);
	cluster.faults.isolate(dead.endpoint);
	const clerk = newClerk();
	const held = await withCrashes(cluster, lock(clerk, 'lock', hourMs));
	t.true(held.token > lost.token);
	while (!lost.lost.aborted) await sleep(20);
	t.false(await guarded(clerk, 'lock', lost.token, [{type: 'put', key: 'count', value: '1'}]));
	t.true(await guarded(clerk, 'lock', held.token, [{type: 'put', key: 'count', value: '2'}]));
	await held.release();
});

test.serial('leader election: one leads at a time, terms grow, and all are told', async t => {
	const {cluster, newClerk} = await startTrial(t);
	const observer = newClerk();
	t.is(await lastElected(observer, 'mail'), undefined);
	let leading = 0;
	const terms: number[] = [];
	const candidates = times(3, async place => {
		const clerk = newClerk();
		for (let turn = 0; turn < 2; turn += 1) {
			const leadership = await campaign(clerk, 'mail', `candidate ${place}`, hourMs);
			leading += 1;
			t.is(leading, 1);
			terms.push(leadership.term);
			t.deepEqual(await lastElected(clerk, 'mail'), {term: leadership.term, candidate: `candidate ${place}`});
			leading -= 1;
			await leadership.resign();
		}
	});
	await withCrashes(cluster, candidates);
	t.is(terms.length, 6);
	t.deepEqual(
		terms,
		[...new Set(terms)].sort((one, other) => one - other),
	);
	const {value} = await elected(observer, 'mail').next();
	const last = await lastElected(observer, 'mail');
	t.is(last?.candidate, value);
});

test.serial('queue of one: each job is done once, in its order, by one worker at a time', async t => {
	const {cluster, newClerk} = await startTrial(t);
	const controller = new AbortController();
	let working = 0;
	const work = async (job: string, number: number): Promise<{key: string; value: string}> => {
		working += 1;
		t.is(working, 1);
		await sleep(5);
		working -= 1;
		return {key: `done/${number}`, value: job};
	};
	const jobCount = 30;
	const everything = async (): Promise<void> => {
		const workers = times(2, () => takeJobs(newClerk(), 'queue', work, controller.signal));
		await times(3, async place => {
			const clerk = newClerk();
			for (let job = place; job < jobCount; job += 3) await enqueue(clerk, 'queue', `job ${job}`);
		});
		const clerk = newClerk();
		while ((await clerk.getText('queue/head')) !== String(jobCount)) await sleep(20);
		controller.abort();
		await workers;
	};
	await withCrashes(cluster, everything());
	const clerk = newClerk();
	t.is(await clerk.getText('queue/tail'), String(jobCount));
	const done = await times(jobCount, place => clerk.getText(`done/${place}`));
	const numbers = done.map(job => Number(job?.slice(4)));
	t.deepEqual(
		[...numbers].sort((one, other) => one - other),
		Array.from({length: jobCount}, (_, job) => job),
	);
	for (const place of [0, 1, 2]) {
		const own = numbers.filter(job => job % 3 === place);
		t.deepEqual(
			own,
			[...own].sort((one, other) => one - other),
			'each producer’s jobs in their order',
		);
	}
	t.is(await clerk.get('queue/job/0'), undefined);
});

test.serial(
	'configuration watch: each change is seen, in order, and nobody overwrites what he has not read',
	async t => {
		const {cluster, newClerk} = await startTrial(t);
		const changes = 20;
		const watch = async (): Promise<readonly Configured[]> => {
			const seen: Configured[] = [];
			for await (const configured of configurations(newClerk(), 'config')) {
				seen.push(configured);
				if (configured.text === `${2 * changes}`) return seen;
			}
			return seen;
		};
		const change = async (): Promise<void> => {
			const clerk = newClerk();
			for (let made = 0; made < changes;) {
				const entry = await clerk.get('config');
				const text = entry && new TextDecoder().decode(entry.value);
				const isMade = await configure(
					clerk,
					'config',
					{version: entry?.version ?? 0, text},
					String(Number(text ?? 0) + 1),
				);
				if (isMade) made += 1;
			}
		};
		const [seen] = await withCrashes(cluster, Promise.all([watch(), change(), change()]));
		t.is(await newClerk().getText('config'), `${2 * changes}`, 'no change is lost');
		const versions = seen.map(({version}) => version);
		t.deepEqual(
			versions,
			[...new Set(versions)].sort((one, other) => one - other),
		);
		const first = Number(seen[0]?.text ?? 0);
		t.deepEqual(
			seen.map(({text}) => Number(text ?? 0)),
			Array.from({length: 2 * changes - first + 1}, (_, place) => first + place),
		);
		const controller = new AbortController();
		controller.abort();
		t.true((await configurations(newClerk(), 'config', controller.signal).next()).done);
	},
);
