import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {claimDirectory, releaseAbandoned, releaseDirectory} from '../../src/storage/directory-lock.js';
import {isProcessAlive, LifeProof, parseStat, proofOf, startTimeOf} from '../../src/storage/proof-of-life.js';
import {needing} from '../needs.js';
import {temporaryDirectory} from './places.js';

const inUse = {code: 'ERR_DIRECTORY_IN_USE'};
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A process, its lines, and what it is told. It is killed when the test ends. */
function launch(t: ExecutionContext, program: string, args: readonly string[]) {
	const child = spawn(program, args, {stdio: ['pipe', 'pipe', 'inherit']});
	t.teardown(() => void child.kill('SIGKILL'));
	const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	return {
		child,
		next: async (): Promise<unknown> => (await lines.next()).value,
		tell: () => void child.stdin.write('go\n'),
	};
}

test('fields of /proc/PID/stat: the start time, and that a zombie has ended when none of its threads is left', t => {
	const rest = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16';
	const line = (state: string, threads: number): string => `7 (a) Z (b)) ${state} ${rest} ${threads} 0 987654 1 2`;
	t.deepEqual(parseStat(line('S', 12)), {startTime: '987654', hasEnded: false});
	for (const state of ['Z', 'X', 'x']) t.deepEqual(parseStat(line(state, 1)), {startTime: '987654', hasEnded: true});
	// Killed, and one of its threads still waits for the disk.
	t.deepEqual(parseStat(line('Z', 3)), {startTime: '987654', hasEnded: false});
	t.is(parseStat(''), undefined);
});

test('a proof of life is there until it is closed, and neither another file nor another text takes its place', t => {
	const directory = temporaryDirectory(t);
	const proof = new LifeProof(join(directory, 'proof'), 'it is me');
	t.deepEqual(readdirSync(directory), []);
	t.is(proofOf(process.pid, proof.descriptor, 'it is me'), 'present');
	t.is(proofOf(process.pid, proof.descriptor, 'it is he'), 'absent');
	proof.close();
	t.is(proofOf(process.pid, proof.descriptor, 'it is me'), 'absent');
	const other = new LifeProof(join(directory, 'proof'), 'it is you');
	t.is(proofOf(process.pid, proof.descriptor, 'it is me'), 'absent');
	other.close();
});

// Tests of one file run side by side. Each names its owners alone: a descriptor that one thread had is soon another's.
test('a thread that holds a directory is respected as long as it lives, and no longer', async t => {
	const directory = temporaryDirectory(t);
	const worker = new Worker(new URL('claim-thread.js', import.meta.url), {workerData: {directory, owner: 'thread'}});
	t.teardown(() => worker.terminate());
	await once(worker, 'message');
	t.throws(() => claimDirectory(directory, 'other'), inUse);
	await worker.terminate();
	claimDirectory(directory, 'other');
	releaseDirectory(directory, 'other');
	t.deepEqual(readdirSync(directory), []);
});

test('what a thread could not let go of is let go of for it, and what is another’s is left alone', async t => {
	const directory = temporaryDirectory(t);
	const worker = new Worker(new URL('claim-thread.js', import.meta.url), {workerData: {directory, owner: 'abandoned'}});
	t.teardown(() => worker.terminate());
	await once(worker, 'message');
	await worker.terminate();
	releaseAbandoned(directory, 'other');
	t.deepEqual(readdirSync(directory), ['lock']);
	releaseAbandoned(directory, 'abandoned');
	t.deepEqual(readdirSync(directory), []);
	releaseAbandoned(directory, 'abandoned');
});

// What follows looks into other processes.
const onLinux = needing(existsSync('/proc/self/stat') ? undefined : 'this system has no /proc/self/stat');

onLinux('a zombie holds nothing: its directory is taken over', async t => {
	const directory = temporaryDirectory(t);
	// `sleep` takes the shell's place, and never asks for the end of the child that it has inherited.
	const program = 'exec 3<&0; "$0" "$@" <&3 & exec sleep 1000';
	const args = ['-c', program, process.execPath, script('claim-process.js'), directory, 'zombie'];
	const holder = launch(t, '/bin/sh', args);
	t.is(await holder.next(), 'ready');
	holder.tell();
	t.is(await holder.next(), 'claimed');
	t.throws(() => claimDirectory(directory, 'successor'), inUse);
	const pid = Number(readlinkSync(join(directory, 'lock')).split(':')[0]);
	const startTime = startTimeOf(pid) ?? '';
	process.kill(pid, 'SIGKILL');
	while (isProcessAlive(pid, startTime)) await new Promise(resolve => void setTimeout(resolve, 5));
	t.regex(readFileSync(`/proc/${pid}/stat`, 'latin1'), /\) Z /, 'its number is still taken');
	claimDirectory(directory, 'successor');
	t.deepEqual(readdirSync(directory), ['lock']);
	releaseDirectory(directory, 'successor');
});

onLinux('of another process too, an ended thread holds nothing, though the process lives', async t => {
	const directory = temporaryDirectory(t);
	const holder = launch(t, process.execPath, [script('claim-ended-thread.js'), directory, 'thread']);
	t.is(await holder.next(), 'claimed');
	t.throws(() => claimDirectory(directory, 'successor'), inUse);
	holder.tell();
	t.is(await holder.next(), 'ended');
	t.is(holder.child.exitCode, null);
	claimDirectory(directory, 'successor');
	releaseDirectory(directory, 'successor');
});
