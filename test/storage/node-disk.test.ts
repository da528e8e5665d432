import test from 'ava';
import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readlinkSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {bootId, startTimeOf} from '../../src/storage/proof-of-life.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, call, close, entriesFrom, snapshotAt, vote, write} from './samples.js';
import {nextTurn, nodePlace, temporaryDirectory} from './places.js';

const diskOf = (directory: string, owner = 'test'): NodeDisk =>
	new NodeDisk({directory, sync: false, now: () => performance.now(), owner});
const ignored = (): void => undefined;
/** No process has this number: it is above what Linux gives out. */
const deadClaim = `99999999:1:${bootId()}:3:dead`;

test('the second owner of a directory is refused, with the process that has it', t => {
	const directory = temporaryDirectory(t);
	const first = diskOf(directory, 'cluster one');
	first.lock();
	const error = t.throws(() => diskOf(directory, 'cluster two').lock(), {
		instanceOf: DataDirectoryError,
		code: 'ERR_DIRECTORY_IN_USE',
	});
	t.regex(error.message, new RegExp(`in use by process ${process.pid}`));
	first.unlock(ignored);
	const second = diskOf(directory, 'cluster two');
	t.notThrows(() => second.lock());
	second.unlock(ignored);
	t.deepEqual(readdirSync(directory), []);
});

test('the same owner in the same process claims again: its thread was killed and could not let go', t => {
	const directory = temporaryDirectory(t);
	diskOf(directory).lock();
	const again = diskOf(directory);
	t.notThrows(() => again.lock());
	again.unlock(ignored);
	t.deepEqual(readdirSync(directory), []);
});

test('what a claimant left that was killed while it made its proof of life goes with the next claim', t => {
	const directory = temporaryDirectory(t);
	writeFileSync(join(directory, 'lock.proof-dead'), 'de');
	const disk = diskOf(directory);
	disk.lock();
	t.deepEqual(readdirSync(directory), ['lock']);
	disk.unlock(ignored);
	t.deepEqual(readdirSync(directory), []);
});

test('who was taken over does not let go of its successor', t => {
	const directory = temporaryDirectory(t);
	const first = diskOf(directory, 'one');
	first.lock();
	first.unlock(ignored);
	const second = diskOf(directory, 'two');
	second.lock();
	first.unlock(ignored);
	t.regex(readlinkSync(join(directory, 'lock')), /:two$/);
	second.unlock(ignored);
});

test('the claim of a dead process is taken over, and so is one of its dead successor', t => {
	const directory = temporaryDirectory(t);
	symlinkSync(deadClaim, join(directory, 'lock'));
	symlinkSync(`99999998:7:${bootId()}:3:dead too`, join(directory, 'lock.99999999-1-3'));
	const disk = diskOf(directory);
	disk.lock();
	t.deepEqual(readdirSync(directory), ['lock']);
	disk.unlock(ignored);
});

test('a process number that was given to another process since is a dead claim', t => {
	const directory = temporaryDirectory(t);
	symlinkSync(`${process.pid}:1:${bootId()}:3:dead`, join(directory, 'lock'));
	const disk = diskOf(directory);
	t.notThrows(() => disk.lock());
	disk.unlock(ignored);
});

test('a claim of before the machine was started is dead, whatever its process number and start time are now', t => {
	const directory = temporaryDirectory(t);
	symlinkSync(`${process.ppid}:${startTimeOf(process.ppid) ?? '0'}:another-boot:3:dead`, join(directory, 'lock'));
	const disk = diskOf(directory);
	t.notThrows(() => disk.lock());
	disk.unlock(ignored);
});

test('a lock that this program did not make is left alone', t => {
	const directory = temporaryDirectory(t);
	writeFileSync(join(directory, 'lock'), 'mine');
	t.throws(() => diskOf(directory).lock(), {code: 'ERR_DIRECTORY_IN_USE', message: /delete .*lock/});
});

test('a directory that cannot be one is refused with the reason', t => {
	const directory = temporaryDirectory(t);
	writeFileSync(join(directory, 'file'), '');
	t.throws(() => diskOf(join(directory, 'file', 'data')).lock(), {code: 'ERR_DIRECTORY_UNUSABLE', message: /ENOTDIR/});
});

