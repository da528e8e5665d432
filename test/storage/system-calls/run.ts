/**
 * A process in which a log lives twice on a real directory: segments that fill up, a large write, a snapshot, a close, and
 * all of it once more. Says what it asked of the kernel, and whether all that was acknowledged is there in the end.
 *
 *     node run.js URL-OF-THE-STORAGE-MODULES DIRECTORY [error | shortWrite | traced]
 *
 * With a trouble: once for each call that it can strike. With `traced`: for somebody who watches the process from outside,
 * so it makes a call itself where the log says that all is durable. Prints one JSON line for each run.
 */
import {mkdirSync, openSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type * as nodeDisk from '../../../src/storage/node-disk.js';
import type {Done, RaftStorage} from '../../../src/storage/storage.js';
import type * as writeAheadLog from '../../../src/storage/write-ahead-log.js';
import type {LogEntry} from '../../../src/raft/types.js';
import {batch, bytesOf, entriesFrom, snapshotAt, vote} from '../samples.js';
import type {DiskCall} from './promises.js';
import {RecordedCalls, type Trouble} from './recorded-calls.js';
import {acknowledgementsOf} from './traced-calls.js';

export interface RunResult {
	/** Syncs return before the call does, or are made beside the event loop. */
	readonly pace: 'at once' | 'beside';
	readonly trouble: Trouble | undefined;
	readonly calls: readonly DiskCall[];
	/** The message of what ended it. */
	readonly failure: string | undefined;
	/** The last entry that was acknowledged, and that a later life found. */
	readonly acknowledged: number;
	readonly found: number;
}

const [, , modules = '', directory = '', mode] = process.argv;
const {NodeDisk} = (await import(`${modules}node-disk.js`)) as typeof nodeDisk;
const {WriteAheadLog} = (await import(`${modules}write-ahead-log.js`)) as typeof writeAheadLog;
const largeBytes = 300 * 1024;

const settled = async (start: (done: Done) => void): Promise<void> =>
	new Promise((resolve, reject) => {
		start(error => (error === undefined ? resolve() : reject(error)));
	});

/** Time that stands still: syncs take none. Time that jumps: they take long. */
function open(place: string, pace: RunResult['pace']): RaftStorage {
	let now = 0;
	const disk = new NodeDisk({
		directory: place,
		sync: true,
		owner: 'run',
		now: () => (pace === 'at once' ? 0 : (now += 10)),
	});
	return new WriteAheadLog({disk, segmentBytes: 512, preallocateBytes: 128});
}

const large = (index: number): LogEntry => ({
	...entriesFrom(index, 1)[0]!,
	command: new Uint8Array(largeBytes).fill(1),
});

/** What notes the calls of a run. */
type Watcher = Pick<RecordedCalls, 'calls' | 'acknowledge' | 'install'>;

function watcherOf(place: string, trouble: Trouble | undefined): Watcher {
	if (mode !== 'traced') return new RecordedCalls(place, trouble);
	const acknowledgements = openSync(acknowledgementsOf(place), 'w');
	return {calls: [], acknowledge: () => writeSync(acknowledgements, '.'), install: () => () => undefined};
}

async function run(place: string, pace: RunResult['pace'], trouble: Trouble | undefined): Promise<RunResult> {
	mkdirSync(place);
	const recorded = watcherOf(place, trouble);
	const uninstall = recorded.install();
	let acknowledged = 0;
	let failure: string | undefined;
	let log: RaftStorage | undefined;
	try {
		/** What is told is written down at once: what the log does next in the same turn comes after it. */
		const told = async (start: (done: Done) => void): Promise<void> =>
			settled(done =>
				start(error => {
					if (error === undefined) recorded.acknowledge();
					done(error);
				}),
			);
		for (let life = 0; life < 2; life++) {
			log = open(place, pace);
			const storage = log;
			const {entries} = storage.load();
			recorded.acknowledge();
			const first = (entries.at(-1)?.index ?? 0) + 1;
			const write = async (newEntries: readonly LogEntry[]): Promise<void> => {
				await told(done => storage.write(batch({hardState: vote(life + 1), entries: newEntries}), done));
				acknowledged = newEntries.at(-1)?.index ?? acknowledged;
			};
			for (let index = first; index < first + 5; index++) await write(entriesFrom(index, 1));
			await write([large(first + 5)]);
			const meta = snapshotAt(first + 3);
			const snapshot = storage.createSnapshot(meta);
			await settled(done => snapshot.write(bytesOf('state'), done));
			await told(done => snapshot.finish(done));
			await told(done => storage.write(batch({snapshot: meta}), done));
			await write(entriesFrom(first + 6, 2));
			await told(done => storage.close(done));
			log = undefined;
		}
	} catch (error) {
		failure = String(error);
	}
	uninstall();
	if (log !== undefined) await settled(done => log?.close(() => done()));
	return {pace, trouble, calls: recorded.calls, failure, acknowledged, found: await lastIndex(place)};
}

/** What a life without trouble finds: nothing, where it refuses the files. */
async function lastIndex(place: string): Promise<number> {
	const log = open(place, 'at once');
	try {
		const {entries, snapshot} = log.load();
		await settled(done => log.close(done));
		return entries.at(-1)?.index ?? snapshot?.lastIncludedIndex ?? 0;
	} catch {
		return 0;
	}
}

let count = 0;
async function tell(pace: RunResult['pace'], trouble: Trouble | undefined): Promise<RunResult> {
	const result = await run(join(directory, String(count++)), pace, trouble);
	console.log(JSON.stringify(result));
	return result;
}

for (const pace of ['at once', 'beside'] as const) {
	if (mode === undefined || mode === 'traced') {
		await tell(pace, undefined);
		continue;
	}
	const type = mode as Trouble['type'];
	for (let place = 0; ; place++) {
		const {calls, failure} = await tell(pace, {type, place});
		const isStruck =
			type === 'error'
				? failure !== undefined
				: calls.some(call => call.type === 'write' && call.written < call.length);
		if (!isStruck) break;
	}
}
