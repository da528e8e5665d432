import {execFile} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import type {Comparison} from '../../bench/against.js';
import type {Results} from '../../bench/results.js';

const main = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

test('a smoke run of the bench measures every system that is installed, and writes its files', async t => {
	const out = await mkdtemp(path.join(tmpdir(), 'threadraft-bench-test-'));
	t.teardown(() => rm(out, {recursive: true, force: true}));
	const {stdout} = await promisify(execFile)(process.execPath, [main, '--smoke', '--out', out]);
	t.regex(stdout, /durable, writes/);
	const results = JSON.parse(await readFile(path.join(out, 'results.json'), 'utf8')) as Results;
	t.deepEqual(
		results.skipped.filter(({reason}) => !reason.includes('is not installed')),
		[],
	);
	const skipped = new Set(results.skipped.map(({system}) => system));
	for (const system of results.plan!.systems.filter(id => !skipped.has(id))) {
		const cells = results.cells.filter(cell => cell.system === system);
		t.true(cells.length > 0, system);
		for (const cell of cells) t.deepEqual([cell.failures, cell.opsPerSecond > 0], [0, true], system);
	}
	t.like(
		results.crashes.find(({system}) => system === 'threadraft'),
		{nodes: 3, gapsMs: {length: 1}},
	);
	const files = (await readdir(out)).sort();
	t.deepEqual(files, ['latency-3-nodes.svg', 'leader-crash.svg', 'results.json', 'throughput-3-nodes.svg']);
	for (const file of files.filter(name => name.endsWith('.svg')))
		t.regex(await readFile(path.join(out, file), 'utf8'), /^<svg [^]*<\/svg>$/);
});

test('another build is measured beside this one, in pairs of processes, and a folder without a build is refused', async t => {
	const out = await mkdtemp(path.join(tmpdir(), 'threadraft-bench-test-'));
	t.teardown(() => rm(out, {recursive: true, force: true}));
	const project = fileURLToPath(new URL('../../..', import.meta.url));
	const load = [
		'--workloads',
		'write',
		'--durability',
		'durable',
		'--in-flight',
		'8',
		'--rounds',
		'2',
		'--seconds',
		'0.01',
	];
	await promisify(execFile)(process.execPath, [main, '--against', project, '--out', out, ...load]);
	const {comparisons} = JSON.parse(await readFile(path.join(out, 'against.json'), 'utf8')) as {
		readonly comparisons: readonly Comparison[];
	};
	t.like(comparisons, {length: 1, 0: {system: 'threadraft', workload: 'write', durability: 'durable', inFlight: 8}});
	t.is(comparisons[0]?.throughput.length, 2);
	t.true(comparisons[0]?.throughput.every(ratio => ratio > 0));
	await t.throwsAsync(promisify(execFile)(process.execPath, [main, '--against', out]), {message: /holds no build/});
	const etcd = promisify(execFile)(process.execPath, [main, '--against', project, '--systems', 'etcd']);
	await t.throwsAsync(etcd, {message: /another build has no 'etcd': only threadraft, threadraft-redis/});
});
