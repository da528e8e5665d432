import {existsSync, rmSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {Cluster} from '../../actors/index.js';
import type {LedgerTypes} from '../../examples/ledger.js';
import {run, temporaryDirectory} from '../cli/cli-process.js';
import {fingerprint, flipBitOfLog} from './scratch.js';

test.serial(
	'inspect, verify, backup and restore: from a majority of damaged nodes to a cluster that serves',
	async t => {
		const scratch = await temporaryDirectory(t);
		const directory = path.join(scratch, 'data');
		const file = path.join(scratch, 'backup');
		const port = ['--redis-port', '0'];
		const filled = await run(t, ['start', '--nodes', '3', '--dir', directory, ...port], 'put a 1\nput b "two words"\n');
		t.is(filled.status, 0, filled.errors);
		t.like(await run(t, ['verify', directory], ''), {status: 0, errors: ''});
		flipBitOfLog(directory, 0);
		flipBitOfLog(directory, 1);

		const start = await run(t, ['start', '--nodes', '3', '--dir', directory, ...port], '');
		t.is(start.status, 1);
		t.regex(start.errors, /threadraft inspect DIR.*threadraft backup DIR FILE.*threadraft restore FILE --dir NEW/);
		const before = fingerprint(directory);
		const inspected = await run(t, ['inspect', directory, '--json'], '');
		t.is(inspected.status, 0);
		const report = JSON.parse(inspected.output) as {readonly nodes: readonly {readonly state: string}[]};
		t.deepEqual(
			report.nodes.map(({state}) => state),
			['damaged', 'damaged', 'good'],
		);
		t.regex((await run(t, ['inspect', directory], '')).output, /node 2: good(.|\n)*--accept-data-loss/);
		const verified = await run(t, ['verify', directory], '');
		t.is(verified.status, 1);
		t.regex(verified.output, /node 0 {2}DAMAGED \(ERR_STORAGE_CORRUPT\) in log-0000000001, byte \d+/);
		t.is(fingerprint(directory), before);

		const refused = await run(t, ['backup', directory, file], '');
		t.is(refused.status, 1);
		t.regex(refused.errors, /only 1 of 3 nodes can be read/);
		t.false(existsSync(file));
		const backup = await run(t, ['backup', directory, file, '--accept-data-loss'], '');
		t.is(backup.status, 0, backup.errors);
		t.regex(backup.output, /acknowledged writes may be missing/);
		t.is(fingerprint(directory), before);
		t.regex((await run(t, ['verify', file], '')).output, /2 keys: good/);
		const misled = await run(t, ['inspect', file], '');
		t.is(misled.status, 1);
		t.is(
			misled.errors,
			`threadraft: ${file} is no directory: give a data directory; "threadraft verify FILE" checks a backup\n`,
		);
		const restored = path.join(scratch, 'new');
		t.like(await run(t, ['restore', file, '--dir', restored, '--nodes', '1'], ''), {status: 0, errors: ''});
		const served = await run(t, ['start', '--nodes', '1', '--dir', restored, ...port], 'get a\nget b\nput c 3\n');
		t.is(served.status, 0, served.errors);
		t.regex(served.output, /1\n(.|\n)*two words(.|\n)*OK/);
	},
);

test.serial('the commands take the module of a machine, and say what to give where it is missing', async t => {
	const scratch = await temporaryDirectory(t);
	const at = (name: string): string => path.join(scratch, name);
	const module = fileURLToPath(new URL('../../examples/ledger.js', import.meta.url));
	const cluster = await Cluster.start<LedgerTypes>({
		nodes: 1,
		directory: at('data'),
		machine: module,
		maxRaftState: 200,
	});
	t.teardown(() => cluster.close());
	const clerk = cluster.machineClerk();
	for (const account of ['alice', 'bob', 'carol']) await clerk.write({type: 'open', account, cents: 10});
	await cluster.close();

	const bare = await run(t, ['verify', at('data')], '');
	t.is(bare.status, 0, bare.errors);
	t.regex(
		bare.output,
		/of the machine 'ledger'(.|\n)*were not decoded: give the module of the machine \(--machine FILE\)/,
	);
	const named = await run(t, ['verify', at('data'), '--machine', module], '');
	t.is(named.status, 0, named.errors);
	t.notRegex(named.output, /not decoded/);
	t.regex((await run(t, ['backup', at('data'), at('file')], '')).errors, /name its module \("--machine FILE"/);
	t.like(await run(t, ['backup', at('data'), at('file'), '--machine', module], ''), {status: 0, errors: ''});
	const refused = await run(t, ['verify', at('file')], '');
	t.is(refused.status, 2);
	t.regex(refused.errors, /it is of the machine 'ledger': name its module/);
	t.regex((await run(t, ['verify', at('file'), '--machine', module], '')).output, /, 4 items: good/);
	t.is((await run(t, ['restore', at('file'), '--dir', at('new'), '--nodes', '1'], '')).status, 1);
	const words = ['restore', at('file'), '--dir', at('new'), '--nodes', '1', '--machine', module];
	t.regex((await run(t, words, '')).output, /4 items; Cluster.start with this directory, nodes and machine starts it/);
});

test.serial('verify tells what could not be judged by its status', async t => {
	const scratch = await temporaryDirectory(t);
	const empty = await run(t, ['verify', scratch], '');
	t.is(empty.status, 2);
	t.regex(empty.errors, /holds no cluster/);
	t.is((await run(t, ['verify', path.join(scratch, 'absent')], '')).status, 2);
	rmSync(scratch, {recursive: true});
});
