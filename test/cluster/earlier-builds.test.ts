/** Directories that earlier builds have written, each from a cluster of three that was stopped in good order. */
import {cpSync, mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {Cluster} from '../../actors/cluster/cluster.js';
import {textOf} from '../../actors/text.js';

const fixture = new URL('../../../test/fixtures/format-2/', import.meta.url);

/** Snapshots of the key/value machine alone (version 3), a log behind them, and a write that there was no memory for in it. */
test('a directory whose snapshots are of version 3 opens with every value and version, and goes on', async t => {
	const scratch = mkdtempSync(path.join(os.tmpdir(), 'threadraft-test-'));
	t.teardown(() => rmSync(scratch, {recursive: true, force: true}));
	const directory = path.join(scratch, 'data');
	cpSync(fixture, directory, {recursive: true});
	const cluster = await Cluster.start({nodes: 3, directory});
	t.teardown(() => cluster.close());
	const clerk = cluster.clerk();
	const held = async (key: string): Promise<readonly [string, number] | undefined> => {
		const found = await clerk.get(key);
		return found === undefined ? undefined : [textOf(found.value), found.version];
	};
	t.deepEqual(await held('key0'), ['value 0', 3]);
	t.is(await held('key3'), undefined);
	t.deepEqual(await held('counter'), ['21', 70]);
	t.deepEqual(await held('text'), ['one,two', 72]);
	t.is(await held('huge'), undefined);
	t.deepEqual(await held('other'), ['1', 77]);
	t.deepEqual(await held('last'), ['after the snapshot', 79]);
	const bytes = await clerk.get('bytes');
	t.deepEqual(
		[...(bytes?.value ?? [])],
		Array.from({length: 300}, (_, place) => place % 256),
	);
	t.true((await clerk.put('last', 'newer')).version > 79);
	for (const {replica} of await cluster.status()) t.is(replica?.snapshotIndex, 45);
});
