import {valueOf} from './value-of.js';
import {cpSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {Cluster} from '../../actors/cluster/cluster.js';
import {DataDirectory} from '../../actors/cluster/data-directory.js';
import {codec} from '../../actors/codec/codec.js';
import {backupDirectory, chunksOf} from '../../actors/recovery/backup-directory.js';
import {loadBackup, writeBackup} from '../../actors/recovery/backup-file.js';
import {BackupError} from '../../actors/recovery/errors.js';
import {examineDirectory} from '../../actors/recovery/examine.js';
import {isSound, reportOf} from '../../actors/recovery/node-report.js';
import {lastState} from '../../actors/recovery/node-state.js';
import {restoreBackup} from '../../actors/recovery/restore.js';
import {defaultKvLimits} from '../../src/kv/limits.js';
import {kvMachine, KvStateMachine} from '../../src/kv/state-machine.js';
import {SnapshotEncoder, snapshotWords} from '../../src/service/snapshot.js';
import {Store} from '../../src/kv/store.js';
import {nodeId} from '../../src/raft/types.js';
import {restoreMarkName} from '../../src/storage/cluster-file.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {fingerprint, flipBitOfLog, scratch} from './scratch.js';

const mebibyte = 2 ** 20;

/** Each kind of key and value, and deletions; the versions that they have in the end. */
async function fill(
	cluster: Cluster,
	timeoutMs: number,
): Promise<ReadonlyMap<Uint8Array, {value: Uint8Array; version: number}>> {
	const clerk = cluster.clerk({timeoutMs});
	const binary = Uint8Array.from({length: 256}, (_, byte) => byte);
	const large = new Uint8Array(mebibyte).map((_, at) => at % 251);
	const values: readonly (readonly [Uint8Array, Uint8Array])[] = [
		[Buffer.from('text'), Buffer.from('é')],
		[binary, binary],
		[new Uint8Array(0), Buffer.from('of the empty key')],
		[Buffer.from('empty'), new Uint8Array(0)],
		[Buffer.from('large'), large],
		[Buffer.from('gone'), binary],
	];
	for (const [key, value] of values) await clerk.put(key, value);
	await clerk.append('text', '+');
	await clerk.delete('gone');
	const found = new Map<Uint8Array, {value: Uint8Array; version: number}>();
	for (const [key] of values) {
		const read = await clerk.get(key);
		if (read !== undefined) found.set(key, {value: new Uint8Array(read.value), version: read.version});
	}
	return found;
}

async function assertHolds(
	t: ExecutionContext,
	cluster: Cluster,
	expected: Awaited<ReturnType<typeof fill>>,
): Promise<void> {
	const clerk = cluster.clerk({timeoutMs: 60_000});
	for (const [key, {value, version}] of expected) {
		const read = await clerk.get(key);
		t.deepEqual(
			read && {value: new Uint8Array(read.value), version: read.version},
			{value, version},
			Buffer.from(key).toString(),
		);
	}
	t.is(await clerk.get('gone'), undefined);
}

/** A cluster that was stopped; node 0 had been killed before the key "late" was written. */
let fixture: {readonly directory: string; readonly expected: Awaited<ReturnType<typeof fill>>};

test.before(async t => {
	const directory = path.join(mkdtempSync(path.join(tmpdir(), 'threadraft-recovery-')), 'data');
	const cluster = await Cluster.start({directory, nodes: 3, maxRaftState: mebibyte / 2});
	const expected = await fill(cluster, 60_000);
	await cluster.kill(nodeId(0));
	await cluster.clerk({timeoutMs: 60_000}).put('late', 'acknowledged');
	await cluster.close();
	fixture = {directory, expected};
	t.pass();
});

test.after.always(() => rmSync(path.dirname(fixture.directory), {recursive: true, force: true}));

/** A copy of it, for one test to break. */
function stopped(t: ExecutionContext): string {
	const directory = path.join(scratch(t), 'data');
	cpSync(fixture.directory, directory, {recursive: true});
	return directory;
}

/** A small backup, made of no cluster. */
async function smallBackup(t: ExecutionContext): Promise<string> {
	const file = path.join(scratch(t), 'backup');
	const store = new Store();
	store.set('text', Buffer.from('value'), 3);
	const machine = new KvStateMachine(store, defaultKvLimits, 0).freeze();
	const state = {index: 5, revision: 6, logTime: 0, wallTime: 0, machine, sessions: []};
	const header = {identity: {clusterId: 'ab'.repeat(16), node: 0}, index: 5, term: 2, isPartial: false};
	await writeBackup(file, header, chunksOf(new SnapshotEncoder(snapshotWords(codec, kvMachine()), state, 1024)));
	return file;
}

test.serial(
	'a cluster that does not run is backed up and restored under a new id: each value and version, and versions go on',
	async t => {
		const {expected} = fixture;
		const directory = stopped(t);
		const before = fingerprint(directory);
		const file = path.join(scratch(t), 'backup');
		const backup = await backupDirectory(directory, file);
		t.false(backup.isPartial);
		t.is(fingerprint(directory), before);
		const restored = path.join(scratch(t), 'new', 'data');
		const report = await restoreBackup(file, {directory: restored, nodes: 5});
		t.not(report.clusterId, backup.clusterId);
		// And the one that was written last.
		t.is(report.keys, expected.size + 1);
		t.true(isSound(reportOf(examineDirectory(restored), kvMachine())));
		const cluster = await Cluster.start({directory: restored, nodes: 5});
		await assertHolds(t, cluster, expected);
		const clerk = cluster.clerk({timeoutMs: 60_000});
		const highest = Math.max(...[...expected.values()].map(({version}) => version));
		const version = (await clerk.get('text'))?.version ?? 0;
		t.is((await clerk.compareAndSet('text', {version: version + 1}, 'no')).type, 'conditionFailed');
		t.is((await clerk.compareAndSet('text', {version}, 'yes')).type, 'written');
		t.true(((await clerk.get('text'))?.version ?? 0) > highest);
		await cluster.close();
	},
);

test.serial('the backup is of the newest log of a majority', async t => {
	const directory = stopped(t);
	// What node 2 acknowledged, node 1 has too: a majority needs one of them.
	rmSync(path.join(directory, 'node-2'), {recursive: true});
	const file = path.join(scratch(t), 'backup');
	const {node, isPartial, unreadable} = await backupDirectory(directory, file);
	t.deepEqual({node, isPartial, unreadable}, {node: 1, isPartial: false, unreadable: [2]});
	const {state} = await loadBackup(file, kvMachine());
	t.is(Buffer.from(valueOf(state, 'late') ?? []).toString(), 'acknowledged');
});

test.serial('with a majority damaged a backup needs consent, says what it is, and leads to a new cluster', async t => {
	const {expected} = fixture;
	const directory = stopped(t);
	flipBitOfLog(directory, 0);
	flipBitOfLog(directory, 2);
	const report = reportOf(examineDirectory(directory), kvMachine());
	t.deepEqual(
		report.nodes.map(({state}) => state),
		['damaged', 'good', 'damaged'],
	);
	t.like(report.nodes[0]?.damage, {code: 'ERR_STORAGE_CORRUPT', file: 'log-0000000001'});
	const file = path.join(scratch(t), 'backup');
	const refusal = await t.throwsAsync(backupDirectory(directory, file), {instanceOf: BackupError});
	t.is(refusal?.code, 'ERR_BACKUP_PARTIAL');
	t.regex(refusal?.message ?? '', /only 1 of 3 nodes.*--accept-data-loss/);
	t.false(existsSync(file));
	t.true((await backupDirectory(directory, file, {acceptDataLoss: true})).isPartial);
	const restored = path.join(scratch(t), 'new');
	t.true((await restoreBackup(file, {directory: restored, nodes: 3})).backup.isPartial);
	const cluster = await Cluster.start({directory: restored, nodes: 3});
	await assertHolds(t, cluster, expected);
	await cluster.close();
});

test.serial("without the cluster's own file nobody knows how many nodes are a majority", async t => {
	const directory = stopped(t);
	rmSync(path.join(directory, 'cluster.json'));
	const report = reportOf(examineDirectory(directory), kvMachine());
	t.is(report.size, undefined);
	t.false(isSound(report));
	t.deepEqual(
		report.nodes.map(({state}) => state),
		['good', 'good', 'good'],
	);
	const file = path.join(scratch(t), 'backup');
	const refusal = await t.throwsAsync(backupDirectory(directory, file), {instanceOf: BackupError});
	t.is(refusal?.code, 'ERR_BACKUP_PARTIAL');
	t.true((await backupDirectory(directory, file, {acceptDataLoss: true})).bytes > 0);
});

test.serial('an older copy of a node is no node of the majority', async t => {
	const directory = stopped(t);
	const older = path.join(scratch(t), 'older');
	cpSync(path.join(directory, 'node-1'), older, {recursive: true});
	await nextLife(directory);
	for (const node of [0, 1]) {
		rmSync(path.join(directory, `node-${node}`), {recursive: true});
		if (node === 1) cpSync(older, path.join(directory, 'node-1'), {recursive: true});
	}
	const {nodes} = reportOf(examineDirectory(directory), undefined);
	t.deepEqual(
		nodes.map(({damage}) => damage?.code),
		['ERR_STORAGE_CORRUPT', 'ERR_STORAGE_STALE', undefined],
	);
	const refusal = await t.throwsAsync(backupDirectory(directory, `${directory}.backup`), {instanceOf: BackupError});
	t.is(refusal?.code, 'ERR_BACKUP_PARTIAL');
});

test.serial('a directory in use, an empty one and one that is missing are refused', async t => {
	const directory = path.join(scratch(t), 'data');
	const codeOf = (action: () => unknown): string | undefined =>
		t.throws(action, {instanceOf: DataDirectoryError})?.code;
	t.is(
		codeOf(() => examineDirectory(directory)),
		'ERR_DIRECTORY_UNUSABLE',
	);
	t.is(
		codeOf(() => examineDirectory(path.dirname(directory))),
		'ERR_DIRECTORY_UNUSABLE',
	);
	const opened = await DataDirectory.open(directory, 2, 'a test');
	t.is(
		codeOf(() => examineDirectory(directory)),
		'ERR_DIRECTORY_IN_USE',
	);
	await opened.close();
	t.deepEqual(
		reportOf(examineDirectory(directory), kvMachine()).nodes.map(({state}) => state),
		['empty', 'empty'],
	);
});

test.serial('a restore overwrites nothing', async t => {
	const directory = stopped(t);
	const file = await smallBackup(t);
	const before = fingerprint(directory);
	const error = await t.throwsAsync(restoreBackup(file, {directory}), {instanceOf: DataDirectoryError});
	t.is(error?.code, 'ERR_DIRECTORY_UNUSABLE');
	t.is(fingerprint(directory), before);
});

/** One more start and stop of each node, as a cluster does them. */
async function nextLife(directory: string): Promise<void> {
	const opened = await DataDirectory.open(directory, 3, 'a life');
	for (const node of [0, 1, 2]) {
		const expectedStart = await opened.beginStart(node);
		const disk = new NodeDisk({directory: opened.nodeDirectory(node), sync: true, now: () => 0, owner: 'a life'});
		const log = new WriteAheadLog({disk, identity: opened.identityOf(node), expectedStart});
		log.load();
		await opened.confirmStart(node);
		await new Promise<void>(resolve => log.close(() => resolve()));
	}
	await opened.close();
}

// What a crash leaves: which of the files that a restore writes are there, in the order in which it makes them durable.
const interruptions: readonly (readonly [string, readonly string[]])[] = [
	['after the mark', [restoreMarkName]],
	['after a part of a node', [restoreMarkName, 'node-0/log-0000000001']],
	['after a node', [restoreMarkName, 'node-0']],
	['after all nodes', [restoreMarkName, 'node-0', 'node-1', 'node-2']],
	['before the mark goes', [restoreMarkName, 'node-0', 'node-1', 'node-2', 'cluster.json']],
];

for (const [place, parts] of interruptions) {
	test.serial(`a restore that is interrupted ${place} is no cluster, and can be run again`, async t => {
		const file = await smallBackup(t);
		const whole = path.join(scratch(t), 'whole');
		await restoreBackup(file, {directory: whole});
		t.false(existsSync(path.join(whole, restoreMarkName)));
		writeFileSync(path.join(whole, restoreMarkName), '');
		const broken = path.join(scratch(t), 'broken');
		for (const part of parts) cpSync(path.join(whole, part), path.join(broken, part), {recursive: true});
		const start = await t.throwsAsync(DataDirectory.open(broken, 3, 'a test'), {instanceOf: DataDirectoryError});
		t.is(start?.code, 'ERR_RESTORE_UNFINISHED');
		t.is(t.throws(() => examineDirectory(broken), {instanceOf: DataDirectoryError})?.code, 'ERR_RESTORE_UNFINISHED');
		await restoreBackup(file, {directory: broken});
		t.true(isSound(reportOf(examineDirectory(broken), kvMachine())));
		const states = examineDirectory(broken).nodes.map(node => lastState(node, {}, kvMachine()).stateHash());
		t.is(states.length, 3);
		t.is(new Set(states).size, 1);
		await (await DataDirectory.open(broken, 3, 'a test')).close();
	});
}
