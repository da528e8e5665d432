/** What a storage that is opened, used, closed and opened again has to keep to. */
import {nodeId, term, type LogEntry, type WriteBatch} from '../../raft/types.js';
import {crashChecks} from './crash-checks.js';
import {failureChecks} from './failure-checks.js';
import {batch, entriesFrom, snapshotAt, vote} from './samples.js';
import {snapshotChecks} from './snapshot-checks.js';
import type {StorageCheck} from './storage-check.js';
import type {Trial} from './trial.js';

const logChecks: readonly StorageCheck[] = [
	{
		title: 'a new storage is in term 0, has voted for nobody and holds no entry',
		run: async trial => {
			trial.isState('a new storage', trial.open(), {hardState: vote(0), snapshot: undefined, entries: []});
			trial.is('its snapshot', trial.storage.openSnapshot(), undefined);
		},
	},
	{
		title: 'hard state and entries are found again',
		run: async trial => {
			trial.open();
			const mixed: readonly LogEntry[] = [
				{index: 1, term: term(1), type: 'noop', command: new Uint8Array(0)},
				{index: 2, term: term(2), type: 'configuration', command: Uint8Array.of(0, 255, 128)},
				{index: 3, term: term(2 ** 40), type: 'command', command: new Uint8Array(100_000).fill(7)},
			];
			await trial.write(batch({hardState: vote(2 ** 40, 2), entries: mixed}));
			const wanted = {hardState: vote(2 ** 40, 2), snapshot: undefined, entries: mixed};
			trial.isState('after a reopen', await trial.reopen(), wanted);
			trial.isState('after another', await trial.reopen(), wanted);
		},
	},
	{
		title: 'a vote for node 0 is not a vote for nobody',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(3, 0)}));
			trial.is('the vote', (await trial.reopen()).hardState.votedFor, nodeId(0));
			await trial.write(batch({hardState: vote(4)}));
			trial.is('no vote', (await trial.reopen()).hardState.votedFor, undefined);
		},
	},
	{
		title: 'completions come in the order of the calls, each once',
		run: async trial => {
			trial.open();
			const order: number[] = [];
			const count = 50;
			for (let index = 0; index <= count; index++) {
				const next = index === 0 ? batch({hardState: vote(1)}) : batch({entries: entriesFrom(index, 1)});
				trial.storage.write(
					next,
					trial.done('write', error => void order.push(error === undefined ? index : -1)),
				);
			}
			await trial.until('a write', () => order.length > count);
			trial.is(
				'the order',
				order,
				Array.from({length: count + 1}, (_, index) => index),
			);
		},
	},
	{
		title: 'batches handed over inside of completions are written in order',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1)}));
			const order: number[] = [];
			const count = 300;
			const chain = (index: number): void => {
				const written = trial.done('write', error => {
					order.push(error === undefined ? index : -1);
					if (index < count) chain(index + 1);
				});
				trial.storage.write(batch({entries: entriesFrom(index, 1)}), written);
			};
			chain(1);
			await trial.until('a write', () => order.length >= count);
			trial.is(
				'the order',
				order,
				Array.from({length: count}, (_, offset) => offset + 1),
			);
			trial.is('entries after a reopen', (await trial.reopen()).entries.length, count);
		},
	},
	{
		title: 'truncating and appending in one batch replaces a suffix (§5.3)',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 10)}));
			await trial.write(batch({hardState: vote(2), truncateFrom: 4, entries: entriesFrom(4, 2, 2, 'new')}));
			const entries = [...entriesFrom(1, 3), ...entriesFrom(4, 2, 2, 'new')];
			trial.isState('after a reopen', await trial.reopen(), {hardState: vote(2), snapshot: undefined, entries});
		},
	},
	{
		title: 'truncating alone removes the suffix, and the log goes on behind it',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 10)}), batch({truncateFrom: 8}));
			const entries = entriesFrom(1, 7);
			trial.isState('after a reopen', await trial.reopen(), {hardState: vote(1), snapshot: undefined, entries});
			await trial.write(batch({entries: entriesFrom(8, 1)}));
			trial.is('entries after another', (await trial.reopen()).entries.length, 8);
		},
	},
	{
		title: 'truncating behind the end changes nothing',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 3)}), batch({truncateFrom: 9}));
			const entries = entriesFrom(1, 3);
			trial.isState('after a reopen', await trial.reopen(), {hardState: vote(1), snapshot: undefined, entries});
		},
	},
	{
		title: 'close waits for what was written, may be called twice, and refuses what comes after',
		run: closes,
	},
];

async function closes(trial: Trial): Promise<void> {
	trial.open();
	const {storage} = trial;
	const seen: string[] = [];
	const codeOf = (error: Error | undefined): string => String((error as {code?: unknown} | undefined)?.code);
	const noted = (what: string): ReturnType<Trial['done']> =>
		trial.done(what, error => void seen.push(`${what} ${codeOf(error)}`));
	storage.write(batch({hardState: vote(1), entries: entriesFrom(1, 1)}), noted('write'));
	storage.close(noted('close'));
	storage.write(batch({entries: entriesFrom(2, 1)}), noted('late'));
	await trial.close();
	await trial.until('a write or close', () => seen.length >= 3);
	trial.is('the answers', seen.toSorted(), ['close undefined', 'late ERR_STORAGE_FAILED', 'write undefined']);
	trial.is('the write comes before the close', seen.indexOf('write undefined') < seen.indexOf('close undefined'), true);
	trial.throws('a snapshot after the close', () => void storage.createSnapshot(snapshotAt(1)));
	trial.is('entries after a reopen', trial.open().entries.length, 1);
}

const misfits: readonly (readonly [string, WriteBatch])[] = [
	['a gap before the first entry', batch({entries: entriesFrom(5, 1)})],
	['an entry that is there already', batch({entries: entriesFrom(3, 1)})],
	['a term that goes back', batch({hardState: vote(1)})],
	['a second vote in one term', batch({hardState: vote(2, 2)})],
	['a vote taken back', batch({hardState: vote(2)})],
	['an entry of a term that is not durable', batch({entries: entriesFrom(4, 1, 3)})],
];

const refusalChecks = misfits.map(([what, misfit]): StorageCheck => ({
	title: `a batch with ${what} is refused by an exception, and changes nothing`,
	run: async trial => {
		trial.open();
		await trial.write(batch({hardState: vote(2, 1), entries: entriesFrom(1, 3)}));
		trial.throws('it', () => trial.storage.write(misfit, () => undefined));
		const wanted = {hardState: vote(2, 1), snapshot: undefined, entries: entriesFrom(1, 3)};
		trial.isState('after a reopen', await trial.reopen(), wanted);
	},
}));

/** All that is tried, each in a place of its own. */
export const storageChecks: readonly StorageCheck[] = [
	...logChecks,
	...refusalChecks,
	...snapshotChecks,
	...crashChecks,
	...failureChecks,
];
