import test from 'ava';
import {readFileSync, readdirSync} from 'node:fs';
import {SimulatedDisk} from '../../src/storage/simulated-disk.js';
import type {Identity} from '../../src/storage/identity.js';
import type {ExpectedStart} from '../../src/storage/start-check.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, entriesFrom, textOf, vote} from './samples.js';
import {VirtualTime} from './virtual-time.js';

type Files = ReadonlyMap<string, Uint8Array>;

const mine: Identity = {clusterId: '0123456789abcdef0123456789abcdef', node: 1};
const expected = (parts: Partial<ExpectedStart>): ExpectedStart => ({
	starts: 0,
	isStarting: false,
	isClosed: false,
	isOlder: false,
	...parts,
});

/** One life of a node on these files, with one more entry; the files after it. */
function live(files: Files, expectedStart: ExpectedStart, isClosed: boolean, identity = mine): Files {
	const time = new VirtualTime();
	const disk = new SimulatedDisk({schedule: time.schedule, random: () => 0.5, files});
	const storage = new WriteAheadLog({disk, identity, expectedStart});
	const {entries} = storage.load();
	storage.write(
		batch({hardState: vote(expectedStart.starts + 1), entries: entriesFrom(entries.length + 1, 1)}),
		() => {},
	);
	time.runAll();
	if (isClosed) storage.close(() => {});
	time.runAll();
	return disk.files();
}

function load(files: Files, expectedStart: ExpectedStart, identity = mine): number {
	const disk = new SimulatedDisk({schedule: new VirtualTime().schedule, random: () => 0.5, files});
	const before = disk.files();
	try {
		return new WriteAheadLog({disk, identity, expectedStart}).load().entries.length;
	} catch (error) {
		// Whatever is refused is left as it was.
		if (JSON.stringify([...before]) !== JSON.stringify([...disk.files()])) throw new Error('changed', {cause: error});
		throw error;
	}
}

/** `lives[n]`: the files after `n` lives, each ended by a close. */
function closedLives(count: number): readonly Files[] {
	const lives: Files[] = [new Map()];
	for (let starts = 0; starts < count; starts++) {
		lives.push(live(lives.at(-1)!, expected({starts, isStarting: false, isClosed: starts > 0}), true));
	}
	return lives;
}

test('files that are as old as the cluster says are taken, after a close, after a crash, and after a start that was not confirmed', t => {
	const lives = closedLives(3);
	t.is(load(lives[3]!, expected({starts: 3, isClosed: true})), 3);
	t.is(load(lives[3]!, expected({starts: 3, isClosed: false})), 3, 'a close that the cluster did not note');
	t.is(
		load(lives[3]!, expected({starts: 3, isClosed: true, isStarting: true})),
		3,
		'begun, and not counted by the node',
	);
	t.is(load(lives[3]!, expected({starts: 2, isClosed: true, isStarting: true})), 3, 'counted, and not confirmed');
	const crashed = live(lives[2]!, expected({starts: 2, isClosed: true}), false);
	t.is(load(crashed, expected({starts: 3})), 3);
});

test('files of an earlier start are refused, and so is an older file of the cluster', t => {
	const lives = closedLives(4);
	for (const starts of [1, 2]) {
		for (const isStarting of [false, true]) {
			t.throws(() => load(lives[starts]!, expected({starts: 3, isStarting})), {
				code: 'ERR_STORAGE_STALE',
				message: /node/,
			});
		}
	}
	const error = t.throws(() => load(lives[4]!, expected({starts: 2, isStarting: true})), {code: 'ERR_STORAGE_STALE'});
	t.regex(error.message, /cluster's file knows the node's start 2/);
	t.notRegex(error.message, /restore the/i);
});

test('a copy that was made while the node ran is refused after the node was closed', t => {
	const [, first] = closedLives(1);
	const whileItRan = live(first!, expected({starts: 1, isClosed: true}), false);
	const closed = live(first!, expected({starts: 1, isClosed: true}), true);
	t.throws(() => load(whileItRan, expected({starts: 2, isClosed: true})), {code: 'ERR_STORAGE_STALE'});
	t.is(load(closed, expected({starts: 2, isClosed: true})), 2);
});

