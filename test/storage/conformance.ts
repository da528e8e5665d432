/** One suite for every RaftStorage. */
import test from 'ava';
import type {ExecutionContext} from 'ava';
import {nodeId, term, type LogEntry, type PersistentState, type WriteBatch} from '../../src/raft/types.js';
import {InvariantError} from '../../src/base/errors.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import {
	batch,
	bytesOf,
	call,
	close,
	entriesFrom,
	plain,
	snapshotAt,
	textOf,
	vote,
	write,
	writeSnapshot,
	type Place,
} from './samples.js';

/** Closes, opens again, and loads. */
async function reopen(place: Place, storage: RaftStorage): Promise<{storage: RaftStorage; state: PersistentState}> {
	await close(place, storage);
	const next = place.open();
	return {storage: next, state: next.load()};
}

export function storageConformance(name: string, makePlace: (t: ExecutionContext) => Place): void {
	const conforms = (title: string, body: (t: ExecutionContext, place: Place) => Promise<void>): void => {
		test(`${name}: ${title}`, async t => body(t, makePlace(t)));
	};

	conforms('a new storage is in term 0, has voted for nobody and holds no entry', async (t, place) => {
		const storage = place.open();
		t.deepEqual(plain(storage.load()), {hardState: vote(0), snapshot: undefined, entries: []});
		await close(place, storage);
	});

	conforms('hard state and entries are found again', async (t, place) => {
		const first = place.open();
		first.load();
		const mixed: readonly LogEntry[] = [
			{index: 1, term: term(1), type: 'noop', command: new Uint8Array(0)},
			{index: 2, term: term(2), type: 'configuration', command: Uint8Array.of(0, 255, 128)},
			{index: 3, term: term(2 ** 40), type: 'command', command: new Uint8Array(100_000).fill(7)},
		];
		await write(place, first, batch({hardState: vote(2 ** 40, 2), entries: mixed}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state, {
			hardState: {currentTerm: term(2 ** 40), votedFor: nodeId(2)},
			snapshot: undefined,
			entries: mixed,
		});
		await close(place, storage);
	});

	conforms('a vote for node 0 is not a vote for nobody', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(3, 0)}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state.hardState, {currentTerm: term(3), votedFor: nodeId(0)});
		await close(place, storage);
	});

	conforms('completions come in the order of the calls, each once', async (t, place) => {
		const storage = place.open();
		storage.load();
		const order: number[] = [];
		storage.write(batch({hardState: vote(1)}), () => order.push(0));
		for (let index = 1; index <= 50; index++) {
			storage.write(batch({entries: entriesFrom(index, 1)}), error => {
				t.is(error, undefined);
				order.push(index);
			});
		}
		while (order.length < 51) await place.settle();
		await place.settle();
		t.deepEqual(
			order,
			Array.from({length: 51}, (_, index) => index),
		);
		await close(place, storage);
	});

	conforms('batches handed over inside of completions are written in order', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(1)}));
		const order: number[] = [];
		const chain = (index: number): void => {
			first.write(batch({entries: entriesFrom(index, 1)}), error => {
				t.is(error, undefined);
				order.push(index);
				if (index < 300) chain(index + 1);
			});
		};
		chain(1);
		while (order.length < 300) await place.settle();
		t.deepEqual(
			order,
			Array.from({length: 300}, (_, offset) => offset + 1),
		);
		const {storage, state} = await reopen(place, first);
		t.is(state.entries.length, 300);
		await close(place, storage);
	});

	conforms('truncating and appending in one batch replaces a suffix (§5.3)', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
		await write(place, first, batch({hardState: vote(2), truncateFrom: 4, entries: entriesFrom(4, 2, 2, 'new')}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state.entries, [...entriesFrom(1, 3), ...entriesFrom(4, 2, 2, 'new')]);
		await close(place, storage);
	});

	conforms('truncating behind the end changes nothing', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 3)}), batch({truncateFrom: 9}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state.entries, entriesFrom(1, 3));
		await close(place, storage);
	});

	conforms('a snapshot that a batch names takes the place of the entries up to it (§7)', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
		await writeSnapshot(place, first, snapshotAt(6), [bytesOf('state '), bytesOf('at 6')]);
		t.is(first.openSnapshot(), undefined);
		await write(place, first, batch({snapshot: snapshotAt(6)}), batch({entries: entriesFrom(11, 1)}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state, {hardState: vote(1)!, snapshot: snapshotAt(6), entries: entriesFrom(7, 5)});
		const reader = storage.openSnapshot()!;
		t.deepEqual(reader.snapshot, snapshotAt(6));
		t.is(textOf(reader.read(0, reader.size)), 'state at 6');
		reader.close();
		await close(place, storage);
	});

	conforms('a snapshot whose next chunk is handed over as soon as the last one is taken is whole', async (t, place) => {
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
		const writer = storage.createSnapshot(snapshotAt(6));
		const failure = await call(place, done =>
			writer.write(bytesOf('state '), () => writer.write(bytesOf('at 6'), () => writer.finish(done))),
		);
		t.is(failure, undefined);
		await write(place, storage, batch({snapshot: snapshotAt(6)}));
		const reader = storage.openSnapshot()!;
		t.is(textOf(reader.read(0, reader.size)), 'state at 6');
		reader.close();
		await close(place, storage);
	});

	conforms(
		'an installed snapshot ahead of the log leaves an empty log that goes on behind it (§7)',
		async (t, place) => {
			const first = place.open();
			first.load();
			await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
			await writeSnapshot(place, first, snapshotAt(100, 4), []);
			await write(place, first, batch({hardState: vote(4), snapshot: snapshotAt(100, 4)}));
			await write(place, first, batch({entries: entriesFrom(101, 2, 4)}));
			const {storage, state} = await reopen(place, first);
			t.deepEqual(state, {hardState: vote(4)!, snapshot: snapshotAt(100, 4), entries: entriesFrom(101, 2, 4)});
			t.is(storage.openSnapshot()!.size, 0);
			await close(place, storage);
		},
	);

	conforms('an installed snapshot can discard a conflicting suffix in the same batch (§7)', async (t, place) => {
		const first = place.open();
		first.load();
		await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 9)}));
		await writeSnapshot(place, first, snapshotAt(5, 2), [bytesOf('x')]);
		const install = {snapshot: snapshotAt(5, 2), truncateFrom: 6, entries: entriesFrom(6, 1, 2, 'new')};
		await write(place, first, batch({hardState: vote(2), ...install}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state.entries, entriesFrom(6, 1, 2, 'new'));
		await close(place, storage);
	});

	conforms('a snapshot that no batch names is as if it had never been', async (t, place) => {
		const first = place.open();
		first.load();
		await writeSnapshot(place, first, snapshotAt(2), [bytesOf('unnamed')]);
		await write(place, first, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
		const {storage, state} = await reopen(place, first);
		t.deepEqual(state, {hardState: vote(1)!, snapshot: undefined, entries: entriesFrom(1, 3)});
		t.is(storage.openSnapshot(), undefined);
		await close(place, storage);
	});

	conforms('an aborted snapshot leaves room for the next', async (t, place) => {
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
		const aborted = storage.createSnapshot(snapshotAt(2));
		let isTaken = false;
		aborted.write(bytesOf('half'), () => {
			isTaken = true;
		});
		aborted.abort();
		await writeSnapshot(place, storage, snapshotAt(3), [bytesOf('whole')]);
		t.true(isTaken);
		await write(place, storage, batch({snapshot: snapshotAt(3)}));
		t.is(textOf(storage.openSnapshot()!.read(0, 100)), 'whole');
		await close(place, storage);
	});

	conforms('a snapshot of many blocks is read at any offset', async (t, place) => {
		const storage = place.open();
		storage.load();
		const content = Uint8Array.from({length: 300_000}, (_, offset) => (offset * 7 + (offset >> 8)) % 251);
		const chunks = [
			content.slice(0, 1),
			content.slice(1, 65_536),
			content.slice(65_536, 200_000),
			content.slice(200_000),
		];
		await write(place, storage, batch({hardState: vote(1)}));
		await writeSnapshot(place, storage, snapshotAt(9), chunks);
		await write(place, storage, batch({snapshot: snapshotAt(9)}));
		const reader = storage.openSnapshot()!;
		t.is(reader.size, content.length);
		for (const [offset, length] of [
			[0, 300_000],
			[65_535, 2],
			[65_536, 65_536],
			[131_071, 70_000],
			[299_999, 5],
			[300_000, 1],
		] as const) {
			t.deepEqual(reader.read(offset, length), content.slice(offset, offset + length));
		}
		reader.close();
		await close(place, storage);
	});

	conforms('a reader keeps its snapshot when a newer one takes over', async (t, place) => {
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1), entries: entriesFrom(1, 9)}));
		await writeSnapshot(place, storage, snapshotAt(3), [bytesOf('old')]);
		await write(place, storage, batch({snapshot: snapshotAt(3)}));
		const reader = storage.openSnapshot()!;
		await writeSnapshot(place, storage, snapshotAt(6), [bytesOf('new')]);
		await write(place, storage, batch({snapshot: snapshotAt(6)}));
		t.is(textOf(reader.read(0, 10)), 'old');
		t.is(textOf(storage.openSnapshot()!.read(0, 10)), 'new');
		reader.close();
		await close(place, storage);
	});

	conforms('close waits for what was written, may be called twice, and refuses what comes after', async (t, place) => {
		const storage = place.open();
		storage.load();
		const seen: string[] = [];
		storage.write(batch({hardState: vote(1), entries: entriesFrom(1, 1)}), error => seen.push(`write ${error?.name}`));
		storage.close(error => seen.push(`close ${error?.name}`));
		storage.write(batch({entries: entriesFrom(2, 1)}), error => seen.push(`late ${error?.name}`));
		await close(place, storage);
		t.deepEqual(seen.toSorted(), ['close undefined', 'late StorageFailedError', 'write undefined']);
		t.true(seen.indexOf('write undefined') < seen.indexOf('close undefined'));
		t.throws(() => storage.createSnapshot(snapshotAt(1)), {code: 'ERR_STORAGE_FAILED'});
		const next = place.open();
		t.is(next.load().entries.length, 1);
		await close(place, next);
	});

	const refused: readonly (readonly [string, WriteBatch])[] = [
		['a gap before the first entry', batch({entries: entriesFrom(5, 1)})],
		['an entry that is there already', batch({entries: entriesFrom(3, 1)})],
		['a term that goes back', batch({hardState: vote(1)})],
		['a second vote in one term', batch({hardState: vote(2, 2)})],
		['a vote taken back', batch({hardState: vote(2)})],
		['an entry of a term that is not durable', batch({entries: entriesFrom(4, 1, 3)})],
		['a snapshot that was never finished', batch({snapshot: snapshotAt(2)})],
	];
	for (const [what, bad] of refused) {
		conforms(`a batch with ${what} is a broken invariant, and changes nothing`, async (t, place) => {
			const first = place.open();
			first.load();
			await write(place, first, batch({hardState: vote(2, 1), entries: entriesFrom(1, 3)}));
			t.throws(() => first.write(bad, () => t.fail()), {instanceOf: InvariantError});
			const {storage, state} = await reopen(place, first);
			t.deepEqual(plain(state), plain({hardState: vote(2, 1)!, snapshot: undefined, entries: entriesFrom(1, 3)}));
			await close(place, storage);
		});
	}
}
