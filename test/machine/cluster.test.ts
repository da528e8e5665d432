/** The ledger of the examples on real threads: a leader that is killed, snapshots, a restart, and what is refused. */
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import {existsSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cluster} from '../../actors/cluster/cluster.js';
import type {MachineClerk} from '../../actors/clerk/machine-clerk.js';
import {backupDirectory} from '../../actors/recovery/backup-directory.js';
import {restoreBackup} from '../../actors/recovery/restore.js';
import {examineDirectory} from '../../actors/recovery/examine.js';
import {isSound, reportOf} from '../../actors/recovery/node-report.js';
import ledger, {type LedgerTypes} from '../../examples/ledger.js';

const machine = new URL('../../examples/ledger.js', import.meta.url);
const accounts = ['alice', 'bob', 'carol', 'dave'];
const opening = 1000;

function scratch(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(os.tmpdir(), 'threadraft-machine-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

async function totalOf(clerk: MachineClerk<LedgerTypes>): Promise<number | undefined> {
	const result = await clerk.read({type: 'total'});
	return result.type === 'cents' ? result.cents : undefined;
}

/** Each account gives a cent to the next, so many times; how many were carried out. */
async function transfer(clerk: MachineClerk<LedgerTypes>, count: number): Promise<number> {
	const results = await Promise.all(
		Array.from({length: count}, (_, place) => {
			const [from = '', to = ''] = [accounts[place % 4], accounts[(place + 1) % 4]];
			return clerk.write({type: 'transfer', from, to, cents: 1});
		}),
	);
	return results.filter(({type}) => type === 'done').length;
}

for (const kvThread of [false, true]) {
	test(`each transfer takes effect once, across a killed leader, snapshots and a restart${kvThread ? ', on a thread of its own' : ''}`, async t => {
		const directory = path.join(scratch(t), 'data');
		const options = {nodes: 3, directory, machine, kvThread, maxRaftState: 4000};
		const cluster = await Cluster.start<LedgerTypes>(options);
		t.teardown(() => cluster.close());
		const clerk = cluster.machineClerk();
		for (const account of accounts) await clerk.write({type: 'open', account, cents: opening});
		t.is(await transfer(clerk, 200), 200);
		const leader = await cluster.waitForLeader(20_000);
		const during = transfer(clerk, 200);
		await cluster.kill(leader);
		t.is(await during, 200);
		await cluster.restart(leader);
		t.is(await totalOf(clerk), accounts.length * opening);
		const [last] = [await clerk.write({type: 'transfer', from: 'alice', to: 'bob', cents: 0})];
		t.deepEqual(last, {type: 'done', transfers: 401});
		await cluster.close();

		const again = await Cluster.start<LedgerTypes>(options);
		t.teardown(() => again.close());
		const other = again.machineClerk();
		t.is(await totalOf(other), accounts.length * opening);
		t.deepEqual(await other.write({type: 'transfer', from: 'bob', to: 'carol', cents: 5}), {
			type: 'done',
			transfers: 402,
		});
		const statuses = await again.status();
		t.true(
			statuses.some(({replica}) => (replica?.snapshotIndex ?? 0) > 0),
			'a snapshot was taken',
		);
	});
}

test('a directory of another machine is refused, and says which it is of', async t => {
	const directory = path.join(scratch(t), 'data');
	await (await Cluster.start<LedgerTypes>({nodes: 1, directory, machine})).close();
	await t.throwsAsync(Cluster.start({nodes: 1, directory}), {
		code: 'ERR_DIRECTORY_UNUSABLE',
		message: /written by a cluster of the machine 'ledger', and 'kv' cannot read its log/,
	});
	const kv = path.join(scratch(t), 'data');
	await (await Cluster.start({nodes: 1, directory: kv})).close();
	await t.throwsAsync(Cluster.start({nodes: 1, directory: kv, machine}), {code: 'ERR_DIRECTORY_UNUSABLE'});
});

test('a module that is no machine is refused before anything is started, and says what to export', async t => {
	const missing = new URL('no-such-file.js', import.meta.url);
	await t.throwsAsync(Cluster.start({machine: missing}), {code: 'ERR_MACHINE_MODULE', message: /cannot be loaded/});
	await t.throwsAsync(Cluster.start({machine: new URL(import.meta.resolve('../../actors/text.js'))}), {
		code: 'ERR_MACHINE_MODULE',
		message: /its default export is no machine: export what `defineMachine` returns/,
	});
});

test('a cluster of another machine has no clerk for keys', async t => {
	const cluster = await Cluster.start<LedgerTypes>({nodes: 1, machine});
	t.teardown(() => cluster.close());
	t.throws(() => (cluster as unknown as Cluster).clerk(), {code: 'ERR_CLUSTER_STATE', message: /use machineClerk/});
});

test('a directory of another machine is examined, backed up and restored with its module, and refused without it', async t => {
	const folder = scratch(t);
	const at = (name: string): string => path.join(folder, name);
	const cluster = await Cluster.start<LedgerTypes>({nodes: 3, directory: at('data'), machine, maxRaftState: 500});
	t.teardown(() => cluster.close());
	const clerk = cluster.machineClerk();
	for (const account of accounts) await clerk.write({type: 'open', account, cents: opening});
	await transfer(clerk, 100);
	t.true((await cluster.backup(at('online'))).index > 0);
	await cluster.close();

	const report = reportOf(examineDirectory(at('data')), undefined);
	t.true(isSound(report), JSON.stringify(report.nodes));
	t.is(report.machine, 'ledger');
	t.is(report.nodes[0]?.snapshot?.keys, undefined);
	t.is(reportOf(examineDirectory(at('data')), ledger).nodes[0]?.snapshot?.keys, accounts.length + 1);

	const how = /is of the machine 'ledger'.*name its module \("--machine FILE"; in the library the option `machine`\)/;
	await t.throwsAsync(backupDirectory(at('data'), at('offline')), {code: 'ERR_BACKUP_MACHINE', message: how});
	await t.throwsAsync(restoreBackup(at('online'), {directory: at('new')}), {code: 'ERR_BACKUP_MACHINE', message: how});
	t.false(existsSync(at('new')), 'what is refused leaves nothing behind');

	await backupDirectory(at('data'), at('offline'), {machine});
	for (const name of ['online', 'offline']) {
		const restored = await restoreBackup(at(name), {directory: at(`from-${name}`), nodes: 1, machine});
		t.is(restored.keys, accounts.length + 1);
		await t.throwsAsync(Cluster.start({nodes: 1, directory: at(`from-${name}`)}), {
			code: 'ERR_DIRECTORY_UNUSABLE',
			message: /machine 'ledger', and 'kv' cannot read its log/,
		});
		const options = {nodes: 1, directory: at(`from-${name}`), machine, sessionTimeoutMs: 50_000};
		for (let life = 0; life < 2; life++) {
			const again = await Cluster.start<LedgerTypes>(options);
			t.teardown(() => again.close());
			const client = again.machineClerk();
			t.is(await totalOf(client), accounts.length * opening);
			const {transfers} = (await client.write({type: 'transfer', from: 'bob', to: 'carol', cents: 5})) as {
				transfers: number;
			};
			t.is(transfers, 101 + life);
			await again.close();
		}
	}
});

test('a directory and a backup of keys and values are refused for another machine', async t => {
	const folder = scratch(t);
	const at = (name: string): string => path.join(folder, name);
	const cluster = await Cluster.start({nodes: 1, directory: at('data')});
	t.teardown(() => cluster.close());
	await cluster.clerk().put('city', 'Bern');
	await cluster.close();
	await t.throwsAsync(backupDirectory(at('data'), at('wrong'), {machine}), {
		code: 'ERR_BACKUP_MACHINE',
		message: /is of the machine 'kv', and 'ledger' cannot read its log: leave the machine out/,
	});
	await backupDirectory(at('data'), at('backup'));
	await t.throwsAsync(restoreBackup(at('backup'), {directory: at('new'), machine}), {
		code: 'ERR_BACKUP_MACHINE',
		message: /it is of keys and values: leave the machine out/,
	});
	await t.throwsAsync(restoreBackup(at('backup'), {directory: at('new'), machine: at('no-such-file.js')}), {
		code: 'ERR_MACHINE_MODULE',
	});
});
