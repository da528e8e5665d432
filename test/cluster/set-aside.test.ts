/** A directory that a fault has set aside is put back by the next start, when the process ended before the heal. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Cluster, type ClusterEvent} from '../../actors/index.js';
import {eventText} from '../../actors/cluster/event-text.js';
import {putBack, setAside} from '../../actors/cluster/set-aside.js';
import {examineDirectory} from '../../actors/recovery/examine.js';
import {nodeId} from '../../src/raft/types.js';

function scratch(t: ExecutionContext): string {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-aside-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	return directory;
}

/** The directory of a cluster of this size that was closed in good order; `city` is Bern. */
async function closedDirectory(t: ExecutionContext, nodes = 3): Promise<string> {
	const directory = scratch(t);
	const cluster = await Cluster.start({nodes, directory});
	t.teardown(() => cluster.close());
	await cluster.clerk({timeoutMs: 60_000}).put('city', 'Bern');
	await cluster.close();
	return directory;
}

const asideOf = (directory: string, node: number): string => path.join(directory, `set-aside-node-${node}`);
const placeOf = (directory: string, node: number): string => path.join(directory, `node-${node}`);
const names = (directory: string): readonly string[] => readdirSync(directory).filter(name => name.includes('node-'));

async function putBackBy(t: ExecutionContext, cluster: Cluster): Promise<readonly number[]> {
	const events: ClusterEvent[] = [];
	cluster.on('directoryPutBack', event => events.push(event));
	t.true((await cluster.status()).every(({state}) => state === 'up'));
	return events.map(event => (event.type === 'directoryPutBack' ? event.id : -1));
}

test.serial(
	'directories that are aside, alone, beside an empty one or beside a half removed one, are put back before a node opens its log',
	async t => {
		const directory = await closedDirectory(t, 5);
		renameSync(placeOf(directory, 1), asideOf(directory, 1));
		renameSync(placeOf(directory, 3), asideOf(directory, 3));
		// What a refused start leaves behind, and what is left of that when putting back was interrupted.
		mkdirSync(placeOf(directory, 3));
		writeFileSync(path.join(placeOf(directory, 3), 'lock'), 'of a process that is gone');
		t.true(
			examineDirectory(directory).nodes.every(({error}) => error === undefined),
			'reading it finds the files that a start would use',
		);
		const cluster = await Cluster.start({nodes: 5, directory});
		t.teardown(() => cluster.close());
		t.deepEqual(await putBackBy(t, cluster), [1, 3]);
		t.deepEqual(names(directory), ['node-0', 'node-1', 'node-2', 'node-3', 'node-4']);
		// Those whose directories were not aside are the minority: the others know all that was acknowledged.
		for (const id of [0, 2]) await cluster.kill(nodeId(id));
		t.is(await cluster.clerk({timeoutMs: 60_000}).getText('city'), 'Bern');
	},
);

test.serial(
	'where both directories are of a node that was started, none is touched and the start is refused',
	async t => {
		const directory = await closedDirectory(t);
		cpSync(placeOf(directory, 1), asideOf(directory, 1), {recursive: true});
		const before = names(directory);
		await t.throwsAsync(Cluster.start({nodes: 3, directory}), {
			code: 'ERR_DIRECTORY_UNUSABLE',
			message:
				/node-1 has the files of a node that has been started, and so may .*set-aside-node-1.*: move the one away/,
		});
		t.deepEqual(names(directory), before);
		rmSync(asideOf(directory, 1), {recursive: true});
		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		t.deepEqual(await putBackBy(t, cluster), [], 'the refusal has let the directory go');
	},
);

test.serial('a directory set aside without the cluster’s own file is damage, and no new cluster', async t => {
	const directory = scratch(t);
	mkdirSync(asideOf(directory, 0));
	await t.throwsAsync(Cluster.start({nodes: 1, directory}), {code: 'ERR_STORAGE_FORMAT', message: /cluster\.json/});
	t.true(existsSync(asideOf(directory, 0)));
});

test('what is set aside is put back as it was, once', async t => {
	const directory = placeOf(scratch(t), 2);
	mkdirSync(directory);
	writeFileSync(path.join(directory, 'node'), 'the node');
	await setAside(directory);
	t.false(existsSync(directory));
	t.true(await putBack(directory));
	t.deepEqual(readdirSync(directory), ['node']);
	t.false(await putBack(directory));
	const told = eventText({type: 'directoryPutBack', id: nodeId(2)});
	t.regex(String(told?.text), /^node 2: its directory.* was put back/);
});

test.serial(
	'a process that is killed with SIGKILL while a disk is taken away loses nothing that was acknowledged',
	async t => {
		const directory = scratch(t);
		const script = fileURLToPath(new URL('set-aside-process.js', import.meta.url));
		const child = spawn(process.execPath, [script, directory], {stdio: ['ignore', 'pipe', 'inherit']});
		t.teardown(() => child.kill('SIGKILL'));
		const exit = once(child, 'exit');
		const [line] = (await once(child.stdout, 'data')) as [Buffer];
		t.is(line.toString(), 'wiped\n');
		child.kill('SIGKILL');
		t.deepEqual(await exit, [null, 'SIGKILL']);
		t.true(existsSync(asideOf(directory, 1)), 'the process had no time to put it back');

		const cluster = await Cluster.start({nodes: 3, directory});
		t.teardown(() => cluster.close());
		t.deepEqual(await putBackBy(t, cluster), [1]);
		t.false(existsSync(asideOf(directory, 1)));
		const clerk = cluster.clerk({timeoutMs: 60_000});
		t.is(await clerk.getText('during'), 'the fault');
		// Node 1 is needed for a majority now, and has what it knew before.
		await cluster.kill(nodeId(0));
		t.is(await clerk.getText('before'), 'the fault');
	},
);