test('an empty directory is taken for a node that never took part, and for no other', t => {
	t.is(load(new Map(), expected({})), 0);
	t.is(load(new Map(), expected({isStarting: true})), 0);
	t.throws(() => load(new Map(), expected({starts: 1})), {code: 'ERR_STORAGE_CORRUPT', message: /started 1 times/});
	t.throws(() => load(new Map(), expected({starts: 1, isStarting: true})), {code: 'ERR_STORAGE_CORRUPT'});
	t.throws(() => load(new Map(), expected({isOlder: true})), {code: 'ERR_STORAGE_CORRUPT', message: /has run before/});
});

test('files of another node, or of another cluster, are refused one by one and all together', t => {
	const [, own] = closedLives(1);
	const others: readonly Identity[] = [
		{...mine, node: 2},
		{...mine, clusterId: 'f123456789abcdef0123456789abcdef'},
	];
	for (const other of others) {
		const foreign = live(new Map(), expected({}), true, other);
		t.throws(() => load(foreign, expected({starts: 1, isClosed: true})), {code: 'ERR_STORAGE_FOREIGN'});
		for (const [name, bytes] of foreign) {
			const mixed = new Map(own).set(name, bytes);
			const error = t.throws(() => load(mixed, expected({starts: 1, isClosed: true})), {code: 'ERR_STORAGE_FOREIGN'});
			t.regex(error.message, new RegExp(`^${name} is of node ${other.node} of cluster ${other.clusterId.slice(0, 8)}`));
		}
	}
});

const fixture = new URL('../../../test/fixtures/format-1/', import.meta.url);

function filesOfFixture(node: number): Files {
	const folder = new URL(`node-${node}/`, fixture);
	return new Map(readdirSync(folder).map(name => [name, new Uint8Array(readFileSync(new URL(name, folder)))]));
}

test('a log of format version 1 is opened as it is, goes on in version 2, and no crash on the way loses anything', t => {
	const before = filesOfFixture(0);
	const identity = {...mine, node: 0};
	const operations: string[] = [];
	const time = new VirtualTime();
	const disk = new SimulatedDisk({
		schedule: time.schedule,
		random: () => 0.5,
		files: before,
		record: ({type}) => operations.push(type),
	});
	const storage = new WriteAheadLog({disk, identity, expectedStart: expected({isOlder: true})});
	const old = storage.load();
	t.true(old.entries.length > 0 && old.snapshot !== undefined);
	const reader = storage.openSnapshot()!;
	t.regex(textOf(reader.read(0, reader.size)), /value 1 x/);
	const lastIndex = old.entries.at(-1)!.index;
	const {currentTerm} = old.hardState;
	storage.write(batch({entries: entriesFrom(lastIndex + 1, 1, currentTerm)}), error => t.is(error, undefined));
	time.runAll();
	disk.cutPower('drop');
	t.deepEqual(
		[...disk.files().keys()].filter(name => name.startsWith('log')),
		['log-0000000001', 'log-0000000002'],
	);
	const again = new WriteAheadLog({disk, identity, expectedStart: expected({starts: 1})}).load();
	t.deepEqual(again.entries.slice(0, -1), old.entries);
	t.deepEqual(again.hardState, old.hardState);

	// The same start, ended by the loss of power after any of its first operations on the disk.
	t.true(operations.length > 12);
	for (let count = 0; count < 14; count++) {
		let left = count;
		const cut = new SimulatedDisk({
			schedule: new VirtualTime().schedule,
			random: () => 0.5,
			files: before,
			record: () => {
				if (left-- === 0) throw new Error('the power fails');
			},
		});
		try {
			new WriteAheadLog({disk: cut, identity, expectedStart: expected({isOlder: true})}).load();
		} catch {}
		cut.cutPower('drop');
		const after = {isStarting: true, isOlder: true};
		const healed = new WriteAheadLog({
			disk: new SimulatedDisk({schedule: time.schedule, random: () => 0.5, files: cut.files()}),
			identity,
			expectedStart: expected(after),
		});
		t.deepEqual(healed.load().entries, old.entries, `after ${count} operations`);
	}
});

test('a log of format version 1 that is gone or blank is refused', t => {
	const before = filesOfFixture(0);
	const identity = {...mine, node: 0};
	const older = expected({isOlder: true});
	const blank = new Map([['log-0000000001', new Uint8Array(4096)]]);
	for (const files of [new Map(), blank, new Map([...before].filter(([name]) => !name.startsWith('log')))]) {
		t.throws(() => load(files, older, identity), {code: 'ERR_STORAGE_CORRUPT'});
	}
});
