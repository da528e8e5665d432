import test from 'ava';
import {crc32} from 'node:zlib';
import type {SnapshotMeta} from '../../src/raft/types.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import {SimulatedDisk} from '../../src/storage/simulated-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, bytesOf, close, entriesFrom, plain, snapshotAt, textOf, vote, write, writeSnapshot} from './samples.js';
import {fingerprint} from './model.js';
import {simulatedPlace} from './places.js';
import {VirtualTime} from './virtual-time.js';

type Files = ReadonlyMap<string, Uint8Array>;
const sizes = {segmentBytes: 700, preallocateBytes: 0};
const snapshotText = 'the state at index 4';

/** The files of a log of several segments with a snapshot; everything in it was acknowledged. */
async function smallLog(preallocateBytes = 0, end: 'closed' | 'killed' = 'closed'): Promise<Files> {
	const place = simulatedPlace({sizes: {segmentBytes: 700, preallocateBytes}});
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1, 2)}));
	for (let index = 1; index <= 8; index++) await write(place, storage, batch({entries: entriesFrom(index, 1)}));
	await writeSnapshot(place, storage, snapshotAt(4), [bytesOf(snapshotText)]);
	await write(place, storage, batch({snapshot: snapshotAt(4)}));
	await write(place, storage, batch({hardState: vote(2, 0), truncateFrom: 8, entries: entriesFrom(8, 1, 2)}));
	for (let index = 9; index <= 14; index++) await write(place, storage, batch({entries: entriesFrom(index, 1, 2)}));
	// The last frame spans sectors, one of them all zero.
	const long = entriesFrom(15, 1, 2)[0]!;
	await write(
		place,
		storage,
		batch({entries: [{...long, command: new Uint8Array(1200).fill(1, 0, 100).fill(1, 1150)}]}),
	);
	if (end === 'closed') await close(place, storage);
	return place.disk.files();
}

function diskOf(files: Files): SimulatedDisk {
	return new SimulatedDisk({schedule: new VirtualTime().schedule, random: () => 0.5, files});
}

const logOf = (files: Files): WriteAheadLog => new WriteAheadLog({disk: diskOf(files), ...sizes});
const segmentsOf = (files: Files): readonly string[] =>
	[...files.keys()].filter(name => name.startsWith('log-')).toSorted();
const snapshotOf = (files: Files): string => [...files.keys()].find(name => name.startsWith('snapshot-'))!;

function changed(files: Files, changes: Readonly<Record<string, Uint8Array | undefined>>): Files {
	const next = new Map(files);
	for (const [name, bytes] of Object.entries(changes)) {
		if (bytes === undefined) next.delete(name);
		else next.set(name, bytes);
	}
	return next;
}

