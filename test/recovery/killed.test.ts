/** Real processes that make and restore backups, and are killed with SIGKILL at moments that a seed draws. */
import {copyFileSync, existsSync, mkdirSync, readdirSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {DataDirectory} from '../../actors/cluster/data-directory.js';
import {codec} from '../../actors/codec/codec.js';
import {chunksOf} from '../../actors/recovery/backup-directory.js';
import {loadBackup, writeBackup} from '../../actors/recovery/backup-file.js';
import {BackupFileError} from '../../actors/recovery/errors.js';
import {examineDirectory} from '../../actors/recovery/examine.js';
import {isSound, reportOf} from '../../actors/recovery/node-report.js';
import {lastState} from '../../actors/recovery/node-state.js';
import {restoreBackup} from '../../actors/recovery/restore.js';
import {defaultKvLimits} from '../../src/kv/limits.js';
import {kvMachine, KvStateMachine} from '../../src/kv/state-machine.js';
import {SnapshotEncoder, snapshotWords} from '../../src/service/snapshot.js';
import {Store} from '../../src/kv/store.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {launch, run, type Running} from '../cli/cli-process.js';
import {seededRandom} from '../storage/virtual-time.js';
import {scratch} from './scratch.js';

const seed = 20_261_128;
const rounds = 6;
const keys = 2000;
const valueBytes = 4096;

/** A backup that takes a while to read and to write. */
async function largeBackup(folder: string): Promise<string> {
	const file = path.join(folder, 'original');
	const store = new Store();
	for (let key = 0; key < keys; key++) store.set(`key-${key}`, new Uint8Array(valueBytes).fill(key), key + 1);
	const machine = new KvStateMachine(store, defaultKvLimits, 0).freeze();
	const state = {index: keys, revision: keys + 1, logTime: 0, wallTime: 0, machine, sessions: []};
	const header = {identity: {clusterId: 'ab'.repeat(16), node: 0}, index: keys, term: 2, isPartial: false};
	await writeBackup(file, header, chunksOf(new SnapshotEncoder(snapshotWords(codec, kvMachine()), state, 256 * 1024)));
	return file;
}

/** Runs a command that writes to `folder` and kills it at a moment drawn from its first trace there on. Its exit status. */
async function killWhileWriting(
	t: ExecutionContext,
	args: readonly string[],
	folder: string,
	delayMs: number,
): Promise<number | null> {
	const running = await launchUntilTrace(t, args, folder);
	if (delayMs > 0) await sleep(delayMs);
	running.process.kill('SIGKILL');
	return (await running.exit).status;
}

/** Resolves when there is a new name in the folder, or the process has ended. */
async function launchUntilTrace(t: ExecutionContext, args: readonly string[], folder: string): Promise<Running> {
	const before = new Set(namesIn(folder));
	const running = launch(t, args);
	const hasTrace = (): boolean => namesIn(folder).some(name => !before.has(name));
	while (!hasTrace() && running.process.exitCode === null) await sleep(1);
	return running;
}

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** How long the command takes from its first trace in the folder to its end, ms. */
async function spanOf(t: ExecutionContext, args: readonly string[], folder: string): Promise<number> {
	const running = await launchUntilTrace(t, args, folder);
	const begun = performance.now();
	t.is((await running.exit).status, 0);
	return performance.now() - begun;
}

/** What a start would find. Anything but these three is a failure. */
async function judge(
	t: ExecutionContext,
	directory: string,
	hash: string,
): Promise<'nothing' | 'unfinished' | 'whole'> {
	if (namesIn(directory).every(name => name.startsWith('lock'))) return 'nothing';
	try {
		await (await DataDirectory.open(directory, 3, 'a test')).close();
	} catch (error) {
		t.true(error instanceof DataDirectoryError);
		t.is((error as DataDirectoryError).code, 'ERR_RESTORE_UNFINISHED');
		return 'unfinished';
	}
	const examined = examineDirectory(directory);
	t.true(isSound(reportOf(examined, kvMachine())));
	t.deepEqual(
		examined.nodes.map(node => lastState(node, {}, kvMachine()).stateHash()),
		[hash, hash, hash],
	);
	t.deepEqual(readdirSync(directory).sort(), ['cluster.json', 'node-0', 'node-1', 'node-2']);
	return 'whole';
}

test.serial(
	'a restore that is killed at any moment is refused by a start or is whole, and the next restore completes it',
	async t => {
		const folder = scratch(t);
		const file = await largeBackup(folder);
		const [first, again] = [path.join(folder, 'first'), path.join(folder, 'again')];
		const words = (directory: string): readonly string[] => ['restore', file, '--dir', directory, '--nodes', '3'];
		const spanMs = await spanOf(t, words(first), first);
		const [node] = examineDirectory(first).nodes;
		const hash = node === undefined ? '' : lastState(node, {}, kvMachine()).stateHash();
		const random = seededRandom(seed);
		const found: string[] = [];
		for (let round = 0; round < rounds; round++) {
			const directory = path.join(folder, `round-${round}`);
			await killWhileWriting(t, words(directory), directory, round * random() * (spanMs / (rounds - 1)));
			const state = await judge(t, directory, hash);
			found.push(state);
			const next = await run(t, words(directory), '');
			if (state === 'whole') t.regex(next.errors, /is not empty/);
			else t.is(next.status, 0, next.errors);
			t.is(await judge(t, directory, hash), 'whole');
		}
		t.log(`found: ${found.join(', ')}`);
		t.true(found.includes('unfinished'));
		// And one by a real start, before and after.
		await killWhileWriting(t, words(again), again, spanMs / 4);
		if ((await judge(t, again, hash)) === 'unfinished') {
			const start = await run(t, ['--dir', again, '--nodes', '3', '--redis-port', '0'], 'get key-7\n');
			t.is(start.status, 1);
			t.regex(start.errors, /a restore into .* was interrupted.*run "threadraft restore" with it again/);
		}
		t.is((await run(t, words(again), '')).status === 0 || (await judge(t, again, hash)) === 'whole', true);
		const served = await run(t, ['--dir', again, '--nodes', '3', '--redis-port', '0'], 'get key-77\n');
		t.is(served.status, 0, served.errors);
		t.true(served.output.includes(`> get key-77\n${'M'.repeat(valueBytes)}\n`));
	},
);

async function assertWhole(t: ExecutionContext, file: string): Promise<void> {
	const {state} = await loadBackup(file, kvMachine());
	t.is(state.machine.itemCount, keys);
	t.is(state.index, keys);
}

test.serial(
	'a backup that is killed at any moment has no file or a whole one, half of it is refused, and the next one leaves nothing of it',
	async t => {
		const folder = scratch(t);
		const directory = path.join(folder, 'data');
		await restoreBackup(await largeBackup(folder), {directory, nodes: 1});
		const [node] = examineDirectory(directory).nodes;
		const hash = node === undefined ? '' : lastState(node, {}, kvMachine()).stateHash();
		const backups = path.join(folder, 'backups');
		mkdirSync(backups);
		const words = (name: string): readonly string[] => ['backup', directory, path.join(backups, name)];
		const spanMs = await spanOf(t, words('first'), backups);
		const random = seededRandom(seed);
		let halves = 0;
		for (let round = 0; round < rounds; round++) {
			const file = path.join(backups, `round-${round}`);
			await killWhileWriting(t, words(`round-${round}`), backups, round * random() * (spanMs / (rounds - 1)));
			if (existsSync(file)) await assertWhole(t, file);
			// Somebody may take what is left for a backup.
			for (const name of readdirSync(backups).filter(each => each.endsWith('.tmp'))) {
				const half = path.join(folder, 'half');
				copyFileSync(path.join(backups, name), half);
				const verified = await run(t, ['verify', half], '');
				// It was killed between its last byte and its name.
				if (verified.status === 0) await assertWhole(t, half);
				else {
					halves++;
					t.regex(verified.errors, /is damaged: |is no backup/);
					const restored = path.join(folder, 'half-restored');
					const error = await t.throwsAsync(restoreBackup(half, {directory: restored}), {instanceOf: BackupFileError});
					t.regex(error?.code ?? '', /^ERR_BACKUP_(?:FOREIGN|DAMAGED)$/);
					t.false(existsSync(restored));
				}
			}
		}
		t.true(halves > 0);
		t.is((await run(t, words('last'), '')).status, 0);
		t.deepEqual(
			readdirSync(backups).filter(name => name.includes('.tmp')),
			[],
		);
		const restored = path.join(folder, 'restored');
		await restoreBackup(path.join(backups, 'last'), {directory: restored, nodes: 1});
		const [last] = examineDirectory(restored).nodes;
		t.is(last === undefined ? '' : lastState(last, {}, kvMachine()).stateHash(), hash);
	},
);
