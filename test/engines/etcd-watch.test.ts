/** Watches over etcd while its members die, hang, lose connections, and forget. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {CompactedError, EngineReplacedError, EtcdClerk, type WatchedRevision} from '../../actors/index.js';
import {textOf} from '../../actors/text.js';
import {randomOf} from '../service/fake-cluster.js';
import {compact} from './administrator.js';
import {linesOf, take} from './conformance.js';
import {etcdTest} from './etcd-test.js';
import {FaultyProxy} from './faulty-proxy.js';

async function connect(t: ExecutionContext, url: string): Promise<EtcdClerk> {
	const limits = {attemptTimeoutMs: 300};
	const clerk = await EtcdClerk.connect(url, {connectTimeoutMs: 20_000, timeoutMs: 60_000, limits});
	t.teardown(() => clerk.close());
	return clerk;
}

/** Each in a transaction of its own, of two keys; gives the revisions. */
async function writeAll(clerk: EtcdClerk, name: string, count: number): Promise<readonly number[]> {
	const revisions: number[] = [];
	for (let number = 0; number < count; number++) {
		const shared = {key: 'told/shared'};
		const {revision} = await clerk.transaction({
			do: [
				{type: 'put', key: `told/${name}`, value: String(number)},
				number % 5 === 4 ? {type: 'delete', ...shared} : {type: 'append', ...shared, value: `${name}.${number} `},
			],
		});
		revisions.push(revision);
	}
	return revisions;
}

/** Each revision once, in their order, as a whole; each writer's numbers without a gap. */
function judge(t: ExecutionContext, told: readonly WatchedRevision[], written: readonly (readonly number[])[]): void {
	const revisions = told.map(({revision}) => revision);
	t.deepEqual(
		revisions,
		written.flat().sort((one, other) => one - other),
	);
	for (const [writer, own] of written.entries()) {
		const values = told
			.flatMap(({changes}) => changes)
			.flatMap(change =>
				change.type === 'put' && textOf(change.key) === `told/w${writer}` ? [Number(textOf(change.value))] : [],
			);
		t.deepEqual(
			values,
			own.map((_, number) => number),
		);
	}
}

async function watchAll(clerk: EtcdClerk, from: number, count: number): Promise<readonly WatchedRevision[]> {
	const watch = clerk.watch({prefix: 'told/', from});
	const told = await take(watch, count);
	await watch.return();
	return told;
}

/** Three write, two watch, while `disturb` goes on. */
async function watchWhile(
	t: ExecutionContext,
	{watchers, writers}: {readonly watchers: readonly EtcdClerk[]; readonly writers: readonly EtcdClerk[]},
	disturb: (isDone: () => boolean) => Promise<void>,
): Promise<void> {
	const each = 150;
	const {version} = await writers[0]!.put('told/begin', 'x');
	const tellings = watchers.map(clerk => watchAll(clerk, version + 1, writers.length * each));
	let isDone = false;
	const disturbing = disturb(() => isDone);
	const writing = Promise.all(writers.map((clerk, writer) => writeAll(clerk, `w${writer}`, each)));
	const end = (): void => {
		isDone = true;
	};
	writing.then(end, end);
	const [written] = await Promise.all([writing, disturbing]);
	for (const told of await Promise.all(tellings)) judge(t, told, written);
}

const several = (t: ExecutionContext, url: string, count: number): Promise<EtcdClerk[]> =>
	Promise.all(Array.from({length: count}, () => connect(t, url)));

etcdTest('a watch misses nothing and tells nothing twice while members are killed', async (t, cluster) => {
	const url = cluster.url('killed');
	const clerks = {watchers: await several(t, url, 2), writers: await several(t, url, 3)};
	await watchWhile(t, clerks, async isDone => {
		for (let member = 0; !isDone(); member = (member + 1) % 3) {
			await cluster.kill(member);
			await sleep(200);
			cluster.restart(member);
			await sleep(1000);
		}
	});
});

etcdTest('a watch misses nothing and tells nothing twice while members hang', async (t, cluster) => {
	const url = cluster.url('hung');
	const clerks = {watchers: await several(t, url, 2), writers: await several(t, url, 3)};
	await watchWhile(t, clerks, async isDone => {
		for (let member = 0; !isDone(); member = (member + 1) % 3) {
			await cluster.pause(member);
			await sleep(700);
			cluster.resume(member);
			await sleep(500);
		}
	});
});

etcdTest(
	'a watch misses nothing and tells nothing twice while connections are cut and fall silent',
	async (t, cluster) => {
		const random = randomOf(7);
		const proxies = await Promise.all(cluster.addresses.map(address => FaultyProxy.start(address, random)));
		t.teardown(() => Promise.all(proxies.map(proxy => proxy.close())));
		const proxied = `etcd://${proxies.map(({address}) => address).join(',')}/cut`;
		const clerks = {watchers: await several(t, proxied, 2), writers: await several(t, cluster.url('cut'), 3)};
		for (const proxy of proxies) proxy.setFaults({replies: {cut: 0.05, mute: 0.01}});
		await watchWhile(t, clerks, async isDone => {
			while (!isDone()) await sleep(20);
			for (const proxy of proxies) proxy.setFaults({});
		});
		t.true(proxies.reduce((sum, {broken}) => sum + broken, 0) > 5);
	},
);