function edited(bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array {
	const copy = bytes.slice();
	edit(copy);
	return copy;
}

for (const preallocateBytes of [0, 256]) {
	test(`no single flipped bit takes an acknowledged write away unseen (zeros ahead: ${preallocateBytes})`, async t => {
		const files = await smallLog(preallocateBytes);
		t.true(segmentsOf(files).length >= 2);
		const good = fingerprint(logOf(files).load());
		let seen = 0;
		let harmless = 0;
		for (const [name, bytes] of files) {
			for (let bit = 0; bit < bytes.length * 8; bit++) {
				const disk = diskOf(files);
				disk.flipBit(name, bit);
				const storage = new WriteAheadLog({disk, ...sizes});
				let found: string;
				try {
					const state = storage.load();
					const reader = storage.openSnapshot()!;
					found = `${fingerprint(state)} ${textOf(reader.read(0, reader.size))}`;
				} catch (error) {
					if (!(error instanceof StorageCorruptError)) throw error;
					seen++;
					continue;
				}
				if (found !== `${good} ${snapshotText}`) t.fail(`bit ${bit} of ${name}: ${found}`);
				harmless++;
			}
		}
		t.true(seen > harmless, 'most bits matter');
		t.log(`${seen} detected, ${harmless} harmless`);
	});
}

test('any byte of the log that is overwritten is noticed, also in the last frame (B-46)', async t => {
	const files = await smallLog();
	const good = fingerprint(logOf(files).load());
	const name = segmentsOf(files).at(-1)!;
	const bytes = files.get(name)!;
	for (let offset = 0; offset < bytes.length; offset++) {
		const storage = logOf(changed(files, {[name]: edited(bytes, copy => copy.set([copy[offset]! ^ 0xff], offset))}));
		try {
			t.is(fingerprint(storage.load()), good);
		} catch (error) {
			t.true(error instanceof StorageCorruptError);
		}
	}
});

test('a corrupt log names the file, the offset and the last good index', async t => {
	const files = await smallLog();
	const [first = ''] = segmentsOf(files);
	const storage = logOf(changed(files, {[first]: edited(files.get(first)!, copy => copy.fill(0xee, 200, 210))}));
	const error = t.throws(() => storage.load(), {instanceOf: StorageCorruptError, code: 'ERR_STORAGE_CORRUPT'});
	t.is(error.file, first);
	t.true(error.offset > 0 && error.offset <= 210);
	t.true(error.lastGoodIndex >= 0 && error.lastGoodIndex < 8);
	t.regex(error.message, new RegExp(first));
});

test('after a refused load the directory is as it was, and free', async t => {
	const files = await smallLog();
	const [first = ''] = segmentsOf(files);
	const disk = diskOf(changed(files, {[first]: new Uint8Array(10).fill(1)}));
	const before = disk.files();
	t.throws(() => new WriteAheadLog({disk, ...sizes}).load(), {code: 'ERR_STORAGE_CORRUPT'});
	t.deepEqual(disk.files(), before);
	t.notThrows(() => disk.lock());
});

test('lost files are noticed: a segment, the snapshot, the whole log beside a snapshot (FK53, B-11)', async t => {
	const files = await smallLog();
	const segments = segmentsOf(files);
	t.true(segments.length >= 3);
	const cases: Readonly<Record<string, Files>> = {
		'the first segment': changed(files, {[segments[0]!]: undefined}),
		'a segment in the middle': changed(files, {[segments[1]!]: undefined}),
		'the snapshot': changed(files, {[snapshotOf(files)]: undefined}),
		'every segment': changed(files, Object.fromEntries(segments.map(name => [name, undefined]))),
		'the end of a segment before the last': changed(files, {[segments[0]!]: files.get(segments[0]!)!.slice(0, -32)}),
		'the end of the snapshot': changed(files, {[snapshotOf(files)]: files.get(snapshotOf(files))!.slice(0, -1)}),
	};
	for (const [what, damaged] of Object.entries(cases)) {
		t.throws(() => logOf(damaged).load(), {code: 'ERR_STORAGE_CORRUPT'}, what);
	}
});

test('what belongs to another life of the log does not fit in, however alike it is', async t => {
	const lives = [];
	for (const word of ['this', 'that']) {
		const place = simulatedPlace({sizes});
		const storage = place.open();
		storage.load();
		await write(place, storage, batch({hardState: vote(1)}));
		for (let index = 1; index <= 20; index++)
			await write(place, storage, batch({entries: entriesFrom(index, 1, 1, word)}));
		lives.push(place.disk.files());
	}
	const [one = new Map(), other = new Map()] = lives as Files[];
	const good = fingerprint(logOf(one).load());
	let refused = 0;
	for (const name of segmentsOf(one)) {
		const bytes = one.get(name)!;
		for (let offset = 0; offset < bytes.length; offset += 32) {
			const spliced = edited(bytes, copy => copy.set(other.get(name)!.subarray(offset), offset));
			try {
				t.is(fingerprint(logOf(changed(one, {[name]: spliced})).load()), good, `${name} from ${offset}`);
			} catch (error) {
				t.true(error instanceof StorageCorruptError);
				refused++;
			}
		}
	}
	t.true(refused > 20);
});

test('a sector that was lost is damage when good frames follow it, although it looks like a torn write (B-46)', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	for (let index = 1; index <= 100; index++) await write(place, storage, batch({entries: entriesFrom(index, 1)}));
	await close(place, storage);
	const [[name, bytes] = ['', new Uint8Array(0)]] = place.disk.files();
	const end = bytes.findLastIndex(byte => byte !== 0);
	t.true(end > 4000);
	for (let offset = 0; offset + 1024 < end; offset += 512) {
		const lost = edited(bytes, copy => copy.fill(0, offset, offset + 512));
		t.throws(() => logOf(new Map([[name, lost]])).load(), {code: 'ERR_STORAGE_CORRUPT'}, `from ${offset}`);
	}
});

