import test from 'ava';
import type {RaftStorage} from '../../src/storage/storage.js';
import type {DiskFaults, DiskOperation} from '../../src/storage/simulated-disk.js';
import {
	batch,
	bytesOf,
	call,
	close,
	entriesFrom,
	plain,
	snapshotAt,
	vote,
	write,
	writeSnapshot,
	type Place,
} from './samples.js';
import {simulatedPlace} from './places.js';

/** The name of the error of each call; `ok` without one. */
async function outcomes(place: Place, storage: RaftStorage, first: number, count: number): Promise<readonly string[]> {
	const seen: string[] = [];
	for (let offset = 0; offset < count; offset++) {
		storage.write(batch({entries: entriesFrom(first + offset, 1)}), error => seen.push(error?.name ?? 'ok'));
	}
	await place.settle();
	return seen;
}

const failures: readonly (readonly [string, Partial<DiskFaults>])[] = [
	['a sync that fails once (fsyncgate, B-43)', {failingSyncs: 'next'}],
	['a write that fails once', {failingWrites: 'next'}],
	['a full disk', {capacityBytes: 2000}],
];
for (const [what, fault] of failures) {
	test(`after ${what} nothing is acknowledged again until a restart, and nothing acknowledged is lost`, async t => {
		const place = simulatedPlace({sizes: {preallocateBytes: 0}});
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 5)}));
		Object.assign(place.disk.faults, fault);
		let next = 6;
		while ((await outcomes(place, storage, next, 1))[0] === 'ok') next++;
		place.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
		t.deepEqual(
			await outcomes(place, storage, next + 1, 3),
			Array.from({length: 3}, () => 'StorageFailedError'),
		);
		t.throws(() => storage.createSnapshot(snapshotAt(2)), {code: 'ERR_STORAGE_FAILED'});
		t.throws(() => storage.openSnapshot(), {code: 'ERR_STORAGE_FAILED'});
		const end = await close(place, storage);
		t.is(end?.name, 'StorageFailedError');
		place.disk.cutPower('random');
		const again = place.open();
		const {entries} = again.load();
		t.deepEqual(entries.slice(0, next - 1), entriesFrom(1, next - 1));
		t.deepEqual(await outcomes(place, again, entries.length + 1, 2), ['ok', 'ok']);
	});
}

test('a failed flush fails its batches and those behind it, in order', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	place.disk.faults.failingSyncs = 'next';
	const seen: string[] = [];
	for (let index = 1; index <= 4; index++) {
		storage.write(batch({entries: entriesFrom(index, 1)}), error => seen.push(`${index} ${error?.name}`));
	}
	await place.settle();
	t.deepEqual(
		seen,
		[1, 2, 3, 4].map(index => `${index} StorageFailedError`),
	);
});

for (const fault of [{failingWrites: 'next'}, {failingSyncs: 'next'}] as const) {
	test(`a snapshot that cannot be written ends the storage (${Object.keys(fault)[0]})`, async t => {
		const place = simulatedPlace();
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
		Object.assign(place.disk.faults, fault);
		await t.throwsAsync(writeSnapshot(place, storage, snapshotAt(2), [bytesOf('state')]), {code: 'ERR_STORAGE_FAILED'});
		t.deepEqual(await outcomes(place, storage, 4, 1), ['StorageFailedError']);
		await close(place, storage);
		t.is(place.open().load().entries.length, 3);
	});
}

test('a snapshot that a flush under way fails beside is not acknowledged', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
	const writer = storage.createSnapshot(snapshotAt(2));
	t.is(await call(place, done => writer.write(bytesOf('state'), done)), undefined);
	place.disk.faults.failingWrites = 'next';
	const seen: string[] = [];
	storage.write(batch({entries: entriesFrom(4, 1)}), error => seen.push(`write ${error?.name}`));
	writer.finish(error => seen.push(`finish ${error?.name}`));
	await place.settle();
	t.deepEqual(seen.toSorted(), ['finish StorageFailedError', 'write StorageFailedError']);
});

test('a read error at the start is no damage: it says so and leaves the files alone', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
	await close(place, storage);
	place.disk.faults.failingReads = 'next';
	t.throws(() => place.open().load(), {code: 'ERR_STORAGE_FAILED', message: /node: EIO/});
	t.is(place.open().load().entries.length, 3);
});

