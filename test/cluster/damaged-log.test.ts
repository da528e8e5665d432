import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cluster, NodesFailedError, StorageCorruptError, type ClusterEvent} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';

function logOf(directory: string, node: number): string {
	const folder = path.join(directory, `node-${node}`);
	const name = readdirSync(folder).find(each => each.startsWith('log-'));
	return path.join(folder, name ?? '');
}

/** Flips a byte in the middle of a node's log, where no crash can have done it. */
function damageLog(directory: string, node: number): void {
	const file = logOf(directory, node);
	const bytes = readFileSync(file);
	bytes[400]! ^= 0xff;
	writeFileSync(file, bytes);
}

function dataDirectory(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-damaged-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

async function fill(cluster: Cluster): Promise<void> {
	const clerk = cluster.clerk();
	for (let number = 0; number < 20; number++) await clerk.put(`key ${number}`, 'x'.repeat(100));
}

test.serial(
	'a node whose log is damaged while it is down: restart rejects, the others serve, and all is told',
	async t => {
		const directory = dataDirectory(t);
		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		const events: ClusterEvent[] = [];
		cluster.on('event', event => events.push(event));
		await fill(cluster);
		await cluster.kill(nodeId(0));
		damageLog(directory, 0);
		const damaged = await t.throwsAsync(cluster.restart(nodeId(0)), {instanceOf: StorageCorruptError});
		t.like((await cluster.status())[0], {
			state: 'damaged',
			damage: {file: logOf(directory, 0), offset: damaged.offset, reason: damaged.message},
		});
		t.like(events.at(-1), {type: 'nodeDamaged', id: 0, damage: {file: logOf(directory, 0)}});
		t.is(await cluster.clerk().getText('key 7'), 'x'.repeat(100));
		const health = await cluster.health();
		t.is(health.state, 'degraded');
		t.deepEqual(
			health.reasons.map(({type}) => type),
			['nodeDamaged'],
		);
	},
);

test.serial(
	'a damaged node does not keep the others from starting, and restart brings it back once its files are',
	async t => {
		const directory = dataDirectory(t);
		const first = await Cluster.start({nodes: 3, directory});
		await fill(first);
		await first.close();
		const intact = readFileSync(logOf(directory, 1));
		damageLog(directory, 1);

		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		const statuses = await cluster.status();
		t.deepEqual(
			statuses.map(({state}) => state),
			['up', 'damaged', 'up'],
		);
		t.is(statuses[1]?.damage?.file, logOf(directory, 1));
		t.true((statuses[1]?.damage?.offset ?? 0) > 0);
		const clerk = cluster.clerk();
		t.is(await clerk.getText('key 7'), 'x'.repeat(100));
		await clerk.put('key 7', 'new');
		await t.throwsAsync(cluster.restart(nodeId(1)), {instanceOf: StorageCorruptError});
		t.is((await cluster.status())[1]?.state, 'damaged');

		writeFileSync(logOf(directory, 1), intact);
		await cluster.restart(nodeId(1));
		await cluster.kill(nodeId(0));
		t.is(await clerk.getText('key 7'), 'new');
	},
);

test.serial('a majority of damaged nodes is refused, with the error of each', async t => {
	const directory = dataDirectory(t);
	const first = await Cluster.start({nodes: 3, directory});
	await fill(first);
	await first.close();
	damageLog(directory, 0);
	damageLog(directory, 2);
	const error = await t.throwsAsync(Cluster.start({nodes: 3, directory}), {instanceOf: NodesFailedError});
	t.is(error.errors.length, 2);
	t.true(error.errors.every(each => each instanceof StorageCorruptError));
	t.regex(error.message, /^2 of 3 nodes cannot start, and 2 are needed: node 0: .*; node 2: /);
});