test('a damaged snapshot is refused when it is read, block by block', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	await writeSnapshot(place, storage, snapshotAt(3), [new Uint8Array(200_000).fill(5)]);
	await write(place, storage, batch({snapshot: snapshotAt(3)}));
	const name = snapshotOf(place.disk.files());
	place.disk.flipBit(name, 8 * 100_000);
	const reader = storage.openSnapshot()!;
	t.is(reader.read(0, 60_000).length, 60_000);
	t.throws(() => reader.read(0, 200_000), {code: 'ERR_STORAGE_CORRUPT'});
	t.is(reader.read(140_000, 60_000).length, 60_000);
});

test('blocks of a snapshot that changed places are refused', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	const block = 64 * 1024;
	const content = new Uint8Array(2 * block + 5).fill(1, 0, block).fill(2, block);
	await writeSnapshot(place, storage, snapshotAt(3), [content]);
	await write(place, storage, batch({snapshot: snapshotAt(3)}));
	await close(place, storage);
	const files = place.disk.files();
	const name = snapshotOf(files);
	const first = files.get(name)!.length - (content.length + 3 * 4 + 10);
	const second = first + block + 4;
	const swapped = edited(files.get(name)!, copy => {
		copy.set(files.get(name)!.subarray(second, second + block + 4), first);
		copy.set(files.get(name)!.subarray(first, second), second);
	});
	const damaged = logOf(changed(files, {[name]: swapped}));
	damaged.load();
	t.throws(() => damaged.openSnapshot()!.read(0, 10), {code: 'ERR_STORAGE_CORRUPT'});
});

test('a segment that was begun and not used is not taken for a new log when the ones before it are lost', async t => {
	const operations: string[] = [];
	const place = simulatedPlace({sizes, record: ({type}) => operations.push(type)});
	const storage = place.open();
	storage.load();
	let index = 1;
	await write(place, storage, batch({hardState: vote(1)}));
	const isOneSegment = (): boolean => segmentsOf(place.disk.files()).length === 1;
	while (isOneSegment()) {
		storage.write(batch({entries: entriesFrom(index++, 1)}), () => {});
		while (isOneSegment() && place.time.step());
	}
	// The segment is there, and the node's own file does not know of it yet.
	while (operations.at(-1) !== 'syncDirectory') t.true(place.time.step(), 'a new segment is made durable');
	place.disk.killProcess();
	const files = place.disk.files();
	t.is(logOf(files).load().entries.length, index - 2);
	t.throws(() => logOf(changed(files, {'log-0000000001': undefined})).load(), {code: 'ERR_STORAGE_CORRUPT'});
});

test('files of a format to come are refused by name and version', async t => {
	const files = await smallLog();
	const newer = (bytes: Uint8Array): Uint8Array =>
		edited(bytes, copy => {
			copy[8] = 3;
			new DataView(copy.buffer).setUint32(12, crc32(copy.subarray(0, 12)), true);
		});
	for (const name of [segmentsOf(files)[0]!, segmentsOf(files).at(-1)!, snapshotOf(files)]) {
		const error = t.throws(() => logOf(changed(files, {[name]: newer(files.get(name)!)})).load(), {
			code: 'ERR_STORAGE_FORMAT',
		});
		t.regex(error.message, new RegExp(`${name} has format version 3`));
	}
});

