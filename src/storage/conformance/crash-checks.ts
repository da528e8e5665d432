/** What a storage promises of a crash: whatever was acknowledged is there, and nothing that never was. */
import type {PersistentState, WriteBatch} from '../../raft/types.js';
import {batch, bytesOf, entriesFrom, snapshotAt, vote} from './samples.js';
import type {StorageCheck} from './storage-check.js';
import {Finding, stateAfter, stateText, type Trial} from './trial.js';

/** When the crash comes. */
interface Moment {
	/** So many batches are waited for. */
	readonly waited: number;
	/** So often time passes when the others were handed over. */
	readonly turns: number;
}

/** Some batches, and a crash amid them: what there is then is the state after one of them, all that are acknowledged included. */
async function crashAmid(trial: Trial, before: PersistentState, {waited, turns}: Moment): Promise<PersistentState> {
	const first = (before.entries.at(-1)?.index ?? before.snapshot?.lastIncludedIndex ?? 0) + 1;
	const nextTerm = before.hardState.currentTerm + 1;
	const batches: readonly WriteBatch[] = [
		batch({hardState: vote(nextTerm, 1)}),
		batch({entries: entriesFrom(first, 3, nextTerm)}),
		batch({truncateFrom: first + 1, entries: entriesFrom(first + 1, 2, nextTerm, 'again')}),
		batch({entries: entriesFrom(first + 3, 2, nextTerm)}),
		batch({hardState: vote(nextTerm + 1, 2), entries: entriesFrom(first + 5, 1, nextTerm + 1)}),
	];
	const states = [before];
	for (const one of batches) states.push(stateAfter(states.at(-1) ?? before, one));
	let acknowledged = 0;
	for (const one of batches.slice(0, waited)) {
		await trial.write(one);
		acknowledged += 1;
	}
	for (const one of batches.slice(waited)) {
		trial.storage.write(
			one,
			trial.done('write', error => void (acknowledged += error === undefined ? 1 : 0)),
		);
	}
	for (let turn = 0; turn < turns; turn++) await trial.settle();
	trial.crash();
	const found = trial.open();
	const texts = states.map(stateText);
	if (!texts.includes(stateText(found), acknowledged)) {
		const place = texts.indexOf(stateText(found));
		const what = place < 0 ? 'a state that never was' : `the state after ${place} of them`;
		throw new Finding(`${acknowledged} batches were acknowledged, and after the crash there is ${what}`);
	}
	return found;
}

export const crashChecks: readonly StorageCheck[] = [
	{
		title: 'what was acknowledged survives a crash, and what was not is there as whole batches in order, or not at all',
		needs: 'crash',
		run: async trial => {
			let state = trial.open();
			for (let turns = 0; turns < 3; turns++)
				for (let waited = 0; waited <= 5; waited++) state = await crashAmid(trial, state, {waited, turns});
		},
	},
	{
		title: 'a snapshot that an acknowledged batch names survives a crash',
		needs: 'crash',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 5)}));
			await trial.writeSnapshot(snapshotAt(4), [bytesOf('state '), bytesOf('at 4')]);
			await trial.write(batch({snapshot: snapshotAt(4)}));
			trial.crash();
			const wanted = {hardState: vote(1), snapshot: snapshotAt(4), entries: entriesFrom(5, 1)};
			trial.isState('after the crash', trial.open(), wanted);
			trial.isText('its bytes', trial.readSnapshot(), 'state at 4');
		},
	},
	{
		title: 'a snapshot that a crash interrupts is forgotten, and the next one is taken',
		needs: 'crash',
		run: async trial => {
			trial.open();
			await trial.write(batch({hardState: vote(1), entries: entriesFrom(1, 5)}));
			const writer = trial.storage.createSnapshot(snapshotAt(2));
			await trial.call("a snapshot's write", done => writer.write(bytesOf('half'), done));
			trial.crash();
			const wanted = {hardState: vote(1), snapshot: undefined, entries: entriesFrom(1, 5)};
			trial.isState('after the crash', trial.open(), wanted);
			await trial.writeSnapshot(snapshotAt(3), [bytesOf('whole')]);
			await trial.write(batch({snapshot: snapshotAt(3)}));
			trial.isText('the next snapshot', trial.readSnapshot(), 'whole');
		},
	},
];
