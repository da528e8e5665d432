/** The recipes of `examples/ioredis`, at the Redis port of a cluster whose leaders are killed meanwhile. */
import {setTimeout as sleep} from 'node:timers/promises';
import test from 'ava';
import {configurations, configure} from '../../examples/ioredis/configuration-watch.js';
import {campaign, leaderOf} from '../../examples/ioredis/leader-election.js';
import {guardedSet, lock, release} from '../../examples/ioredis/lock.js';
import {put, takeJobs} from '../../examples/ioredis/queue-of-one.js';
import {isAllowed} from '../../examples/ioredis/rate-limit.js';
import {openCluster} from '../cluster/killed-leaders.js';
import {times, withCrashes} from './with-crashes.js';

const hourMs = 3_600_000;

const inOrder = (numbers: readonly number[]): readonly number[] =>
	[...new Set(numbers)].sort((one, other) => one - other);

test.serial('rate limit: each call is counted once, and the counter ends with its window', async t => {
	const {cluster, connect} = await openCluster(t);
	const limit = {limit: 60, windowMs: hourMs};
	const calls = times(4, async () => {
		const redis = connect();
		let allowed = 0;
		for (let call = 0; call < 25; call += 1) if (await isAllowed(redis, 'alice', limit)) allowed += 1;
		return allowed;
	});
	const allowed = await withCrashes(cluster, calls);
	t.is(
		allowed.reduce((sum, count) => sum + count, 0),
		limit.limit,
	);
	const redis = connect();
	t.is(await redis.get('rate-limit:alice'), '100');
	t.true((await redis.pttl('rate-limit:alice')) > 0);
	t.true(await isAllowed(redis, 'bob', limit));
	await isAllowed(redis, 'dave', {limit: 1, windowMs: 1});
	while ((await redis.exists('rate-limit:dave')) === 1) await sleep(20);
	t.true(await isAllowed(redis, 'dave', {limit: 1, windowMs: hourMs}), 'a new window');
	t.false(await isAllowed(redis, 'dave', {limit: 1, windowMs: hourMs}));
});

test.serial('lock: two never hold it at once, and who has lost it writes nothing', async t => {
	const {cluster, connect} = await openCluster(t);
	let inside = 0;
	const held = await withCrashes(
		cluster,
		times(3, async () => {
			const redis = connect();
			const own = [];
			for (let turn = 0; turn < 5; turn += 1) {
				const mine = await lock(redis, 'lock', hourMs);
				inside += 1;
				t.is(inside, 1);
				own.push(mine);
				// What others would have written in between is lost here.
				const count = Number((await redis.get('count')) ?? 0);
				t.true(await guardedSet(redis, mine, 'count', String(count + 1)));
				inside -= 1;
				t.true(await release(redis, mine));
			}
			return own;
		}),
	);
	const redis = connect();
	t.is(await redis.get('count'), '15');
	for (const old of held.flat()) {
		t.false(await guardedSet(redis, old, 'count', 'overwritten'));
		t.false(await release(redis, old));
	}
	await lock(redis, 'lock', 50);
	const next = await withCrashes(cluster, lock(connect(), 'lock', hourMs));
	t.true(await guardedSet(redis, next, 'count', '16'), 'whose holder gave it back by dying');
});

