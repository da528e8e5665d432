import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {DataDirectory} from '../../actors/cluster/data-directory.js';
import {NodeDisk} from '../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, call, entriesFrom, vote} from '../storage/samples.js';
import {nextTurn} from '../storage/places.js';

const nodes = 3;

function scratch(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-directory-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

type End = 'close' | 'crash' | 'crash before confirm' | 'crash before load';

/** What the nodes of a cluster do to a directory in one life; each appends one entry. */
class Life {
	readonly #directory: DataDirectory;
	readonly #logs: WriteAheadLog[] = [];
	readonly #owner: string;

	private constructor(directory: DataDirectory, owner: string) {
		this.#directory = directory;
		this.#owner = owner;
	}

	static async open(directory: string, owner = `life ${Math.random()}`): Promise<Life> {
		return new Life(await DataDirectory.open(directory, nodes, owner), owner);
	}

	async startAll(end: End = 'close'): Promise<void> {
		for (let node = 0; node < nodes; node++) await this.start(node, end);
	}

	/** Resolves with the entries that the node finds. */
	async start(node: number, end: End = 'close'): Promise<number> {
		const directory = this.#directory;
		const expectedStart = await directory.beginStart(node);
		if (end === 'crash before load') return 0;
		const disk = new NodeDisk({
			directory: directory.nodeDirectory(node),
			sync: true,
			now: () => performance.now(),
			owner: this.#owner,
		});
		const log = new WriteAheadLog({disk, identity: directory.identityOf(node), expectedStart, preallocateBytes: 0});
		const {entries, snapshot, hardState} = log.load();
		const lastIndex = entries.at(-1)?.index ?? snapshot?.lastIncludedIndex ?? 0;
		const currentTerm = hardState.currentTerm + 1;
		this.#logs.push(log);
		if (end === 'crash before confirm') return entries.length;
		await directory.confirmStart(node);
		const next = batch({hardState: vote(currentTerm), entries: entriesFrom(lastIndex + 1, 1, currentTerm)});
		await call({open: () => log, settle: nextTurn}, done => log.write(next, done));
		return entries.length;
	}

	async close(): Promise<void> {
		for (const log of this.#logs) await call({open: () => log, settle: nextTurn}, done => log.close(done));
		await this.#directory.close();
	}
}

async function closedLives(directory: string, count: number): Promise<void> {
	for (let number = 0; number < count; number++) {
		const life = await Life.open(directory);
		await life.startAll();
		await life.close();
	}
}

/** What a process leaves behind that dies here: a copy of its files, without its claims. */
function crashed(t: ExecutionContext, directory: string): string {
	const copy = path.join(scratch(t), 'copy');
	cpSync(directory, copy, {recursive: true, filter: source => !path.basename(source).startsWith('lock')});
	return copy;
}

const folder = (directory: string, node: number): string => path.join(directory, `node-${node}`);

function replace(target: string, source: string): void {
	rmSync(target, {recursive: true, force: true});
	cpSync(source, target, {recursive: true});
}

test('a copy of the whole directory is as good as the directory', async t => {
	const directory = path.join(scratch(t), 'data');
	await closedLives(directory, 2);
	const copy = path.join(scratch(t), 'copy');
	cpSync(directory, copy, {recursive: true});
	await closedLives(directory, 2);
	for (const [place, entries] of [
		[copy, 2],
		[directory, 4],
	] as const) {
		const life = await Life.open(place);
		for (let node = 0; node < nodes; node++) t.is(await life.start(node), entries);
		await life.close();
	}
});

test('older and foreign parts are refused, the other nodes start, and the right part put back starts too', async t => {
	const directory = path.join(scratch(t), 'data');
	await closedLives(directory, 1);
	const old = path.join(scratch(t), 'old');
	cpSync(directory, old, {recursive: true});
	await closedLives(directory, 1);
	const right = path.join(scratch(t), 'right');
	cpSync(directory, right, {recursive: true});

	const damages: Readonly<Record<string, [code: string, damage: () => void]>> = {
		'an older copy of node 0': ['ERR_STORAGE_STALE', () => replace(folder(directory, 0), folder(old, 0))],
		"node 1's directory in place of node 0's": [
			'ERR_STORAGE_FOREIGN',
			() => replace(folder(directory, 0), folder(right, 1)),
		],
		'an empty directory': ['ERR_STORAGE_CORRUPT', () => replace(folder(directory, 0), scratch(t))],
		'no directory': ['ERR_STORAGE_CORRUPT', () => rmSync(folder(directory, 0), {recursive: true})],
		"an older copy of node 0's log": [
			'ERR_STORAGE_CORRUPT',
			() => replace(path.join(folder(directory, 0), 'log-0000000001'), path.join(folder(old, 0), 'log-0000000001')),
		],
	};
	for (const [what, [code, damage]] of Object.entries(damages)) {
		replace(directory, right);
		damage();
		const life = await Life.open(directory);
		const error = await t.throwsAsync(life.start(0), {code}, what);
		t.regex(error.message, /Leave this node out/, what);
		t.is(await life.start(1), 2, what);
		await life.close();
		replace(folder(directory, 0), folder(right, 0));
		const next = await Life.open(directory);
		t.is(await next.start(0), 2, what);
		await next.close();
	}
});

test("an older copy of the cluster's own file is refused by every node", async t => {
	const directory = path.join(scratch(t), 'data');
	await closedLives(directory, 1);
	const old = readFileSync(path.join(directory, 'cluster.json'));
	await closedLives(directory, 2);
	writeFileSync(path.join(directory, 'cluster.json'), old);
	const life = await Life.open(directory);
	for (let node = 0; node < nodes; node++) {
		await t.throwsAsync(life.start(node), {code: 'ERR_STORAGE_STALE', message: /the cluster's file knows/});
	}
	await life.close();
});

test("any damage of the cluster's own file is refused", async t => {
	const directory = path.join(scratch(t), 'data');
	await closedLives(directory, 1);
	const file = path.join(directory, 'cluster.json');
	const good = readFileSync(file);
	const damaged: (Buffer | undefined)[] = [undefined, Buffer.alloc(0), Buffer.alloc(good.length)];
	for (let length = 1; length < good.length; length += 7) damaged.push(good.subarray(0, length));
	for (let offset = 0; offset < good.length; offset++) {
		const flipped = Buffer.from(good);
		flipped[offset]! ^= 1 << (offset % 8);
		damaged.push(flipped);
	}
	damaged.push(Buffer.concat([good, Buffer.from('x')]), Buffer.concat([good, Buffer.alloc(16)]));
	for (const bytes of damaged) {
		if (bytes === undefined) rmSync(file);
		else writeFileSync(file, bytes);
		const error = await t.throwsAsync(Life.open(directory), {code: 'ERR_STORAGE_FORMAT'}, String(bytes));
		t.notRegex(error.message, /restore it/);
	}
	writeFileSync(file, good);
	const life = await Life.open(directory);
	t.is(await life.start(0), 1);
	await life.close();
});

for (const end of ['crash', 'crash before confirm', 'crash before load'] as const) {
	test(`a start that ended with a ${end} can be done again, the first one too, and nothing is lost`, async t => {
		for (const livesBefore of [0, 1, 2]) {
			const directory = path.join(scratch(t), 'data');
			await closedLives(directory, livesBefore);
			const life = await Life.open(directory);
			t.is(await life.start(0, end), end === 'crash before load' ? 0 : livesBefore);
			const left = crashed(t, directory);
			await life.close();
			const next = await Life.open(left);
			const found = end === 'crash' ? livesBefore + 1 : livesBefore;
			t.is(await next.start(0), found, `${livesBefore} lives before`);
			t.is(await next.start(1), livesBefore);
			t.is(await next.start(2), livesBefore);
			await next.close();
			await closedLives(left, 1);
		}
	});
}

test('a node that is killed and started again in one life goes on, however often', async t => {
	const directory = path.join(scratch(t), 'data');
	const life = await Life.open(directory);
	for (let number = 0; number < 4; number++) t.is(await life.start(1), number);
	await life.close();
	await closedLives(directory, 1);
});

test('a directory has one owner at a time, also while it holds nothing yet', async t => {
	const directory = path.join(scratch(t), 'data');
	const life = await Life.open(directory, 'first');
	await t.throwsAsync(Life.open(directory, 'second'), {code: 'ERR_DIRECTORY_IN_USE'});
	await life.close();
	const next = await Life.open(directory, 'second');
	await next.close();
	t.false(readdirSync(directory).some(name => name.startsWith('lock')));
});

test('a temporary directory counts starts too, and is gone after the close', async t => {
	const directory = await DataDirectory.temporary(nodes, 'a');
	t.like(await directory.beginStart(1), {starts: 0, isStarting: false});
	await directory.confirmStart(1);
	t.like(await directory.beginStart(1), {starts: 1, isStarting: false});
	t.like(await directory.beginStart(1), {starts: 1, isStarting: true});
	t.false(existsSync(path.join(directory.path, 'cluster.json')));
	await directory.close();
	t.false(existsSync(directory.path));
});

const fixture = new URL('../../../test/fixtures/format-1/', import.meta.url);

test('a directory of format version 1 is taken over, once and for all', async t => {
	const directory = path.join(scratch(t), 'data');
	cpSync(fixture, directory, {recursive: true});
	const life = await Life.open(directory);
	const found: number[] = [];
	for (let node = 0; node < nodes; node++) found.push(await life.start(node));
	t.true(found.every(entries => entries > 0));
	await life.close();
	t.is(JSON.parse(readFileSync(path.join(directory, 'cluster.json'), 'utf8')).format, 2);
	const next = await Life.open(directory);
	t.is(await next.start(1), found[1]! + 1);
	await next.close();

	const lost = path.join(scratch(t), 'lost');
	cpSync(fixture, lost, {recursive: true});
	renameSync(folder(lost, 2), path.join(scratch(t), 'away'));
	const other = await Life.open(lost);
	t.is(await other.start(0), found[0]!);
	await t.throwsAsync(other.start(2), {code: 'ERR_STORAGE_CORRUPT', message: /has run before/});
	await other.close();
});
