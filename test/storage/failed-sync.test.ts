import test from 'ava';
import {batch, entriesFrom, vote, write} from './samples.js';
import {simulatedPlace} from './places.js';

test('after a failed sync the data reads as before until the power is cut, and is then gone, however often it is synced', async t => {
	const place = simulatedPlace();
	const file = place.disk.open('file', {create: true});
	place.disk.syncDirectoryNow();
	file.writeNow(0, new Uint8Array(4).fill(1));
	place.disk.faults.failingSyncs = 'next';
	t.throws(() => file.writeNow(0, new Uint8Array(4).fill(2)), {message: /EIO/});
	place.disk.killProcess();
	const again = place.disk.open('file', {create: false});
	t.deepEqual([...again.read(0, 4)], [2, 2, 2, 2]);
	again.sync(error => t.is(error, undefined));
	await place.settle();
	again.truncate(3);
	t.deepEqual([...again.read(0, 4)], [2, 2, 2]);
	place.disk.cutPower('drop');
	t.deepEqual([...place.disk.files().get('file')!], [1, 1, 1]);
});

test('what is written again after a failed sync is durable', t => {
	const place = simulatedPlace();
	const file = place.disk.open('file', {create: true});
	place.disk.syncDirectoryNow();
	place.disk.faults.failingSyncs = 'next';
	t.throws(() => file.writeNow(0, new Uint8Array(4).fill(2)));
	file.writeNow(1, new Uint8Array(2).fill(3));
	place.disk.killProcess();
	t.deepEqual([...place.disk.files().get('file')!], [2, 3, 3, 2]);
	place.disk.cutPower('random');
	t.deepEqual([...place.disk.files().get('file')!], [0, 3, 3]);
});

for (const lives of [1, 2, 3]) {
	test(`a flush whose sync failed is written again before a life counts on it (${lives} lives before the power cut)`, async t => {
		const place = simulatedPlace();
		let storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1, 0)}));
		place.disk.faults.failingSyncs = 'next';
		// A vote for node 2: a node that acts on it and then forgets it could vote again in term 2.
		const failed = write(place, storage, batch({hardState: vote(2, 2), entries: entriesFrom(1, 3)}));
		await t.throwsAsync(failed, {code: 'ERR_STORAGE_FAILED'});
		for (let life = 0; life < lives; life++) {
			place.disk.killProcess();
			storage = place.open();
			const state = storage.load();
			t.deepEqual(state.hardState, vote(2, 2));
			t.is(state.entries.length, 3);
		}
		place.disk.cutPower('drop');
		const state = place.open().load();
		t.deepEqual(state.hardState, vote(2, 2), 'what the lives before have acted on is still there');
		t.is(state.entries.length, 3);
	});
}

test('a start whose own sync fails does not count on the flush, and the next one writes it again', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1, 0)}));
	place.disk.faults.failingSyncs = 'next';
	await t.throwsAsync(write(place, storage, batch({hardState: vote(2, 2)})));
	place.disk.killProcess();
	place.disk.faults.failingSyncs = 'next';
	t.throws(() => place.open().load(), {code: 'ERR_STORAGE_FAILED'});
	place.disk.killProcess();
	t.deepEqual(place.open().load().hardState, vote(2, 2));
	place.disk.cutPower('drop');
	t.deepEqual(place.open().load().hardState, vote(2, 2));
});

for (const failing of ['the segment', "the segment's name", "the node's file", "the name of the node's file"]) {
	test(`a segment is begun anew after the sync of ${failing} failed, and keeps what is written to it`, async t => {
		let syncs = 0;
		const place = simulatedPlace({
			sizes: {segmentBytes: 1, preallocateBytes: 0},
			record: ({type}) => {
				if ((type === 'sync' || type === 'syncDirectory') && --syncs === 0) place.disk.faults.failingSyncs = 'next';
			},
		});
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1, 0), entries: entriesFrom(1, 1)}));
		syncs =
			['the segment', "the segment's name", "the node's file", "the name of the node's file"].indexOf(failing) + 1;
		await t.throwsAsync(write(place, storage, batch({entries: entriesFrom(2, 1)})), {message: /EIO: sync/});
		place.disk.killProcess();
		const next = place.open();
		t.is(next.load().entries.length, 1);
		await write(place, next, batch({entries: entriesFrom(2, 1)}));
		place.disk.cutPower('drop');
		t.is(place.open().load().entries.length, 2);
	});
}
