/** The log of a node's thread: read when the thread starts, on a disk that is timed and can be told to fail. */
import type {PersistentState} from '../../src/raft/types.js';
import type {Disk} from '../../src/storage/disk.js';
import {FaultyDisk, SharedDiskFaults} from '../../src/storage/faulty-disk.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import type {CutTail} from '../../src/storage/recovery.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {TimedDisk} from '../metrics/timed-disk.js';
import type {StorageOptions} from './protocol.js';
import {trueNow} from './true-now.js';

function diskOf(storage: StorageOptions): Disk {
	const disk = new NodeDisk({...storage, now: trueNow});
	if (storage.faults === undefined) return disk;
	const schedule = (delayMs = 0, callback: () => void): void => void setTimeout(callback, delayMs);
	return new FaultyDisk({disk, faults: new SharedDiskFaults(storage.faults), schedule, random: Math.random});
}

export interface LoadedLog {
	readonly storage: RaftStorage;
	readonly state: PersistentState;
	readonly cutTail: CutTail | undefined;
	readonly disk: TimedDisk;
}

/** Throws what `RaftStorage.load` does. */
export function loadLog(options: StorageOptions): LoadedLog {
	const {identity, expectedStart} = options;
	let cutTail: CutTail | undefined;
	// Outside of the faults: what a test makes slow is slow here, too.
	const disk = new TimedDisk(diskOf(options), trueNow);
	const storage = new WriteAheadLog({
		disk,
		identity,
		...(expectedStart === undefined ? {} : {expectedStart}),
		tailCut: cut => (cutTail = cut),
	});
	const state = storage.load();
	return {storage, state, cutTail, disk};
}

export async function closeLog(storage: RaftStorage): Promise<Error | undefined> {
	return new Promise(resolve => storage.close(resolve));
}
