import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {Cluster, StorageCorruptError} from '../../actors/index.js';
import {nodeId} from '../../src/raft/types.js';

/** Flips a byte in the middle of a node's log, where no crash can have done it. */
function damageLog(directory: string, node: number): void {
	const folder = path.join(directory, `node-${node}`);
	const file = path.join(
		folder,
		readdirSync(folder).find(name => name.startsWith('log-'))!,
	);
	const bytes = readFileSync(file);
	bytes[400]! ^= 0xff;
	writeFileSync(file, bytes);
}

test('a node that finds its log damaged does not start: restart and start reject with the error of its storage', async t => {
	const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-damaged-'));
	t.teardown(() => rmSync(directory, {recursive: true, force: true}));
	const cluster = await Cluster.start({nodes: 3, directory});
	t.teardown(() => cluster.close());
	const clerk = cluster.clerk();
	for (let number = 0; number < 20; number++) await clerk.put(`key ${number}`, 'x'.repeat(100));

	await cluster.kill(nodeId(0));
	damageLog(directory, 0);
	await t.throwsAsync(cluster.restart(nodeId(0)), {instanceOf: StorageCorruptError});
	const [damaged] = await cluster.status();
	t.is(damaged?.state, 'down');
	t.is(await clerk.getText('key 7'), 'x'.repeat(100));

	await cluster.close();
	await t.throwsAsync(Cluster.start({nodes: 3, directory}), {instanceOf: StorageCorruptError});
});