test.serial(
	'leader election: one leads at a time, terms grow, and another one leads when the leader is gone',
	async t => {
		const {cluster, connect} = await openCluster(t);
		let leading = 0;
		const terms: number[] = [];
		const candidates = times(3, async place => {
			const redis = connect();
			for (let turn = 0; turn < 2; turn += 1) {
				const leadership = await campaign(redis, 'mail', `candidate ${place}`, hourMs);
				leading += 1;
				t.is(leading, 1);
				terms.push(leadership.term);
				t.is(await leaderOf(redis, 'mail'), `candidate ${place}`);
				t.false(leadership.lost.aborted);
				leading -= 1;
				await leadership.resign();
			}
		});
		await withCrashes(cluster, candidates);
		t.is(terms.length, 6);
		t.deepEqual(terms, inOrder(terms));
		const gone = connect();
		const first = await campaign(gone, 'mail', 'gone', 3000);
		const second = connect();
		const taking = campaign(second, 'mail', 'second', hourMs);
		while ((await second.pttl('mail')) > 2500) await sleep(20);
		while ((await second.pttl('mail')) < 2500) await sleep(20);
		t.false(first.lost.aborted, 'it has renewed its key');
		gone.disconnect();
		const {term, resign} = await withCrashes(cluster, taking);
		t.true(term > first.term);
		while (!first.lost.aborted) await sleep(20);
		t.is(await leaderOf(second, 'mail'), 'second');
		await resign();
		t.is(await leaderOf(second, 'mail'), null);
	},
);

test.serial(
	'queue of one: each job is done once, by one worker at a time, those of one producer in their order',
	async t => {
		const {cluster, connect} = await openCluster(t);
		const controller = new AbortController();
		const jobCount = 30;
		let working = 0;
		const done: string[] = [];
		const work = async (job: string): Promise<{key: string; value: string}> => {
			working += 1;
			t.is(working, 1);
			await sleep(5);
			working -= 1;
			done.push(job);
			return {key: `done:${job}`, value: String(done.length)};
		};
		const everything = async (): Promise<void> => {
			const workers = times(2, () => takeJobs(connect(), 'queue', work, {signal: controller.signal, ttlMs: hourMs}));
			await times(3, async place => {
				const redis = connect();
				for (let job = place; job < jobCount; job += 3) await put(redis, 'queue', `job ${job}`);
			});
			const redis = connect();
			while ((await redis.exists('queue')) === 1) await sleep(20);
			controller.abort();
			await workers;
		};
		await withCrashes(cluster, everything());
		const numbers = done.map(job => Number(job.slice(4)));
		t.deepEqual(
			inOrder(numbers),
			Array.from({length: jobCount}, (_, job) => job),
		);
		t.is(done.length, jobCount);
		for (const place of [0, 1, 2]) {
			const own = numbers.filter(job => job % 3 === place);
			t.deepEqual(own, inOrder(own));
		}
		const redis = connect();
		for (const [place, job] of done.entries()) t.is(await redis.get(`done:${job}`), String(place + 1));
	},
);

test.serial(
	'configuration watch: the last change is seen, none after a newer one, and nobody overwrites what he has not read',
	async t => {
		const {cluster, connect} = await openCluster(t);
		const changes = 20;
		const watch = async (): Promise<readonly number[]> => {
			const redis = connect();
			const seen: number[] = [];
			for await (const text of configurations(redis, 'config')) {
				seen.push(Number(text ?? 0));
				if (text === `${2 * changes}`) return seen;
			}
			return seen;
		};
		const change = async (): Promise<void> => {
			const redis = connect();
			for (let made = 0; made < changes;) {
				const text = await redis.get('config');
				if (await configure(redis, 'config', text, String(Number(text ?? 0) + 1))) made += 1;
				await sleep(5);
			}
		};
		const cut = async (): Promise<void> => {
			const redis = connect();
			for (let cuts = 0; cuts < 5; cuts += 1) {
				await sleep(50);
				await redis.client('KILL', 'TYPE', 'pubsub');
			}
		};
		const everything = Promise.all([watch(), watch(), change(), change(), cut()]);
		const [one, other] = await withCrashes(cluster, everything);
		t.is(await connect().get('config'), `${2 * changes}`, 'no change is lost');
		for (const seen of [one, other]) t.deepEqual(seen, inOrder(seen));
		const controller = new AbortController();
		const watching = configurations(connect(), 'config', {signal: controller.signal});
		t.is((await watching.next()).value, `${2 * changes}`);
		const next = watching.next();
		controller.abort();
		t.true((await next).done);
	},
);
