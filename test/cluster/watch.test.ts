/** Clients of a cluster on real threads that watch its keys. */
import {once, setMaxListeners} from 'node:events';
import {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {
	type Clerk,
	Cluster,
	CompactedError,
	OperationAbortedError,
	OptionError,
	type WatchedRevision,
} from '../../actors/index.js';
import {textOf} from '../../actors/text.js';

async function startCluster(t: ExecutionContext): Promise<{cluster: Cluster; clerk: Clerk}> {
	const cluster = await Cluster.start({nodes: 3});
	t.teardown(() => cluster.close());
	return {cluster, clerk: cluster.clerk({timeoutMs: 60_000})};
}

const lines = ({changes}: WatchedRevision): readonly string[] =>
	changes.map(change =>
		change.type === 'clear'
			? 'clear'
			: `${change.type} ${textOf(change.key)}${change.type === 'put' ? `=${textOf(change.value)}` : ''}`,
	);

/** So many revisions. */
async function take(watch: AsyncGenerator<WatchedRevision>, count: number): Promise<readonly WatchedRevision[]> {
	const taken: WatchedRevision[] = [];
	while (taken.length < count) {
		const next = await watch.next();
		if (next.done === true) break;
		taken.push(next.value);
	}
	return taken;
}

test.serial('changes come as they are made, of the prefix, those of one transaction together', async t => {
	const {clerk} = await startCluster(t);
	const {version} = await clerk.put('app/mode', 'off');
	const watch = clerk.watch({prefix: 'app/', from: version});
	const taking = take(watch, 6);
	await clerk.put('other', 'x');
	await clerk.transaction({
		do: [
			{type: 'put', key: 'app/mode', value: 'on'},
			{type: 'put', key: 'app/rate', value: '5'},
			{type: 'put', key: 'else', value: 'y'},
		],
	});
	await clerk.put('app/short', 'z', {ttlMs: 5});
	await sleep(50);
	await clerk.delete('app/rate');
	await clerk.execute({type: 'clear'});
	const taken = await taking;
	t.deepEqual(taken.map(lines), [
		['put app/mode=off'],
		['put app/mode=on', 'put app/rate=5'],
		['put app/short=z'],
		['expire app/short'],
		['delete app/rate'],
		['clear'],
	]);
	t.is(taken[0]?.revision, version);
	t.like(taken[0]?.changes[0], {version});
	await watch.return();
	t.is(clerk.pendingCount, 0);
});

test.serial('without a first revision a watch begins with what comes after it', async t => {
	const {clerk} = await startCluster(t);
	await clerk.put('a', '1');
	const watch = clerk.watch();
	const first = watch.next();
	for (let number = 2; ; number += 1) {
		await clerk.put('a', String(number));
		if ((await Promise.race([first, sleep(20)])) !== undefined) break;
	}
	const {value} = (await first) as IteratorYieldResult<WatchedRevision>;
	t.is(value.changes.length, 1);
	t.not(lines(value)[0], 'put a=1');
	await watch.return();
});

test.serial(
	'an abort ends a watch that waits, at once, and nothing of it is left; so does the end of the clerk',
	async t => {
		const {cluster, clerk} = await startCluster(t);
		await clerk.put('a', '1');
		const controller = new AbortController();
		const waiting = clerk.watch({signal: controller.signal}).next();
		while (clerk.pendingCount === 0) await sleep(1);
		await sleep(50);
		controller.abort(new Error('enough'));
		await t.throwsAsync(waiting, {instanceOf: OperationAbortedError, message: /aborted/});
		t.is(clerk.pendingCount, 0);
		await t.throwsAsync(clerk.watch({signal: controller.signal}).next(), {instanceOf: OperationAbortedError});

		const other = cluster.clerk();
		const open = other.watch().next();
		await sleep(50);
		other.close();
		await t.throwsAsync(open, {code: 'ERR_CLERK_CLOSED'});
	},
);

test.serial('many watches hinder no other operation of their clerk, and all are told', async t => {
	const {clerk} = await startCluster(t);
	const {version} = await clerk.put('a', '0');
	const all = Array.from({length: 100}, () => take(clerk.watch({prefix: 'a', from: version + 1}), 2));
	await sleep(100);
	const controller = new AbortController();
	setMaxListeners(0, controller.signal);
	const others = Array.from({length: 100}, () => clerk.watch({prefix: 'z', signal: controller.signal}).next());
	for (let number = 0; number < 200; number += 1) await clerk.put('b', String(number));
	await clerk.put('a', '1');
	await clerk.put('a', '2');
	for (const taken of await Promise.all(all)) t.deepEqual(taken.map(lines), [['put a=1'], ['put a=2']]);
	controller.abort();
	const ended = await Promise.allSettled(others);
	t.true(ended.every(({status}) => status === 'rejected'));
});

test.serial(
	'what is not kept any more is told, with the revision from which on it is, and a range goes on from there',
	async t => {
		const {cluster, clerk} = await startCluster(t);
		await clerk.put('a', '0');
		await clerk.transaction({
			do: Array.from({length: 9000}, (_, place) => ({type: 'put', key: `k${place}`, value: 'x'})),
		});
		await clerk.transaction({
			do: Array.from({length: 9000}, (_, place) => ({type: 'put', key: `k${place}`, value: 'y'})),
		});
		const error = await t.throwsAsync(clerk.watch({from: 1}).next(), {
			instanceOf: CompactedError,
			code: 'ERR_COMPACTED',
		});
		t.true(error.firstRevision > 1);
		t.is(error.from, 1);
		let from = 0;
		for await (const {revision} of clerk.range({prefix: 'a'})) from ||= revision + 1;
		const {version} = await clerk.put('a', '1');
		t.true(version >= from);
		const watch = clerk.watch({prefix: 'a', from});
		t.deepEqual((await take(watch, 1)).map(lines), [['put a=1']]);
		t.throws(() => clerk.watch({from: 0}), {instanceOf: OptionError, message: /from/});
		t.is(cluster.clerk().pendingCount, 0);
	},
);

test.serial('a watch misses nothing and tells nothing twice while leaders are killed', async t => {
	const {cluster, clerk} = await startCluster(t);
	const {version} = await clerk.put('n', '0');
	const count = 300;
	const watching = Array.from({length: 4}, () =>
		take(cluster.clerk({timeoutMs: 500}).watch({from: version + 1}), count),
	);
	const progress = {isDone: false};
	const killing = (async () => {
		while (!progress.isDone) {
			const leader = await cluster.waitForLeader(60_000);
			await cluster.kill(leader);
			await sleep(100);
			await cluster.restart(leader);
			await sleep(200);
		}
	})();
	for (let number = 1; number <= count; number += 1) {
		await clerk.put('n', String(number));
		if (number % 10 === 0) await sleep(20);
	}
	progress.isDone = true;
	await killing;
	for (const taken of await Promise.all(watching)) {
		t.deepEqual(
			taken.flatMap(lines),
			Array.from({length: count}, (_, place) => `put n=${place + 1}`),
		);
	}
});

test.serial('a watch that waits ends at once when its iterator is returned, and its place is free again', async t => {
	await using cluster = await Cluster.start({nodes: 1});
	const clerk = cluster.clerk();
	// More than a node serves at once.
	for (let round = 0; round < 3; round++) {
		const streams = Array.from({length: 500}, () => Readable.from(clerk.watch({prefix: 'nobody'})));
		for (const stream of streams) stream.resume();
		await clerk.put('k', String(round));
		const closed = streams.map(stream => once(stream, 'close'));
		for (const stream of streams) stream.destroy();
		await Promise.all(closed);
	}
	const watch = clerk.watch({prefix: 'k'});
	const next = watch.next();
	await clerk.get('k');
	t.deepEqual(await watch.return(undefined), {done: true, value: undefined});
	t.deepEqual(await next, {done: true, value: undefined});
	t.deepEqual(await watch.next(), {done: true, value: undefined});
});