test('a stalled sync holds back every completion, and lets them all go in order', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	place.disk.faults.areSyncsStalled = true;
	const stalled = outcomes(place, storage, 1, 3);
	t.deepEqual(await stalled, []);
	place.disk.faults.areSyncsStalled = false;
	place.disk.releaseSyncs();
	await place.settle();
	place.disk.cutPower('drop');
	t.is(place.open().load().entries.length, 3);
});

test('what comes while a flush is under way shares the next write and the next sync (group commit)', async t => {
	const operations: DiskOperation[] = [];
	const place = simulatedPlace({record: operation => operations.push(operation)});
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	operations.length = 0;
	t.deepEqual(
		await outcomes(place, storage, 1, 1000),
		Array.from({length: 1000}, () => 'ok'),
	);
	t.deepEqual(
		operations.map(({type}) => type),
		['write', 'sync', 'synced', 'write', 'sync', 'synced'],
	);
});

test('a batch is acknowledged only after a sync that began after its write had ended (B-42)', async t => {
	const operations: string[] = [];
	const place = simulatedPlace({record: ({type}) => operations.push(type), sizes: {preallocateBytes: 0}});
	place.disk.faults.writeLatencyMs = [1, 30];
	place.disk.faults.syncLatencyMs = [1, 30];
	const storage = place.open();
	storage.load();
	storage.write(batch({hardState: vote(1)}), () => operations.push('acknowledged'));
	await place.settle();
	const segment = 'create write sync synced syncDirectory syncedDirectory';
	const nodeFile = 'create write sync synced rename syncDirectory syncedDirectory';
	t.is(operations.join(' '), `${segment} ${nodeFile} write sync synced acknowledged`);
});

test('a snapshot is durable under its name before it is acknowledged, and named before the old one goes', async t => {
	const operations: string[] = [];
	const place = simulatedPlace({
		record: operation => operations.push('name' in operation ? `${operation.type} ${operation.name}` : operation.type),
	});
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
	await writeSnapshot(place, storage, snapshotAt(1), [bytesOf('one')]);
	await write(place, storage, batch({snapshot: snapshotAt(1)}));
	operations.length = 0;
	await writeSnapshot(place, storage, snapshotAt(2), [bytesOf('two')]);
	operations.push('acknowledged');
	await write(place, storage, batch({snapshot: snapshotAt(2)}));
	const [draft, log] = ['snapshot-0000000002.tmp', 'log-0000000001'];
	t.is(
		operations.join(', '),
		`create ${draft}, write ${draft}, write ${draft}, sync ${draft}, synced ${draft}, ` +
			'rename, syncDirectory, syncedDirectory, acknowledged, ' +
			`write ${log}, sync ${log}, synced ${log}, remove snapshot-0000000001`,
	);
});

test('a crash is silent: nobody is told anything afterwards', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	storage.write(batch({hardState: vote(1)}), () => t.fail());
	place.time.step();
	place.disk.cutPower('random');
	await place.settle();
	t.pass();
});

test('the same seed gives the same disk after the same crash', async t => {
	const left = [1, 2].map(() => {
		const place = simulatedPlace({seed: 42});
		const storage = place.open();
		storage.load();
		storage.write(batch({hardState: vote(1), entries: entriesFrom(1, 200)}), () => {});
		for (let step = 0; step < 4; step++) place.time.step();
		place.disk.cutPower('random');
		return place.disk.files();
	});
	t.deepEqual(left[0], left[1]);
	t.true(left[0]!.size > 0);
});

test('a snapshot installed before anything else was written is found again, or not there at all', async t => {
	for (let steps = 0; steps < 40; steps++) {
		const place = simulatedPlace({seed: steps});
		const storage = place.open();
		storage.load();
		const writer = storage.createSnapshot(snapshotAt(5));
		writer.finish(() => storage.write(batch({hardState: vote(1), snapshot: snapshotAt(5)}), () => {}));
		for (let step = 0; step < steps; step++) place.time.step();
		place.disk.cutPower('random');
		const state = place.open().load();
		const {snapshot, hardState} = state;
		t.deepEqual(plain(state), plain({snapshot, entries: [], hardState: snapshot === undefined ? vote(0) : vote(1)}));
		t.true(hardState.currentTerm === 1 || snapshot === undefined);
	}
});
