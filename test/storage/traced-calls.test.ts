/** The promises of system-calls.test.ts, judged from what the kernel was really asked. */
import assert from 'node:assert/strict';
import type {ExecutionContext} from 'ava';
import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {buildMutant} from '../mutants/build-mutant.js';
import {diskMutants} from '../mutants/disk-mutants.js';
import {needing} from '../needs.js';
import {temporaryDirectory} from './places.js';
import {brokenPromises, type DiskCall} from './system-calls/promises.js';
import type {RunResult} from './system-calls/run.js';
import {callsIn, parseTrace, runTraced, straceMissing} from './system-calls/traced-calls.js';

const ourModules = new URL('../../src/storage/', import.meta.url).href;
const script = fileURLToPath(new URL('system-calls/run.js', import.meta.url));
const straceTest = needing(straceMissing());

/** Both runs of a process in which a log lives on the disk of these modules, with the calls that the kernel saw. */
async function tracedRuns(t: ExecutionContext, modules: string, inject?: string): Promise<readonly RunResult[]> {
	const directory = temporaryDirectory(t);
	const trace = join(temporaryDirectory(t), 'trace');
	const output = await runTraced(trace, [script, modules, directory, 'traced'], inject);
	const calls = parseTrace(trace);
	return output
		.trim()
		.split('\n')
		.map((line, place) =>
			Object.assign(JSON.parse(line) as RunResult, {calls: callsIn(join(directory, String(place)), calls)}),
		);
}

/** Without its moments: the watchers count those in ways of their own. */
const whatOf = ({began: _began, ended: _ended, ...what}: DiskCall): unknown => what;

straceTest('what a log says is durable, the kernel was asked for, as strace saw it', async t => {
	const runs = await tracedRuns(t, ourModules);
	t.is(runs.length, 2);
	for (const {pace, calls, failure, found} of runs) {
		t.is(failure, undefined);
		t.deepEqual(brokenPromises(calls), [], pace);
		t.true(calls.filter(({type}) => type === 'acknowledge').length > 20, pace);
		t.is(found, 16);
	}
});

straceTest('nothing that a disk asks of the kernel passes by the recorder of the other tests', async t => {
	const [traced] = await tracedRuns(t, ourModules);
	const {stdout} = await promisify(execFile)(process.execPath, [script, ourModules, temporaryDirectory(t)]);
	const recorded = (JSON.parse(stdout.split('\n')[0] ?? '') as RunResult).calls;
	// Behind them is the life that looks what is there, which nobody records.
	t.deepEqual(traced?.calls.slice(0, recorded.length).map(whatOf), recorded.map(whatOf));
	t.true(traced?.calls.slice(recorded.length).every(({type}) => type !== 'acknowledge'));
});

for (const [what, inject] of [
	['the first sync of bytes', 'fdatasync:error=EIO:when=1'],
	['a later sync of bytes', 'fdatasync:error=EIO:when=4'],
	['a sync of names', 'fsync:error=EIO:when=2'],
	['a write', 'pwrite64:error=EIO:when=6'],
	['a write on a full disk', 'pwrite64:error=ENOSPC:when=9'],
] as const) {
	straceTest(`when the kernel fails ${what}, that is told, and nothing is acknowledged after it`, async t => {
		const runs = await tracedRuns(t, ourModules, inject);
		t.true(runs.some(({failure}) => /EIO|ENOSPC/.test(failure ?? '')));
		for (const {pace, calls, failure, acknowledged, found} of runs) {
			const isStruck = calls.some(({error}) => error !== undefined);
			t.is(failure !== undefined, isStruck, `${pace}: ${failure}`);
			t.deepEqual(brokenPromises(calls), [], `${pace}: ${failure}`);
			t.true(found >= acknowledged, pace);
		}
	});
}

for (const id of [
	'sync-at-once-skipped',
	'sync-beside-skipped',
	'directory-never-synced',
	'snapshot-published-unsynced',
]) {
	straceTest(`the kernel's calls give away: ${id}`, async t => {
		const mutant = diskMutants.find(each => each.id === id);
		assert(mutant !== undefined, 'there is such a mutant');
		const {storage} = buildMutant(mutant, join(temporaryDirectory(t), 'copy'));
		const broken = (await tracedRuns(t, storage)).flatMap(({calls}) => brokenPromises(calls));
		t.not(broken.length, 0);
		t.log(broken[0]);
	});
}
