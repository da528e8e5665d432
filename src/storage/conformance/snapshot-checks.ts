/** What a storage promises of snapshots (§7). */
import {batch, bytesOf, entriesFrom, snapshotAt, textOf, vote} from './samples.js';
import type {StorageCheck} from './storage-check.js';
import {snapshotText} from './trial.js';

export const snapshotChecks: readonly StorageCheck[] = [
	{
		title: 'a snapshot is current only once a batch names it, and then takes the place of the entries up to it',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
			await trial.writeSnapshot(snapshotAt(6), [bytesOf('state '), bytesOf('at 6')]);
			trial.is('the current snapshot before a batch names one', trial.readSnapshot(), undefined);
			await trial.write(batch({snapshot: snapshotAt(6)}), batch({entries: entriesFrom(11, 1)}));
			const wanted = {hardState: vote(1), snapshot: snapshotAt(6), entries: entriesFrom(7, 5)};
			trial.isState('after a reopen', await trial.reopen(), wanted);
			const reader = trial.storage.openSnapshot();
			trial.is('what it is of', snapshotText(reader?.snapshot), snapshotText(snapshotAt(6)));
			trial.isText('its bytes', reader?.read(0, reader.size), 'state at 6');
			reader?.close();
		},
	},
	{
		title: 'a snapshot whose next chunk is handed over as soon as the last one is taken is whole',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
			const writer = trial.storage.createSnapshot(snapshotAt(6));
			const failure = await trial.call("a snapshot's finish", done =>
				writer.write(bytesOf('state '), () => writer.write(bytesOf('at 6'), () => writer.finish(done))),
			);
			trial.is('the end', failure?.message, undefined);
			await trial.write(batch({snapshot: snapshotAt(6)}));
			trial.isText('its bytes', trial.readSnapshot(), 'state at 6');
		},
	},
	{
		title: 'an installed snapshot ahead of the log leaves an empty log that goes on behind it',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
			await trial.writeSnapshot(snapshotAt(100, 4), []);
			await trial.write(batch({hardState: vote(4), snapshot: snapshotAt(100, 4)}));
			await trial.write(batch({entries: entriesFrom(101, 2, 4)}));
			const wanted = {hardState: vote(4), snapshot: snapshotAt(100, 4), entries: entriesFrom(101, 2, 4)};
			trial.isState('after a reopen', await trial.reopen(), wanted);
			trial.is('the size of an empty snapshot', trial.readSnapshot()?.length, 0);
		},
	},
	{
		title: 'an installed snapshot can discard a conflicting suffix in the same batch',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 9)}));
			await trial.writeSnapshot(snapshotAt(5, 2), [bytesOf('x')]);
			const install = {snapshot: snapshotAt(5, 2), truncateFrom: 6, entries: entriesFrom(6, 1, 2, 'new')};
			await trial.write(batch({hardState: vote(2), ...install}));
			const wanted = {hardState: vote(2), snapshot: snapshotAt(5, 2), entries: entriesFrom(6, 1, 2, 'new')};
			trial.isState('after a reopen', await trial.reopen(), wanted);
		},
	},
	{
		title: 'a snapshot that no batch names is as if it had never been',
		run: async trial => {
			trial.open();
			await trial.writeSnapshot(snapshotAt(2), [bytesOf('unnamed')]);
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
			const wanted = {hardState: vote(1), snapshot: undefined, entries: entriesFrom(1, 3)};
			trial.isState('after a reopen', await trial.reopen(), wanted);
			trial.is('the current snapshot', trial.readSnapshot(), undefined);
		},
	},
	{
		title: 'a batch that names a snapshot that was never finished is refused by an exception, and changes nothing',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(2, 1), entries: entriesFrom(1, 3)}));
			trial.throws('it', () => trial.storage.write(batch({snapshot: snapshotAt(2)}), () => undefined));
			const wanted = {hardState: vote(2, 1), snapshot: undefined, entries: entriesFrom(1, 3)};
			trial.isState('after a reopen', await trial.reopen(), wanted);
		},
	},
	{
		title: 'an aborted snapshot settles, and leaves room for the next',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 3)}));
			const aborted = trial.storage.createSnapshot(snapshotAt(2));
			let isTaken = false;
			aborted.write(
				bytesOf('half'),
				trial.done("a snapshot's write", () => (isTaken = true)),
			);
			aborted.abort();
			await trial.writeSnapshot(snapshotAt(3), [bytesOf('whole')]);
			await trial.until('the write of an aborted snapshot', () => isTaken);
			await trial.write(batch({snapshot: snapshotAt(3)}));
			trial.isText('its bytes', trial.readSnapshot(), 'whole');
		},
	},
	{
		title: 'a snapshot of many blocks is read in pieces, at any offset',
		run: async trial => {
			trial.open();
			const content = Uint8Array.from({length: 300_000}, (_, offset) => (offset * 7 + (offset >> 8)) % 251);
			const ends = [0, 1, 65_536, 200_000, 300_000];
			const chunks = ends.slice(1).map((end, place) => content.slice(ends[place], end));
			await trial.write(batch({hardState: vote(1)}));
			await trial.writeSnapshot(snapshotAt(9), chunks);
			await trial.write(batch({snapshot: snapshotAt(9)}));
			const reader = trial.storage.openSnapshot();
			trial.is('its size', reader?.size, content.length);
			const pieces: readonly (readonly [offset: number, length: number])[] = [
				[0, 300_000],
				[65_535, 2],
				[65_536, 65_536],
				[131_071, 70_000],
				[299_999, 5],
				[300_000, 1],
			];
			for (const [offset, length] of pieces) {
				const found = reader?.read(offset, length);
				const wanted = content.subarray(offset, offset + length);
				trial.is(`bytes from ${offset}`, found?.length, wanted.length);
				trial.is(
					`bytes from ${offset}`,
					found?.every((byte, place) => byte === wanted[place]),
					true,
				);
			}
			reader?.close();
		},
	},
	{
		title: 'a reader keeps its snapshot when a newer one takes over',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 9)}));
			await trial.writeSnapshot(snapshotAt(3), [bytesOf('old')]);
			await trial.write(batch({snapshot: snapshotAt(3)}));
			const reader = trial.storage.openSnapshot();
			await trial.writeSnapshot(snapshotAt(6), [bytesOf('new')]);
			await trial.write(batch({snapshot: snapshotAt(6)}));
			trial.is('the reader of the old one', textOf(reader?.read(0, 10) ?? bytesOf('none')), 'old');
			trial.isText('the current one', trial.readSnapshot(), 'new');
			reader?.close();
		},
	},
];
