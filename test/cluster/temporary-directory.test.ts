/** The files of a cluster without a directory, whichever way its process ends. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, rm, utimes} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';

const library = new URL('../../actors/index.js', import.meta.url).href;

/** A process with a folder of its own for temporary files and one cluster; ends as the code behind the start says. */
async function launch(t: ExecutionContext, folder: string, then: string): Promise<ChildProcess> {
	const program = `
		import {Cluster} from ${JSON.stringify(library)};
		await Cluster.start({nodes: 1});
		console.log('started');
		${then}`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
		env: {...process.env, TMPDIR: folder},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	await once(child.stdout, 'data');
	return child;
}

async function makeFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'threadraft-temporary-test-'));
	t.teardown(() => rm(folder, {recursive: true, force: true}));
	return folder;
}

const ended = (child: ChildProcess): Promise<unknown> =>
	child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();

test('process.exit in the middle leaves nothing behind', async t => {
	const folder = await makeFolder(t);
	await ended(await launch(t, folder, 'process.exit(0);'));
	t.deepEqual(await readdir(folder), []);
});

test('what a killed process leaves, the next cluster clears; what a living one uses, and what is not ours, stays', async t => {
	const folder = await makeFolder(t);
	const living = await launch(t, folder, 'setInterval(() => undefined, 1000);');
	const used = await readdir(folder);
	t.is(used.length, 1);
	const killed = await launch(t, folder, 'setInterval(() => undefined, 1000);');
	killed.kill('SIGKILL');
	await ended(killed);
	t.is((await readdir(folder)).length, 2);
	// Made by a process that was killed before it could claim it, long ago and just now.
	await mkdir(path.join(folder, 'threadraft-memory-old'));
	await utimes(path.join(folder, 'threadraft-memory-old'), 1, 1);
	await mkdir(path.join(folder, 'threadraft-memory-young'));
	await mkdir(path.join(folder, 'threadraft-other'));
	await ended(await launch(t, folder, 'process.exit(0);'));
	t.deepEqual((await readdir(folder)).sort(), [...used, 'threadraft-memory-young', 'threadraft-other'].sort());
	living.kill('SIGKILL');
	await ended(living);
});