test('of processes that claim a dead lock at the same moment one gets it', async t => {
	const script = fileURLToPath(new URL('claim-process.js', import.meta.url));
	for (let round = 0; round < 4; round++) {
		const directory = temporaryDirectory(t);
		symlinkSync(deadClaim, join(directory, 'lock'));
		const children = Array.from({length: 4}, (_, number) =>
			spawn(process.execPath, [script, directory, `cluster ${number}`], {stdio: ['pipe', 'pipe', 'inherit']}),
		);
		const lines = children.map(child => createInterface({input: child.stdout})[Symbol.asyncIterator]());
		for (const line of lines) t.is((await line.next()).value, 'ready');
		for (const child of children) child.stdin.write('go\n');
		const outcomes: string[] = [];
		for (const line of lines) outcomes.push(String((await line.next()).value));
		for (const child of children) child.stdin.end();
		await Promise.all(children.map(async child => once(child, 'exit')));
		t.deepEqual(outcomes.toSorted(), [
			'ERR_DIRECTORY_IN_USE',
			'ERR_DIRECTORY_IN_USE',
			'ERR_DIRECTORY_IN_USE',
			'claimed',
		]);
	}
});

// Serial: files that another test opens meanwhile would be counted.
test.serial('a storage closes every file that it opened', async t => {
	const open = (): number => readdirSync('/proc/self/fd').length;
	const before = open();
	const place = nodePlace(t, true, {segmentBytes: 1024});
	for (let life = 0; life < 5; life++) {
		const storage = place.open();
		const {entries} = storage.load();
		for (let offset = 1; offset <= 30; offset++) {
			await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(entries.length + offset, 1)}));
		}
		const unfinished = storage.createSnapshot(snapshotAt(1));
		await call(place, done => unfinished.write(new Uint8Array(10), done));
		await close(place, storage);
	}
	t.is(open(), before);
});

test.serial('a storage that fails to load lets go of the directory and of its files', async t => {
	const place = nodePlace(t, true);
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	await close(place, storage);
	writeFileSync(join(place.directory, 'log-0000000001'), 'x'.repeat(2000));
	const before = readdirSync('/proc/self/fd').length;
	t.throws(() => place.open().load(), {code: 'ERR_STORAGE_CORRUPT'});
	t.is(readdirSync('/proc/self/fd').length, before);
	t.deepEqual(readdirSync(place.directory), ['log-0000000001', 'node']);
});

test('where the process has no descriptor left, the log still goes on: segments, snapshots and their removal', async t => {
	const script = fileURLToPath(new URL('out-of-descriptors.js', import.meta.url));
	const directory = temporaryDirectory(t);
	const args = ['-c', 'ulimit -n 80 && exec "$0" "$@"', process.execPath, script, directory];
	const {stdout} = await promisify(execFile)('/bin/sh', args);
	t.is(stdout, 'all written\n');
});

test('a real disk that refuses a write ends the storage', async t => {
	const directory = temporaryDirectory(t);
	const disk = new NodeDisk({directory, sync: true, now: () => performance.now(), owner: 'test'});
	const storage = new WriteAheadLog({disk, segmentBytes: 1});
	storage.load();
	writeFileSync(join(directory, 'log-0000000002'), 'in the way');
	const place = {open: () => storage, settle: nextTurn};
	await t.throwsAsync(write(place, storage, batch({hardState: vote(1)})), {
		code: 'ERR_STORAGE_FAILED',
		message: /EEXIST/,
	});
	const end = await close(place, storage);
	t.is(end?.name, 'StorageFailedError');
	t.deepEqual(readdirSync(directory), ['log-0000000001', 'log-0000000002', 'node']);
});

test('on a quick disk little is durable when the call returns; much, and all on a slow one, beside the event loop', async t => {
	let now = 0;
	const disk = new NodeDisk({directory: temporaryDirectory(t), sync: true, now: () => now, owner: 'test'});
	disk.lock();
	t.teardown(() => disk.unlock(ignored));
	const file = disk.open('file', {create: true});
	t.teardown(() => file.close());
	let tickMs = 0;
	/** Writes and syncs; whether that was done when the call returned. `tickMs`: how long the sync seems to take. */
	const isImmediate = async (bytes: number, syncMs: number): Promise<boolean> => {
		tickMs = syncMs;
		let isDone = false;
		const done = new Promise<void>((resolve, reject) => {
			const ended = (error?: Error): void => {
				isDone = true;
				if (error === undefined) resolve();
				else reject(error);
			};
			file.write(0, new Uint8Array(bytes).fill(1), error => {
				if (error !== undefined) return ended(error);
				file.sync(ended);
				now += tickMs;
			});
		});
		const wasDone = isDone;
		await done;
		return wasDone;
	};
	t.false(await isImmediate(100, 0.2), 'nothing is known of the disk yet');
	t.true(await isImmediate(100, 0.2));
	t.false(await isImmediate(1_000_000, 0.2), 'much at once');
	t.true(await isImmediate(100, 0.2));
	t.false(await isImmediate(1_000_000, 5), 'this one turns out slow');
	t.false(await isImmediate(100, 0.2), 'so the next does not block, and is quick again');
	t.true(await isImmediate(100, 0.2));
	t.is(file.size(), 1_000_000);
});
