import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {chunksOf} from '../../actors/recovery/backup-directory.js';
import {loadBackup, writeBackup} from '../../actors/recovery/backup-file.js';
import {BackupFileError} from '../../actors/recovery/errors.js';
import {defaultKvLimits} from '../../src/kv/limits.js';
import {kvMachine, KvStateMachine} from '../../src/kv/state-machine.js';
import {SnapshotEncoder, snapshotWords} from '../../src/service/snapshot.js';
import {Store} from '../../src/kv/store.js';
import {startTimeOf} from '../../src/storage/proof-of-life.js';
import {crc32} from 'node:zlib';
import {scratch} from './scratch.js';

const header = {identity: {clusterId: '0123456789abcdef'.repeat(2), node: 2}, index: 9, term: 4, isPartial: true};

function snapshot(index = 9): Iterable<Uint8Array> {
	const store = new Store();
	store.set('key', new Uint8Array([1, 2, 3]), 7);
	store.set('ÿ', new Uint8Array(0), 8);
	const machine = new KvStateMachine(store, defaultKvLimits, 0).freeze();
	const state = {index, revision: 11, logTime: 5, wallTime: 0, machine, sessions: []};
	return chunksOf(new SnapshotEncoder(snapshotWords(codec, kvMachine()), state, 16));
}

async function backup(t: ExecutionContext): Promise<string> {
	const file = path.join(scratch(t), 'backup');
	await writeBackup(file, header, snapshot());
	return file;
}

const codeOfLoading = async (t: ExecutionContext, file: string): Promise<string | undefined> =>
	(await t.throwsAsync(loadBackup(file, kvMachine()), {instanceOf: BackupFileError}))?.code;

test('a backup is read as it was written', async t => {
	const file = await backup(t);
	const {report, state} = await loadBackup(file, kvMachine());
	const {bytes, sha256, ...facts} = report;
	t.deepEqual(facts, {file, index: 9, term: 4, clusterId: header.identity.clusterId, isPartial: true});
	t.is(bytes, readFileSync(file).length);
	t.is(sha256, readFileSync(file).subarray(-32).toString('hex'));
	t.is(state.machine.itemCount, 2);
	t.deepEqual(state.machine.read({type: 'get', key: 'key'}), {
		type: 'value',
		value: new Uint8Array([1, 2, 3]),
		version: 7,
	});
	t.deepEqual(state.machine.read({type: 'get', key: 'ÿ'}), {type: 'value', value: new Uint8Array(0), version: 8});
	t.is(state.revision, 11);
	t.deepEqual(readdirSync(path.dirname(file)), ['backup']);
});

test('a backup never replaces a file, and a failed one leaves none', async t => {
	const file = await backup(t);
	const before = readFileSync(file);
	const error = await t.throwsAsync(writeBackup(file, header, snapshot()), {instanceOf: BackupFileError});
	t.is(error?.code, 'ERR_BACKUP_EXISTS');
	t.deepEqual(readFileSync(file), before);
	const other = `${file}-other`;
	const failing = (function* () {
		yield new Uint8Array(10);
		throw new TypeError('no more');
	})();
	await t.throwsAsync(writeBackup(other, header, failing), {instanceOf: TypeError});
	t.deepEqual(readdirSync(path.dirname(file)), ['backup']);
	const nowhere = path.join(file, 'below');
	t.is(
		(await t.throwsAsync(writeBackup(nowhere, header, snapshot()), {instanceOf: BackupFileError}))?.code,
		'ERR_BACKUP_UNUSABLE',
	);
});

test('of two backups that are written under one name at a time one is refused, and the other is whole', async t => {
	const file = path.join(scratch(t), 'backup');
	const ends = await Promise.allSettled([9, 9].map(() => writeBackup(file, header, snapshot())));
	const refusals = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as BackupFileError] : []));
	t.deepEqual(
		refusals.map(({code}) => code),
		['ERR_BACKUP_EXISTS'],
	);
	t.is((await loadBackup(file, kvMachine())).state.machine.itemCount, 2);
	t.deepEqual(readdirSync(path.dirname(file)), ['backup']);
});

test('what a process that has ended left of a backup goes with the next one; what is being written stays', async t => {
	const folder = scratch(t);
	const started = startTimeOf(process.pid) ?? '0';
	const ofTheDead = 'monday.threadraft-99999999-1-0123abcd.tmp';
	const ofTheLiving = `tuesday.threadraft-${process.pid}-${started}-0123abcd.tmp`;
	const ofOthers = 'notes.tmp';
	for (const name of [ofTheDead, ofTheLiving, ofOthers]) writeFileSync(path.join(folder, name), 'half');
	await writeBackup(path.join(folder, 'wednesday'), header, snapshot());
	t.deepEqual(readdirSync(folder).sort(), [ofOthers, ofTheLiving, 'wednesday'].sort());
});

test('each changed bit, each missing end and each longer end of a backup is seen', async t => {
	const file = await backup(t);
	const good = readFileSync(file);
	for (let at = 0; at < good.length; at++) {
		const bytes = Buffer.from(good);
		bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
		writeFileSync(file, bytes);
		t.is(await codeOfLoading(t, file), at < 16 ? 'ERR_BACKUP_FOREIGN' : 'ERR_BACKUP_DAMAGED', `byte ${at}`);
	}
	for (let length = 0; length < good.length; length++) {
		writeFileSync(file, good.subarray(0, length));
		t.is(await codeOfLoading(t, file), length < 16 ? 'ERR_BACKUP_FOREIGN' : 'ERR_BACKUP_DAMAGED', `length ${length}`);
	}
	writeFileSync(file, Buffer.concat([good, Buffer.alloc(1)]));
	t.is(await codeOfLoading(t, file), 'ERR_BACKUP_DAMAGED');
});

test("another program's file, a newer release's and none at all are told apart", async t => {
	const file = await backup(t);
	const newer = readFileSync(file);
	newer.writeUInt32LE(2, 8);
	newer.writeUInt32LE(crc32(newer.subarray(0, 12)), 12);
	writeFileSync(file, newer);
	t.is(await codeOfLoading(t, file), 'ERR_BACKUP_VERSION');
	writeFileSync(file, 'REDIS0010 and so on, which is long enough for a header');
	t.is(await codeOfLoading(t, file), 'ERR_BACKUP_FOREIGN');
	t.is(await codeOfLoading(t, `${file}-absent`), 'ERR_BACKUP_UNUSABLE');
	t.is(await codeOfLoading(t, path.dirname(file)), 'ERR_BACKUP_UNUSABLE');
});

test('a state of another index than the header says is no backup', async t => {
	const file = path.join(scratch(t), 'backup');
	await writeBackup(file, header, snapshot(8));
	t.is(await codeOfLoading(t, file), 'ERR_BACKUP_DAMAGED');
});
