import test from 'ava';
import type {ExecutionContext} from 'ava';
import {execFile} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {buildMutant} from '../mutants/build-mutant.js';
import {diskMutants} from '../mutants/disk-mutants.js';
import {temporaryDirectory} from './places.js';
import {brokenPromises, type DiskCall, theDirectory} from './system-calls/promises.js';
import type {RunResult} from './system-calls/run.js';

const ourModules = new URL('../../src/storage/', import.meta.url).href;
const script = fileURLToPath(new URL('system-calls/run.js', import.meta.url));
/** Hundreds of runs, thousands of syncs: what counts are the calls, so they need no disk. */
function quickDirectory(t: ExecutionContext): string {
	const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'threadraft-calls-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

const troubles = [undefined, 'error', 'shortWrite'] as const;

/** The runs of a process in which a log lives on the disk of these modules. */
async function runsOf(
	t: ExecutionContext,
	modules: string,
	trouble: (typeof troubles)[number],
): Promise<readonly RunResult[]> {
	const args = [script, modules, quickDirectory(t), ...(trouble === undefined ? [] : [trouble])];
	const {stdout} = await promisify(execFile)(process.execPath, args, {maxBuffer: 2 ** 28});
	return stdout
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as RunResult);
}

/** What is wrong with a run, in one sentence each. */
function faultsOf({calls, acknowledged, found}: RunResult): readonly string[] {
	const lost =
		found < acknowledged ? [`entry ${acknowledged} was acknowledged, and a later life ends at ${found}`] : [];
	return [...brokenPromises(calls), ...lost];
}

const typesOf = (runs: readonly RunResult[]): ReadonlySet<string> =>
	new Set(
		runs.flatMap(({calls}) =>
			calls.map(({type, ...call}) => `${type}${'file' in call && call.file === theDirectory ? ' of names' : ''}`),
		),
	);

test('what a log says is durable, the kernel was asked for, and has answered', async t => {
	const runs = await runsOf(t, ourModules, undefined);
	t.deepEqual(
		runs.map(({pace}) => pace),
		['at once', 'beside'],
	);
	for (const run of runs) {
		t.is(run.failure, undefined);
		t.deepEqual(faultsOf(run), [], run.pace);
		t.is(run.found, 16);
		t.deepEqual([...typesOf([run])].toSorted(), [
			'acknowledge',
			'create',
			'remove',
			'rename',
			'sync',
			'sync of names',
			'truncate',
			'write',
		]);
	}
});

test('whichever call fails, nothing is acknowledged after it, and nothing that was acknowledged before is missing', async t => {
	const runs = await runsOf(t, ourModules, 'error');
	const struck = runs.filter(({failure}) => failure !== undefined);
	t.is(struck.length, runs.length - 2, 'each but the last of each pace');
	t.true(struck.length > 100);
	for (const run of runs) t.deepEqual(faultsOf(run), [], `${run.pace}, call ${run.trouble?.place}: ${run.failure}`);
});

test('whichever write is taken in part, the rest goes where it belongs', async t => {
	const runs = await runsOf(t, ourModules, 'shortWrite');
	t.true(runs.length > 30);
	for (const run of runs) {
		t.is(run.failure, undefined);
		t.deepEqual(faultsOf(run), [], `${run.pace}, write ${run.trouble?.place}`);
		t.is(run.found, 16);
	}
});

for (const mutant of diskMutants) {
	test.serial(`the calls give away: ${mutant.title} (${mutant.id})`, async t => {
		const {storage} = buildMutant(mutant, join(temporaryDirectory(t), 'copy'));
		for (const trouble of troubles) {
			const runs = await runsOf(t, storage, trouble);
			const found = runs.flatMap(run => faultsOf(run));
			if (found.length === 0) continue;
			t.log(`${trouble ?? 'no trouble'}: ${found[0]}`);
			t.pass();
			return;
		}
		t.fail('the calls look as they should');
	});
}

/** A call that takes no time, at this moment. */
type Instant = DiskCall extends infer Call ? (Call extends DiskCall ? Omit<Call, 'began' | 'ended'> : never) : never;
const inTurn = (...calls: readonly Instant[]): readonly DiskCall[] =>
	calls.map((call, place) => Object.assign({began: 2 * place, ended: 2 * place + 1}, call));

