/** A thread that appends to a log as fast as it can, and says how far it is durable: in memory that it shares, and
 * by messages that come later. */
import {parentPort, workerData} from 'node:worker_threads';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, entriesFrom, snapshotAt, vote} from './samples.js';

export interface AppendWorkerData {
	readonly directory: string;
	readonly sync: boolean;
	/** One number: the last index that was acknowledged. */
	readonly acknowledged: SharedArrayBuffer;
}

if (parentPort === null) throw new Error('append-worker must be started as a worker thread');
const {directory, sync, acknowledged} = workerData as AppendWorkerData;
const durable = new Int32Array(acknowledged);
const disk = new NodeDisk({directory, sync, now: () => performance.now(), owner: 'append test'});
const storage = new WriteAheadLog({disk, segmentBytes: 32 * 1024, preallocateBytes: 8 * 1024});
const state = storage.load();
let nextIndex = (state.entries.at(-1)?.index ?? state.snapshot?.lastIncludedIndex ?? 0) + 1;
const firstIndex = nextIndex;
let isSnapshotting = false;
storage.write(batch({hardState: vote(1, 0)}), () => {});
parentPort.postMessage(nextIndex - 1);

function append(): void {
	for (let count = 0; count < 5; count++) {
		const last = nextIndex;
		storage.write(batch({entries: entriesFrom(nextIndex++, 1)}), error => {
			if (error !== undefined) throw error;
			Atomics.store(durable, 0, last);
			parentPort?.postMessage(last);
			if (last % 100 === 0) compact(last);
		});
	}
	// Far enough to be killed on the way, and not so far that a test that is slow to kill has much to read.
	if (nextIndex < firstIndex + 300) setImmediate(append);
}

function compact(index: number): void {
	if (isSnapshotting) return;
	isSnapshotting = true;
	const snapshot = storage.createSnapshot(snapshotAt(index));
	snapshot.finish(() => {
		storage.write(batch({snapshot: snapshotAt(index)}), () => {
			isSnapshotting = false;
		});
	});
}

append();
