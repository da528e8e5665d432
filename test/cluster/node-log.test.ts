/** The log and the snapshot of a node of a living cluster, for people who look at them. */
import test, {type ExecutionContext} from 'ava';
import {Cluster, type ClusterOptions, type LoggedEntry} from '../../actors/index.js';
import type {KvTypes} from '../../src/kv/words.js';
import {nodeId} from '../../src/raft/types.js';

async function clusterOf(t: ExecutionContext, options: ClusterOptions): Promise<Cluster> {
	const cluster = await Cluster.start(options);
	t.teardown(() => cluster.close());
	return cluster;
}

const keysPut = (entries: readonly LoggedEntry<KvTypes>[]): readonly string[] =>
	entries.flatMap(entry =>
		entry.type === 'command' && entry.command?.type === 'writes'
			? entry.command.writes.flatMap(({write}) => (write?.type === 'put' ? [write.key] : []))
			: [],
	);

for (const kvThread of [false, true]) {
	test.serial(
		`a node tells its log, takes a snapshot and drops the log up to it${kvThread ? ' (kvThread)' : ''}`,
		async t => {
			const cluster = await clusterOf(t, {nodes: 1, kvThread});
			const clerk = cluster.clerk({timeoutMs: 60_000});
			for (let key = 0; key < 30; key++) await clerk.put(`key ${key}`, 'x'.repeat(1000));
			const id = nodeId(0);
			const all = await cluster.log(id, {from: 1, countMax: 1000});
			t.deepEqual(
				all.entries.map(({index}) => index),
				Array.from({length: all.lastIndex}, (_, offset) => offset + 1),
			);
			t.is(all.entries[0]?.type, 'noop');
			t.deepEqual(
				// On a busy machine a write that was asked for again is in the log twice.
				[...new Set(keysPut(all.entries))],
				Array.from({length: 30}, (_, key) => `key ${key}`),
			);
			t.true(all.entries.every(({bytes, type}) => type !== 'command' || bytes > 0));
			t.true(all.lastApplied >= 30 && all.lastApplied <= all.commitIndex);

			const last = await cluster.log(id);
			const known = last.entries.filter(({index}) => index <= all.lastIndex);
			t.is(last.entries.length, 20);
			t.deepEqual(known, all.entries.slice(-known.length));
			const part = await cluster.log(id, {from: 3, to: 5});
			t.deepEqual(part.entries, all.entries.slice(2, 5));
			t.deepEqual((await cluster.log(id, {from: all.lastIndex + 1000})).entries, []);

			const {index, bytes} = await cluster.takeSnapshot(id);
			t.true(index >= all.lastApplied);
			t.true(bytes > 30_000, 'the state is in it');
			const after = await cluster.log(id, {from: 1});
			t.is(after.snapshotIndex, index);
			t.true(after.entries.every(entry => entry.index > index));
			t.true((await cluster.takeSnapshot(id)).index >= index, 'where there is nothing new to include it is there');
			await cluster.kill(id);
			await cluster.restart(id);
			t.is(await clerk.getText('key 29'), 'x'.repeat(1000));
		},
	);
}

test.serial('an answer is bounded: of commands that are too long in sum only the length is told', async t => {
	const cluster = await clusterOf(t, {nodes: 1});
	const clerk = cluster.clerk({timeoutMs: 60_000});
	for (let key = 0; key < 6; key++) await clerk.put(`${key}`, 'x'.repeat(900_000));
	const {entries} = await cluster.log(nodeId(0));
	// On a busy machine a write that was asked for again is in the log twice.
	const writes = entries.filter(({bytes}) => bytes > 900_000);
	t.true(writes.length >= 6);
	const isRead = writes.map(entry => entry.type === 'command' && entry.command !== undefined);
	t.deepEqual(isRead.slice(0, 4), [true, true, true, true]);
	t.false(isRead.slice(4).includes(true));
	const keys = keysPut(entries);
	t.is(keys.length, 4);
	t.deepEqual(keys, keys.toSorted(), 'the first ones');
	t.is(keys[0], '0');
});

test.serial('who asks a node that is down, paused or none, or for nonsense, is told so', async t => {
	const cluster = await clusterOf(t, {nodes: 3});
	const id = nodeId(1);
	await t.throwsAsync(cluster.log(id, {countMax: 1001}), {code: 'ERR_OPTION', message: /countMax/});
	await t.throwsAsync(cluster.log(id, {from: 0}), {code: 'ERR_OPTION', message: /from/});
	await t.throwsAsync(cluster.takeSnapshot(id, -1), {code: 'ERR_OPTION', message: /timeoutMs/});
	await t.throwsAsync(cluster.log(nodeId(3)), {code: 'ERR_CLUSTER_STATE', message: /no node 3/});
	await cluster.pause(id, 600_000);
	await t.throwsAsync(cluster.log(id, {timeoutMs: 50}), {code: 'ERR_THREAD_TIMEOUT', message: /logPart/});
	await t.throwsAsync(cluster.takeSnapshot(id, 50), {code: 'ERR_THREAD_TIMEOUT'});
	await cluster.kill(id);
	await t.throwsAsync(cluster.log(id), {code: 'ERR_CLUSTER_STATE', message: /node 1 is not up/});
	await t.throwsAsync(cluster.takeSnapshot(id), {code: 'ERR_CLUSTER_STATE', message: /node 1 is not up/});
});
