/** What a storage promises when a write to whatever it keeps its data on fails. */
import {batch, entriesFrom, snapshotAt, vote} from './samples.js';
import type {StorageCheck} from './storage-check.js';
import {Finding} from './trial.js';

/** A storage may gather so many small batches before it writes. */
const attemptsMax = 100;

export const failureChecks: readonly StorageCheck[] = [
	{
		title:
			'after a failed write nothing is acknowledged until a new storage is opened, which has all that was acknowledged',
		needs: 'failNextWrite',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 5)}));
			trial.place.failNextWrite?.();
			const {storage} = trial;
			let acknowledged = 5;
			let failure: Error | undefined;
			while (failure === undefined) {
				if (acknowledged > attemptsMax) throw new Finding('every write is acknowledged, and one of them failed');
				const next = batch({entries: entriesFrom(acknowledged + 1, 1)});
				failure = await trial.call('write', done => storage.write(next, done));
				if (failure === undefined) acknowledged += 1;
			}
			for (let count = 0; count < 3; count++) {
				const late = batch({entries: entriesFrom(acknowledged + 2 + count, 1)});
				const error = await trial.call('a write after a failed one', done => storage.write(late, done));
				trial.is(
					'the answer to a write after a failed one',
					(error as {code?: unknown} | undefined)?.code,
					'ERR_STORAGE_FAILED',
				);
			}
			trial.throws('a snapshot after a failed write', () => void storage.createSnapshot(snapshotAt(2)));
			await trial.close();
			const {entries} = trial.open();
			trial.is(
				'entries after a reopen',
				entries.slice(0, acknowledged).map(({index}) => index),
				entriesFrom(1, acknowledged).map(({index}) => index),
			);
			await trial.write(batch({entries: entriesFrom(entries.length + 1, 1)}));
		},
	},
	{
		title: 'a failed write fails its batch and those behind it, in order',
		needs: 'failNextWrite',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1)}));
			trial.place.failNextWrite?.();
			const seen: string[] = [];
			const count = 4;
			for (let index = 1; index <= count; index++) {
				const noted = trial.done(
					'write',
					error => void seen.push(`${index} ${error === undefined ? 'taken' : 'failed'}`),
				);
				trial.storage.write(batch({entries: entriesFrom(index, 1)}), noted);
			}
			await trial.until('a write', () => seen.length >= count);
			trial.is(
				'the answers',
				seen,
				entriesFrom(1, count).map(({index}) => `${index} failed`),
			);
		},
	},
];
