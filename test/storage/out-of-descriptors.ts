/** Takes all descriptors of its process that storage does not keep for itself, and goes on writing. */
import {openSync} from 'node:fs';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, call, close, entriesFrom, snapshotAt, vote, write} from './samples.js';
import {nextTurn} from './places.js';

const [directory = ''] = process.argv.slice(2);
const disk = new NodeDisk({directory, sync: true, now: () => performance.now(), owner: 'test'});
const storage = new WriteAheadLog({disk, segmentBytes: 1024, preallocateBytes: 0});
const place = {open: () => storage, settle: nextTurn};
storage.load();
await write(place, storage, batch({hardState: vote(1)}));
function takeAll(): void {
	try {
		for (;;) openSync('/dev/null', 'r');
	} catch {
		// None is left.
	}
}
for (let index = 1; index <= 300; index++) {
	takeAll();
	await write(place, storage, batch({entries: entriesFrom(index, 1)}));
	if (index % 50 !== 0) continue;
	const snapshot = storage.createSnapshot(snapshotAt(index));
	takeAll();
	await call(place, done => snapshot.write(new Uint8Array(100), done));
	await call(place, done => snapshot.finish(done));
	await write(place, storage, batch({snapshot: snapshotAt(index)}));
	const reader = storage.openSnapshot();
	takeAll();
	reader?.read(0, 100);
	reader?.close();
}
await close(place, storage);
process.stdout.write('all written\n');
