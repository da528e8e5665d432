/** What an entry of the log does depends on limits: a log that is read again must be read under the same ones. */
import {cpSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {Cluster} from '../../actors/cluster/cluster.js';
import {backupDirectory} from '../../actors/recovery/backup-directory.js';
import {restoreBackup} from '../../actors/recovery/restore.js';
import {decodeClusterFile} from '../../src/storage/cluster-file.js';
import {DataDirectoryError} from '../../src/storage/errors.js';
import {run} from '../cli/cli-process.js';
import {scratch} from './scratch.js';

const valueBytesMax = 2 ** 21;
/** More than a cluster takes that is told nothing. */
const large = new Uint8Array(2 ** 20 + 1).fill(7);
const clerkOptions = {timeoutMs: 60_000};

async function assertLarge(
	cluster: Cluster,
	equal: (length: number | undefined, wanted: number) => void,
): Promise<void> {
	equal((await cluster.clerk(clerkOptions).get('large'))?.value.length, large.length);
}

test.serial('a directory keeps the limits of its first start, and is refused under others', async t => {
	const directory = path.join(scratch(t), 'data');
	const first = await Cluster.start({directory, nodes: 1, valueBytesMax, sessionTimeoutMs: 90_000});
	await first.clerk(clerkOptions).put('large', large);
	await first.close();
	for (const [options, told] of [
		[{valueBytesMax: 2 ** 20}, /valueBytesMax 2097152, not 1048576/],
		[{sessionTimeoutMs: 600_000}, /sessionTimeoutMs 90000, not 600000/],
	] as const) {
		const error = await t.throwsAsync(Cluster.start({directory, nodes: 1, ...options}), {
			instanceOf: DataDirectoryError,
		});
		t.is(error?.code, 'ERR_DIRECTORY_UNUSABLE');
		t.regex(error?.message ?? '', told);
	}
	for (const options of [{}, {valueBytesMax}]) {
		const again = await Cluster.start({directory, nodes: 1, ...options});
		await assertLarge(again, (length, wanted) => t.is(length, wanted));
		await again.clerk(clerkOptions).put('large', large);
		await again.close();
	}
});

test.serial('a directory that does not tell its limits is given those of its next start', async t => {
	const directory = path.join(scratch(t), 'data');
	const fixture = new URL('../../../test/fixtures/format-1/', import.meta.url);
	cpSync(fixture, directory, {recursive: true});
	const cluster = await Cluster.start({directory, nodes: 3, valueBytesMax});
	await cluster.close();
	const file = path.join(directory, 'cluster.json');
	t.deepEqual(decodeClusterFile(readFileSync(file, 'utf8'), file, '').limits, {
		valueBytesMax,
		sessionTimeoutMs: 600_000,
	});
});

test.serial(
	"a stopped cluster's backup holds what its own limits allowed, and is restored and served without being told them",
	async t => {
		const folder = scratch(t);
		const [directory, file] = [path.join(folder, 'data'), path.join(folder, 'backup')];
		const first = await Cluster.start({directory, nodes: 1, valueBytesMax});
		await first.clerk(clerkOptions).put('large', large);
		// Behind the snapshot, if there is one: the log has to be replayed.
		await first.clerk(clerkOptions).append('large', '');
		await first.close();
		t.like(await run(t, ['backup', directory, file], ''), {status: 0, errors: ''});
		const restored = path.join(folder, 'restored');
		await restoreBackup(file, {directory: restored, nodes: 1});
		const cluster = await Cluster.start({directory: restored, nodes: 1});
		await assertLarge(cluster, (length, wanted) => t.is(length, wanted));
		await cluster.close();
		// Its first start has set its limits: those of a cluster that is told nothing.
		await t.throwsAsync(Cluster.start({directory: restored, nodes: 1, valueBytesMax}), {
			instanceOf: DataDirectoryError,
		});
	},
);

test.serial("without the cluster's own file the limits have to be given for a backup", async t => {
	const folder = scratch(t);
	const directory = path.join(folder, 'data');
	const first = await Cluster.start({directory, nodes: 1, valueBytesMax});
	await first.clerk(clerkOptions).put('large', large);
	await first.close();
	rmSync(path.join(directory, 'cluster.json'));
	const sizes: (number | undefined)[] = [];
	for (const [name, limits] of [
		['told', {valueBytesMax}],
		['untold', {}],
	] as const) {
		const file = path.join(folder, name);
		await backupDirectory(directory, file, {acceptDataLoss: true, limits});
		const restored = path.join(folder, `${name}-restored`);
		await restoreBackup(file, {directory: restored, nodes: 1});
		const cluster = await Cluster.start({directory: restored, nodes: 1});
		sizes.push((await cluster.clerk(clerkOptions).get('large'))?.value.length);
		await cluster.close();
	}
	t.deepEqual(sizes, [large.length, undefined]);
});