const create: Instant = {type: 'create', file: 'log-1'};
const write: Instant = {type: 'write', file: 'log-1', offset: 0, length: 10, written: 10};
const sync: Instant = {type: 'sync', file: 'log-1'};
const syncNames: Instant = {type: 'sync', file: theDirectory};
const acknowledge: Instant = {type: 'acknowledge'};
const part: Instant = {...write, written: 4};
const draft = 'snapshot-1.tmp';
const rename: Instant = {type: 'rename', file: draft, to: 'snapshot-1'};

const good: Record<string, readonly DiskCall[]> = {
	'a new file with a write': inTurn(create, write, sync, syncNames, acknowledge),
	'a short write that goes on': inTurn(part, {...write, offset: 4, length: 6, written: 6}, sync, acknowledge),
	'a draft that nobody needs yet': inTurn({...create, file: draft}, {...write, file: draft}, syncNames, acknowledge),
	'a removal of what was never synced': inTurn(create, write, {type: 'remove', file: 'log-1'}, syncNames, acknowledge),
	'an error after which nothing is acknowledged': inTurn(write, {...sync, error: 'EIO'}),
};

const bad: Record<string, readonly [calls: readonly DiskCall[], broken: RegExp]> = {
	'no sync': [inTurn(write, acknowledge), /acknowledged before log-1 was synced: 10 bytes were written at 0/],
	'a sync of another file': [inTurn(write, {...sync, file: 'log-2'}, acknowledge), /before log-1 was synced/],
	'a sync that failed': [
		inTurn(write, {...sync, error: 'EIO'}, acknowledge),
		/acknowledged after sync failed with EIO/,
	],
	'a second sync after one that failed': [
		inTurn(write, {...sync, error: 'EIO'}, sync, acknowledge),
		/acknowledged after sync failed with EIO/,
	],
	'a sync that began before the write had ended': [
		[
			{type: 'sync', file: 'log-1', began: 1, ended: 4},
			{type: 'write', file: 'log-1', offset: 0, length: 10, written: 10, began: 0, ended: 2},
			{type: 'acknowledge', began: 5, ended: 5},
		],
		/before log-1 was synced/,
	],
	'a sync that has not returned': [
		[
			{type: 'write', file: 'log-1', offset: 0, length: 10, written: 10, began: 0, ended: 1},
			{type: 'sync', file: 'log-1', began: 2, ended: 4},
			{type: 'acknowledge', began: 3, ended: 3},
		],
		/before log-1 was synced/,
	],
	'a new name that is not synced': [
		inTurn(create, write, sync, acknowledge),
		/before \. was synced: log-1 was created/,
	],
	'a rename that is not synced': [inTurn(rename, acknowledge), /before \. was synced: snapshot-1\.tmp was renamed/],
	'a rename before the bytes are synced': [
		inTurn({...write, file: draft}, rename, syncNames, {...sync, file: 'snapshot-1'}, acknowledge),
		/^snapshot-1\.tmp was renamed before it was synced/,
	],
	'a removal before what takes its place is synced': [
		inTurn(write, {type: 'remove', file: 'log-0'}),
		/log-0 was removed before log-1 was synced/,
	],
	'a truncation that is not synced': [
		inTurn({type: 'truncate', file: 'log-1'}, acknowledge),
		/before log-1 was synced: it was cut/,
	],
	'a short write that goes on at the wrong place': [
		inTurn(part, {...write, length: 6, written: 6}, sync, acknowledge),
		/goes on with 6 bytes at 0, not with 6 bytes at 4/,
	],
	'a short write of which too little follows': [
		inTurn(part, {...write, offset: 4, length: 5, written: 5}, sync, acknowledge),
		/goes on with 5 bytes at 4, not with 6 bytes at 4/,
	],
	'a short write without its rest': [inTurn(part, sync, acknowledge), /synced before all of a short write was written/],
};

for (const [name, calls] of Object.entries(good)) {
	test(`keeps what was promised: ${name}`, t => {
		t.deepEqual(brokenPromises(calls), []);
	});
}

for (const [name, [calls, broken]] of Object.entries(bad)) {
	test(`breaks what was promised: ${name}`, t => {
		t.regex(brokenPromises(calls)[0] ?? '', broken);
	});
}
