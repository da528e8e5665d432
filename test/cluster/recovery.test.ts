import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {Cluster, type DiskErrorCode, type DiskFaultSettings, type ClusterEvent} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';

const allFail = (code: DiskErrorCode): DiskFaultSettings => ({
	open: code,
	create: code,
	read: code,
	write: code,
	sync: code,
});

/** Looks again in each turn of the timers until it holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await holds())) await new Promise(resolve => void setTimeout(resolve, 5));
}

for (const [what, settings, kvThread] of [
	['EIO of everything', allFail('EIO'), false],
	['no space left', {create: 'ENOSPC', write: 'ENOSPC'}, true],
	['no descriptor left', {open: 'EMFILE', create: 'EMFILE', sync: 'EIO'}, false],
] as const) {
	test.serial(
		`all disks fail (${what}): the cluster says that it is down, and is back by itself when they work`,
		async t => {
			const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-recovery-'));
			t.teardown(() => rmSync(directory, {recursive: true, force: true}));
			const cluster = await Cluster.start({nodes: 3, directory, kvThread});
			t.teardown(() => cluster.close());
			const restarts = new Map<number, number>();
			const codes = new Set<unknown>();
			cluster.on('event', (event: ClusterEvent) => {
				if (event.type !== 'nodeRestarting') return;
				restarts.set(event.id, (restarts.get(event.id) ?? 0) + 1);
				codes.add((event.error as {code?: unknown}).code);
			});
			const clerk = cluster.clerk({timeoutMs: 60_000});
			const hasty = cluster.clerk({refuseWhileDown: true});
			await clerk.put('before', 'kept');
			for (const id of cluster.nodeIds) cluster.setDiskFaults(id, settings);
			const write = clerk.append('during', 'x');
			await until(() => cluster.nodeIds.every(id => (restarts.get(id) ?? 0) >= 2));
			t.is((await cluster.health()).state, 'down');
			const refusal = await t.throwsAsync(hasty.get('before'));
			t.like(refusal, {name: 'ClusterUnavailableError', outcome: 'notExecuted'});
			for (const id of cluster.nodeIds) cluster.setDiskFaults(id, {});
			await until(async () => (await cluster.health()).state === 'serving');
			await write.catch(() => undefined);
			t.is(await clerk.getText('before'), 'kept');
			t.is(await hasty.getText('before'), 'kept');
			await clerk.put('after', 'too');
			t.is(await clerk.getText('after'), 'too');
			t.true(
				[...codes].every(code => code === 'ERR_STORAGE_FAILED' || code === 'ERR_DIRECTORY_UNUSABLE'),
				[...codes].join(),
			);
		},
	);
}

test.serial(
	'one node whose disk fails for a time is restarted until it works, and the others serve meanwhile',
	async t => {
		const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-recovery-'));
		t.teardown(() => rmSync(directory, {recursive: true, force: true}));
		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		const clerk = cluster.clerk();
		await clerk.put('a', '1');
		const id = nodeId(1);
		cluster.setDiskFaults(id, allFail('EIO'));
		await until(async () => {
			await clerk.append('a', '+');
			return (await cluster.status())[1]?.state === 'waiting';
		});
		const [, waiting] = await cluster.status();
		t.regex(waiting?.error?.message ?? '', /^node 1: .*EIO/);
		t.is((await cluster.health()).state, 'degraded');
		cluster.setDiskFaults(id, {});
		await until(async () => (await cluster.health()).state === 'serving');
	},
);

for (const kvThread of [false, true]) {
	test.serial(`a cluster under load stops in good order (KV server on its own thread: ${kvThread})`, async t => {
		const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-recovery-'));
		t.teardown(() => rmSync(directory, {recursive: true, force: true}));
		for (let round = 0; round < 4; round++) {
			const cluster = await Cluster.start({nodes: 3, directory, kvThread, maxRaftState: 50_000});
			const failures: ClusterEvent[] = [];
			// What becomes of its threads and files.
			cluster.on('event', event => event.type.startsWith('node') && failures.push(event));
			const clerk = cluster.clerk();
			const load = {isOver: false};
			let acknowledged = 0;
			const writers = Array.from({length: 50}, async (_, writer) => {
				while (!load.isOver) {
					await clerk.put(`key ${writer}`, 'x'.repeat(1000)).catch(() => undefined);
					acknowledged += 1;
				}
			});
			await until(() => acknowledged > 300);
			load.isOver = true;
			await cluster.close();
			await Promise.all(writers);
			t.deepEqual(failures, []);
			for (const id of cluster.nodeIds) {
				t.deepEqual(
					readdirSync(path.join(directory, `node-${id}`)).filter(name => name.startsWith('lock')),
					[],
				);
			}
		}
	});
}
