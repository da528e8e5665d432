/** Where the tests keep their logs. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {MemoryStorage} from '../../src/storage/memory-storage.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {SimulatedDisk, type SimulatedDiskOptions} from '../../src/storage/simulated-disk.js';
import {WriteAheadLog, type WriteAheadLogOptions} from '../../src/storage/write-ahead-log.js';
import type {Place} from './samples.js';
import {seededRandom, VirtualTime} from './virtual-time.js';

type LogSizes = Omit<WriteAheadLogOptions, 'disk'>;

export const nextTurn = async (): Promise<void> =>
	new Promise(resolve => {
		setImmediate(resolve);
	});

export function temporaryDirectory(t: ExecutionContext): string {
	const directory = mkdtempSync(join(tmpdir(), 'threadraft-storage-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

export function memoryPlace(): Place & {readonly crash: () => void} {
	let storage: MemoryStorage | undefined;
	return {
		open: () => (storage = storage === undefined ? new MemoryStorage() : storage.restart()),
		crash: () => (storage = storage?.restart()),
		settle: nextTurn,
	};
}

export function nodePlace(
	t: ExecutionContext,
	sync: boolean,
	sizes: LogSizes = {},
): Place & {readonly directory: string} {
	const directory = temporaryDirectory(t);
	return {
		directory,
		open: () =>
			new WriteAheadLog({disk: new NodeDisk({directory, sync, now: () => performance.now(), owner: 'test'}), ...sizes}),
		settle: nextTurn,
	};
}

export interface SimulatedPlace extends Place {
	readonly disk: SimulatedDisk;
	readonly time: VirtualTime;
	readonly crash: () => void;
	readonly failNextWrite: () => void;
}

export function simulatedPlace(
	options: Partial<SimulatedDiskOptions> & {readonly seed?: number; readonly sizes?: LogSizes} = {},
): SimulatedPlace {
	const time = new VirtualTime();
	const random = seededRandom(options.seed ?? 1);
	const disk = new SimulatedDisk({schedule: time.schedule, random, ...options});
	return {
		disk,
		time,
		open: () => new WriteAheadLog({disk, ...options.sizes}),
		settle: async () => time.runAll(),
		crash: () => disk.cutPower('random'),
		failNextWrite: () => (disk.faults.failingWrites = 'next'),
	};
}