test('a torn tail is cut off and kept aside, and only the newest such piece', async t => {
	// After a close nothing may be missing.
	const files = await smallLog(0, 'killed');
	const name = segmentsOf(files).at(-1)!;
	const whole = files.get(name)!;
	const torn = whole.slice(0, -700);
	const disk = diskOf(changed(files, {[name]: torn, 'log-0000000001.at-99.broken': bytesOf('older')}));
	const place = {settle: async () => {}, open: () => new WriteAheadLog({disk, ...sizes})};
	const state = place.open().load();
	t.is(state.entries.at(-1)!.index, 14);
	const broken = [...disk.files().keys()].filter(file => file.endsWith('.broken'));
	t.is(broken.length, 1);
	t.regex(broken[0]!, new RegExp(`^${name}\\.at-\\d+\\.broken$`));
	const cut = disk.files().get(name)!.length;
	t.deepEqual(disk.files().get(broken[0]!), torn.slice(cut));
});

test('leftovers go: unfinished and unnamed snapshots, a segment that was begun and not used', async t => {
	const files = await smallLog();
	const good = fingerprint(logOf(files).load());
	const last = segmentsOf(files).at(-1)!;
	const nextSegment = `log-${String(Number(last.slice(4)) + 1).padStart(10, '0')}`;
	for (const half of [new Uint8Array(0), new Uint8Array(20), new Uint8Array(2000), files.get(last)!.slice(0, 31)]) {
		const disk = diskOf(
			changed(files, {
				[nextSegment]: half,
				'snapshot-0000000077': bytesOf('finished, not named'),
				'snapshot-0000000078.tmp': bytesOf('half'),
				'notes.txt': bytesOf('of the owner'),
			}),
		);
		t.is(fingerprint(new WriteAheadLog({disk, ...sizes}).load()), good);
		t.deepEqual([...disk.files().keys()].toSorted(), [...files.keys(), 'notes.txt'].toSorted());
	}
});

test('a log that is compacted often keeps few files and its hard state, however long it runs', async t => {
	const place = simulatedPlace({sizes: {segmentBytes: 4096, preallocateBytes: 1024}});
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(3, 1)}));
	let last: SnapshotMeta | undefined;
	for (let index = 1; index <= 2000; index++) {
		await write(place, storage, batch({entries: entriesFrom(index, 1, 3)}));
		if (index % 20 > 0) continue;
		last = snapshotAt(index - 2, 3);
		await writeSnapshot(place, storage, last, [bytesOf(`state at ${index - 2}`)]);
		await write(place, storage, batch({snapshot: last}));
		const bytes = [...place.disk.files().values()].reduce((sum, file) => sum + file.length, 0);
		t.true(place.disk.files().size <= 4 && bytes < 13_000, `${place.disk.files().size} files, ${bytes} bytes`);
	}
	place.disk.cutPower('drop');
	const state = place.open().load();
	t.deepEqual(plain(state), plain({hardState: vote(3, 1), snapshot: last, entries: entriesFrom(1999, 2, 3)}));
});

test('a log whose segment is large is compacted without a new segment', async t => {
	const place = simulatedPlace();
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1)}));
	for (let index = 1; index <= 100; index++) {
		await write(place, storage, batch({entries: entriesFrom(index, 1)}));
		await writeSnapshot(place, storage, snapshotAt(index), [bytesOf('state')]);
		await write(place, storage, batch({snapshot: snapshotAt(index)}));
	}
	t.deepEqual([...place.disk.files().keys()].toSorted(), ['log-0000000001', 'node', 'snapshot-0000000100']);
});
