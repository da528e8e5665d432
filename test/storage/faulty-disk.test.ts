import test from 'ava';
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type DiskFaultSettings, diskErrorCodes, FaultyDisk, SharedDiskFaults} from '../../src/storage/faulty-disk.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {nextTurn, temporaryDirectory} from './places.js';
import {batch, close, entriesFrom, vote, write} from './samples.js';

/** A faulty disk over a real one; `later`: what the disk tells late. */
function faultyDisk(directory: string, later: (delayMs: number | undefined, callback: () => void) => void) {
	const faults = new SharedDiskFaults();
	const disk = new NodeDisk({directory, sync: true, now: () => performance.now(), owner: 'test'});
	// Another thread has its own view of the same memory.
	return {
		faults,
		disk: new FaultyDisk({disk, faults: new SharedDiskFaults(faults.memory), schedule: later, random: () => 0.5}),
	};
}

const never = (): never => {
	throw new Error('nothing is told late');
};

test('each kind of operation fails with the error it was told, does nothing, and works again when the disk is healed', async t => {
	const directory = temporaryDirectory(t);
	const {faults, disk} = faultyDisk(directory, never);
	disk.lock();
	const file = disk.open('file', {create: true});
	const told = (action: (done: (error?: Error) => void) => void): Promise<Error | undefined> => new Promise(action);
	const fails = async (settings: DiskFaultSettings, code: string, action: () => unknown): Promise<void> => {
		faults.set(settings);
		try {
			t.like(await action(), {code});
		} catch (error) {
			t.like(error, {code});
		}
	};
	await fails({write: 'ENOSPC'}, 'ENOSPC', () => told(done => file.write(0, new Uint8Array(4), done)));
	t.is(readFileSync(join(directory, 'file')).length, 0);
	for (const code of diskErrorCodes) {
		await fails({open: code}, code, () => disk.open('file', {create: false}));
		await fails({open: code}, code, () => disk.list());
		await fails({create: code}, code, () => disk.open('new', {create: true}));
		await fails({read: code}, code, () => file.read(0, 1));
		await fails({write: code}, code, () => disk.rename('file', 'other'));
		await fails({write: code}, code, () => disk.remove('file'));
		await fails({write: code}, code, () => file.truncate(0));
		await fails({sync: code}, code, () => file.truncate(0));
		await fails({sync: code}, code, () => told(done => file.sync(done)));
		await fails({sync: code}, code, () => told(done => disk.syncDirectory(done)));
	}
	t.deepEqual(disk.list(), ['file']);
	faults.set({});
	t.is(await told(done => file.write(0, Uint8Array.of(1, 2), done)), undefined);
	t.is(await told(done => file.sync(done)), undefined);
	t.deepEqual(file.read(0, 2), Uint8Array.of(1, 2));
	file.close();
	await told(done => disk.unlock(done));
	t.deepEqual(readdirSync(directory), ['file']);
});

test('a directory whose lock cannot be taken because of the disk says which error it was', t => {
	const {faults, disk} = faultyDisk(temporaryDirectory(t), never);
	faults.set({open: 'EIO'});
	const error = t.throws(() => disk.lock(), {code: 'ERR_DIRECTORY_UNUSABLE'});
	t.like(error.cause, {code: 'EIO'});
});

test('a slow disk tells of each write and sync later by the delay', async t => {
	const {faults, disk} = faultyDisk(temporaryDirectory(t), (delayMs, callback) => {
		delays.push(delayMs);
		setImmediate(callback);
	});
	const delays: (number | undefined)[] = [];
	const storage = new WriteAheadLog({disk});
	storage.load();
	const place = {open: () => storage, settle: nextTurn};
	await write(place, storage, batch({hardState: vote(1)}));
	t.deepEqual(delays, []);
	faults.set({delayMs: 30});
	await write(place, storage, batch({entries: entriesFrom(1, 1)}));
	t.deepEqual(delays, [30, 30], 'one write and one sync');
	t.is(await close(place, storage), undefined);
});

test('a sync that is stalled ends when the disk goes on, and one sync alone fails where one is to', async t => {
	const waiting: (() => void)[] = [];
	const {faults, disk} = faultyDisk(temporaryDirectory(t), (_, callback) => void waiting.push(callback));
	disk.lock();
	const file = disk.open('file', {create: true});
	const sync = (): Promise<Error | undefined> => new Promise(done => file.sync(done));
	faults.set({isSyncStalled: true});
	const stalled = sync();
	while (waiting.length === 0) await nextTurn();
	waiting.shift()?.();
	t.is(waiting.length, 1, 'it is looked at again');
	t.is(faults.hits, 1);
	faults.set({});
	waiting.shift()?.();
	t.is(await stalled, undefined);
	t.is(waiting.length, 0);

	faults.failNextSync();
	t.like(await sync(), {code: 'EIO'});
	t.is(await sync(), undefined);
	t.is(faults.hits, 2);
	file.close();
	await new Promise<void>(done => disk.unlock(() => done()));
});

test('operations fail as often as they are told to, a bit of what is read turns, and a delay is drawn anew', async t => {
	const delays: (number | undefined)[] = [];
	let drawn = 0;
	const faults = new SharedDiskFaults();
	const directory = temporaryDirectory(t);
	const disk = new FaultyDisk({
		disk: new NodeDisk({directory, sync: true, now: () => performance.now(), owner: 'test'}),
		faults: new SharedDiskFaults(faults.memory),
		schedule: (delayMs, callback) => {
			delays.push(delayMs);
			setImmediate(callback);
		},
		random: () => drawn,
	});
	disk.lock();
	const file = disk.open('file', {create: true});
	const write = (): Promise<Error | undefined> => new Promise(done => file.write(0, Uint8Array.of(1, 2, 3, 4), done));
	faults.set({write: 'EIO', probabilities: {write: 0.25}});
	drawn = 0.2;
	t.like(await write(), {code: 'EIO'});
	drawn = 0.3;
	t.is(await write(), undefined);
	faults.set({readFlipProbability: 0.4});
	drawn = 0.3;
	t.deepEqual(file.read(0, 4), Uint8Array.of(1, 2 ^ (1 << 2), 3, 4));
	drawn = 0.5;
	t.deepEqual(file.read(0, 4), Uint8Array.of(1, 2, 3, 4));
	faults.set({syncDelay: {leastMs: 10, spreadMs: 4}});
	await new Promise(done => file.sync(done));
	faults.set({syncDelay: {leastMs: 1, meanMs: 2}});
	await new Promise(done => file.sync(done));
	t.is(delays[0], 12);
	t.is(delays[1]?.toFixed(6), (1 + 2 * Math.log(2)).toFixed(6));
	t.is(await write(), undefined);
	t.is(delays.length, 2, 'a write is not late');
	file.close();
	await new Promise<void>(done => disk.unlock(() => done()));
});
