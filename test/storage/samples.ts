/** Sample batches, and calls that wait. */
import type {PersistentState, SnapshotMeta, WriteBatch} from '../../src/raft/types.js';
import {textOf} from '../../src/storage/conformance/samples.js';
import type {RaftStorage} from '../../src/storage/storage.js';

export {batch, bytesOf, entriesFrom, snapshotAt, textOf, vote} from '../../src/storage/conformance/samples.js';

/** A place that storages are opened in, one after the other. */
export interface Place {
	open(): RaftStorage;
	/** Lets time pass until nothing is under way. */
	settle(): Promise<void>;
}

/** A state as plain data, commands as text. */
export const plain = ({hardState, snapshot, entries}: PersistentState): unknown => ({
	hardState,
	snapshot,
	entries: entries.map(entry => ({...entry, command: textOf(entry.command)})),
});

export async function write(place: Place, storage: RaftStorage, ...batches: readonly WriteBatch[]): Promise<void> {
	const results: (Error | undefined)[] = [];
	for (const one of batches) storage.write(one, error => results.push(error));
	while (results.length < batches.length) await place.settle();
	const error = results.find(result => result !== undefined);
	if (error !== undefined) throw error;
}

export async function call(place: Place, start: (done: (error?: Error) => void) => void): Promise<Error | undefined> {
	const results: (Error | undefined)[] = [];
	start(error => results.push(error));
	while (results.length === 0) await place.settle();
	return results[0];
}

export async function writeSnapshot(
	place: Place,
	storage: RaftStorage,
	meta: SnapshotMeta,
	chunks: readonly Uint8Array[],
): Promise<void> {
	const writer = storage.createSnapshot(meta);
	for (const chunk of chunks) {
		const error = await call(place, done => writer.write(chunk, done));
		if (error !== undefined) throw error;
	}
	const error = await call(place, done => writer.finish(done));
	if (error !== undefined) throw error;
}

export const close = async (place: Place, storage: RaftStorage): Promise<Error | undefined> =>
	call(place, done => storage.close(done));
