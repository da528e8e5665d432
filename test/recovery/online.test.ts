import {valueOf} from './value-of.js';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {Cluster} from '../../actors/cluster/cluster.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import {loadBackup} from '../../actors/recovery/backup-file.js';
import {BackupError, BackupFileError} from '../../actors/recovery/errors.js';
import {nodeId} from '../../src/raft/types.js';
import {scratch} from './scratch.js';

const timeoutMs = 60_000;

for (const kvThread of [false, true]) {
	test.serial(
		`what was acknowledged before a backup is in it, while writes go on${kvThread ? ' (kvThread)' : ''}`,
		async t => {
			const cluster = await Cluster.start({nodes: 3, kvThread});
			t.teardown(() => cluster.close());
			const clerk = cluster.clerk({timeoutMs});
			let acknowledged = 0;
			const over = new AbortController();
			const writer = (async () => {
				while (!over.signal.aborted) {
					await clerk.put('count', String(acknowledged + 1));
					await clerk.put('copy', String(acknowledged + 1));
					acknowledged++;
				}
			})();
			await clerk.put('first', 'x');
			const folder = scratch(t);
			let index = 0;
			for (let round = 0; round < 5; round++) {
				const before = acknowledged;
				const report = await cluster.backup(path.join(folder, `backup-${round}`), timeoutMs);
				const {state} = await loadBackup(report.file, kvMachine());
				const numberAt = (key: string): number => Number(Buffer.from(valueOf(state, key) ?? []).toString());
				t.true(numberAt('copy') >= before, `${numberAt('copy')} of ${before}`);
				// One index: what was written one after the other is there as it was at one moment.
				t.true([0, 1].includes(numberAt('count') - numberAt('copy')));
				t.true(report.index > index);
				index = report.index;
			}
			over.abort();
			await writer;
			t.deepEqual(
				readdirSync(folder).sort(),
				[0, 1, 2, 3, 4].map(round => `backup-${round}`),
			);
		},
	);
}

test.serial(
	'a cluster that is idle, or whose leader has just ended, is backed up too; without a majority the deadline counts',
	async t => {
		const cluster = await Cluster.start({nodes: 3});
		t.teardown(() => cluster.close());
		const folder = scratch(t);
		await cluster.clerk({timeoutMs}).put('key', 'value');
		const first = await cluster.backup(path.join(folder, 'first'), timeoutMs);
		const again = await cluster.backup(path.join(folder, 'again'), timeoutMs);
		t.true(again.index >= first.index);
		const existing = await t.throwsAsync(cluster.backup(path.join(folder, 'again'), timeoutMs), {
			instanceOf: BackupFileError,
		});
		t.is(existing?.code, 'ERR_BACKUP_EXISTS');
		const leader = await cluster.waitForLeader(timeoutMs);
		await cluster.kill(leader);
		const after = await cluster.backup(path.join(folder, 'after'), timeoutMs);
		t.deepEqual(
			valueOf((await loadBackup(after.file, kvMachine())).state, 'key'),
			new Uint8Array(Buffer.from('value')),
		);
		await cluster.kill(nodeId((leader + 1) % 3));
		const error = await t.throwsAsync(cluster.backup(path.join(folder, 'none'), 300), {instanceOf: BackupError});
		t.is(error?.code, 'ERR_BACKUP_TIMEOUT');
		t.deepEqual(readdirSync(folder).sort(), ['after', 'again', 'first']);
	},
);
