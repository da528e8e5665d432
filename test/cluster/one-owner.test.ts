import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import test, {type ExecutionContext} from 'ava';
import {Cluster} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';

function dataDirectory(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-owner-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

const locksIn = (directory: string): readonly string[] =>
	['.', 'node-0', 'node-1', 'node-2'].flatMap(folder =>
		readdirSync(path.join(directory, folder)).filter(name => name.startsWith('lock')),
	);

test.serial('a node that was killed leaves no claim behind when the cluster is closed', async t => {
	const directory = dataDirectory(t);
	const cluster = await Cluster.start({nodes: 3, directory});
	t.deepEqual(locksIn(directory), ['lock', 'lock', 'lock', 'lock']);
	await cluster.kill(nodeId(0));
	await cluster.close();
	t.deepEqual(locksIn(directory), []);
});

test.serial(
	'a cluster of a thread that was ended holds nothing: the next one of the same process opens its directory',
	async t => {
		const directory = dataDirectory(t);
		const tokens: unknown[] = [];
		for (const token of ['1', '2']) {
			const worker = new Worker(new URL('cluster-thread.js', import.meta.url), {workerData: {directory, token}});
			t.teardown(() => worker.terminate());
			tokens.push(((await once(worker, 'message')) as [unknown])[0]);
			await worker.terminate();
		}
		t.deepEqual(tokens, ['1', '12']);
	},
);

test.serial('of six processes that start on one new directory at the same moment, one gets it', async t => {
	const directory = path.join(dataDirectory(t), 'new');
	const script = fileURLToPath(new URL('start-process.js', import.meta.url));
	const children = Array.from({length: 6}, () =>
		spawn(process.execPath, [script, directory], {stdio: ['pipe', 'pipe', 'inherit']}),
	);
	t.teardown(() => {
		for (const child of children) child.kill('SIGKILL');
	});
	const exits = children.map(child => once(child, 'exit'));
	const lines = children.map(child => createInterface({input: child.stdout})[Symbol.asyncIterator]());
	for (const line of lines) t.is((await line.next()).value, 'ready');
	for (const child of children) child.stdin.write('go\n');
	const outcomes = await Promise.all(lines.map(async line => String((await line.next()).value)));
	t.deepEqual(outcomes.toSorted(), [...Array.from({length: 5}, () => 'ERR_DIRECTORY_IN_USE'), 'started']);
	for (const child of children) child.stdin.end();
	await Promise.all(exits);
	t.deepEqual(locksIn(directory), []);
});