etcdTest('a quiet watch finds out that its member hangs, and is told what comes then', async (t, cluster) => {
	const writer = await connect(t, cluster.url('quiet'));
	// Whichever members they are at.
	const watchers = await several(t, cluster.url('quiet'), 6);
	const {version} = await writer.put('a', '0');
	const watches = watchers.map(clerk => clerk.watch({prefix: 'a', from: version}));
	for (const watch of watches) t.deepEqual((await take(watch, 1)).map(linesOf), [['put a=0']]);
	for (const member of [0, 1, 2]) {
		const told = Promise.all(watches.map(watch => take(watch, 1)));
		await cluster.pause(member);
		await writer.put('a', `without ${member}`);
		for (const revisions of await told) t.deepEqual(revisions.map(linesOf), [[`put a=without ${member}`]]);
		cluster.resume(member);
	}
	await Promise.all(watches.map(watch => watch.return()));
});

etcdTest(
	'what was deleted at the revision up to which etcd has forgotten is not left out: it is told that it is not kept',
	async (t, cluster) => {
		const clerk = await connect(t, cluster.url('tombstone'));
		await clerk.put('key', '1');
		const {version} = await clerk.put('other', '1');
		const {revision: deleted} = await clerk.transaction({do: [{type: 'delete', key: 'key'}]});
		await compact(cluster, deleted);
		const error = await t.throwsAsync(clerk.watch({from: deleted}).next(), {instanceOf: CompactedError});
		t.like(error, {from: deleted, firstRevision: deleted + 1});
		await t.throwsAsync(clerk.watch({from: version}).next(), {instanceOf: CompactedError});
		const watch = clerk.watch({prefix: 'key', from: deleted + 1});
		await clerk.put('key', '2');
		t.deepEqual((await take(watch, 1)).map(linesOf), [['put key=2']]);
		await watch.return();
	},
);

etcdTest(
	'what one client has not taken yet waits in etcd, and other calls of the same client go on',
	async (t, cluster) => {
		const clerk = await connect(t, cluster.url('slow'));
		const {version} = await clerk.put('slow/0', 'x');
		const watches = Array.from({length: 4}, () => clerk.watch({prefix: 'slow/', from: version}));
		for (const watch of watches) t.is((await take(watch, 1)).length, 1);
		const value = new Uint8Array(2 ** 20).fill(65);
		for (let number = 1; number <= 20; number++) await clerk.put(`slow/${number}`, value);
		t.is((await clerk.get('slow/20'))?.value.length, value.length);
		for (const watch of watches) {
			const changes = (await take(watch, 20)).flatMap(each => each.changes);
			t.deepEqual(
				changes.map(change => change.type === 'put' && `${textOf(change.key)} ${change.value.length}`),
				Array.from({length: 20}, (_, number) => `slow/${number + 1} ${value.length}`),
			);
			await watch.return();
		}
	},
);

etcdTest('a watch of a cluster that comes back empty fails, and does not wait for its revision', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('wiped'));
	const {version} = await clerk.put('a', '1');
	const watch = clerk.watch({from: version});
	t.is((await watch.next()).done, false);
	const next = watch.next();
	await cluster.wipe();
	await t.throwsAsync(next, {instanceOf: EngineReplacedError});
});

etcdTest('a range is of one revision, until etcd has forgotten it', async (t, cluster) => {
	const clerk = await connect(t, cluster.url('range'));
	const names = Array.from({length: 2500}, (_, number) => `key ${number}`).sort();
	await Promise.all(names.map(name => clerk.put(name, '1')));
	const told: number[][] = [];
	const read = async (between: () => Promise<void>): Promise<readonly (readonly [string, string])[]> => {
		const entries: (readonly [string, string])[] = [];
		const revisions: number[] = [];
		for await (const part of clerk.range()) {
			revisions.push(part.revision);
			for (const {key, value} of part.entries) entries.push([textOf(key), textOf(value)]);
			await between();
		}
		told.push(revisions);
		return entries;
	};
	const writeLast = async (): Promise<number> => (await clerk.put(names.at(-1)!, '2')).version;
	t.deepEqual(
		await read(async () => void (await writeLast())),
		names.map(name => [name, '1']),
	);
	const later = await read(async () => compact(cluster, await writeLast()));
	t.deepEqual(
		later,
		names.map((name, place) => [name, place === names.length - 1 ? '2' : '1']),
	);
	const [first = [], second = []] = told;
	t.is(new Set(first).size, 1);
	t.is(new Set(second).size, second.length);
	t.deepEqual(
		second,
		[...second].sort((one, other) => one - other),
	);
	const large = new Uint8Array(2 ** 20).fill(65);
	for (let number = 0; number < 9; number++) await clerk.put(`large/${number}`, large);
	let bytes = 0;
	for await (const {entries} of clerk.range({prefix: 'large/'})) {
		for (const {value} of entries) bytes += value.length;
	}
	t.is(bytes, 9 * large.length);
});
