import test from 'ava';
import {on} from 'node:events';
import {Worker} from 'node:worker_threads';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import type {AppendWorkerData} from './append-worker.js';
import {close, entriesFrom, snapshotAt, vote} from './samples.js';
import {nextTurn, temporaryDirectory} from './places.js';
import {seededRandom} from './virtual-time.js';

const seed = Number(process.env['SEED'] ?? 7);

/** Until the worker has said that so many entries more than at its start are durable; by then it is further on. */
async function hasAppended(worker: Worker, count: number): Promise<void> {
	let start: number | undefined;
	for await (const [last] of on(worker, 'message') as AsyncIterable<[number]>) {
		start ??= last;
		if (last >= start + count) return;
	}
}

for (const sync of [true, false]) {
	test(`a thread that is killed while it appends loses nothing that it acknowledged (sync: ${sync})`, async t => {
		const random = seededRandom(seed);
		const directory = temporaryDirectory(t);
		const acknowledged = new SharedArrayBuffer(4);
		const durable = new Int32Array(acknowledged);
		for (let round = 0; round < 30; round++) {
			const worker = new Worker(new URL('append-worker.js', import.meta.url), {
				workerData: {directory, sync, acknowledged} satisfies AppendWorkerData,
			});
			t.teardown(async () => worker.terminate());
			await hasAppended(worker, Math.floor(random() * 60));
			await worker.terminate();
			const last = Atomics.load(durable, 0);
			const storage = new WriteAheadLog({
				disk: new NodeDisk({directory, sync, now: () => performance.now(), owner: 'append test'}),
			});
			const {entries, snapshot, hardState} = storage.load();
			const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
			t.deepEqual(snapshot, snapshot && snapshotAt(snapshotIndex));
			t.deepEqual(entries, entriesFrom(snapshotIndex + 1, entries.length), `SEED=${seed}, round ${round}`);
			t.true(snapshotIndex + entries.length >= last, `SEED=${seed}, round ${round}`);
			if (last > 0) t.deepEqual(hardState, vote(1, 0));
			await close({open: () => storage, settle: nextTurn}, storage);
		}
		t.true(Atomics.load(durable, 0) > 0);
		t.log(`${Atomics.load(durable, 0)} entries`);
	});
}
