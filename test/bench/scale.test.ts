import {execFile} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {pointAt} from '../../bench/scale/plan.js';
import {growthOf} from '../../bench/scale/report.js';
import type {Sample, ScaleCell, ScaleResults} from '../../bench/scale/results.js';

const main = fileURLToPath(new URL('../../bench/scale/main.js', import.meta.url));

test('a smoke run of the scale bench measures each point of the axes that are asked for, and draws them', async t => {
	const out = await mkdtemp(path.join(tmpdir(), 'threadraft-scale-test-'));
	t.teardown(() => rm(out, {recursive: true, force: true}));
	const axes = ['--axes', 'keys,clients,nodes'];
	const {stdout} = await promisify(execFile)(process.execPath, [
		main,
		'--smoke',
		'--keys',
		'2000',
		...axes,
		'--out',
		out,
	]);
	t.regex(stdout, /## Over keys[^]*\| 2,000 \|[^]*## Over nodes/);
	const {cells} = JSON.parse(await readFile(path.join(out, 'scale.json'), 'utf8')) as ScaleResults;
	t.deepEqual(
		cells.map(({axis, at, workload}) => `${axis} ${at} ${workload}`),
		['keys 1000', 'keys 2000', 'clients 1', 'clients 5', 'nodes 1', 'nodes 2'].flatMap(point => [
			`${point} write`,
			`${point} read`,
		]),
	);
	for (const {axis, at, median} of cells) {
		t.true(median.opsPerSecond > 0 && median.cpuUs > 0 && median.p99Us >= median.p50Us, `${axis} ${at}`);
		t.is(median.failures, 0);
	}
	const files = (await readdir(out)).sort();
	t.deepEqual(files, ['scale-clients.svg', 'scale-keys.svg', 'scale-nodes.svg', 'scale.json']);
	for (const file of files.filter(name => name.endsWith('.svg')))
		t.regex(await readFile(path.join(out, file), 'utf8'), /^<svg [^]*<\/svg>$/);
});

test('growth is told from where every operation is a request of its own', t => {
	const cell = (at: number, cpuUs: number): ScaleCell => {
		const median: Sample = {opsPerSecond: 1, p50Us: 1, p99Us: 1, cpuUs, failures: 0, rssMiB: 1};
		return {axis: 'clients', at, point: pointAt('clients', at), workload: 'write', rounds: [median], median};
	};
	t.deepEqual(growthOf([cell(1, 900), cell(100, 40), cell(1000, 50), cell(9000, 60)]), [
		{axis: 'clients', workload: 'write', from: 100, to: 9000, ratio: 1.5},
	]);
});

test('values are in flight and stored in bounded bytes', t => {
	t.like(pointAt('value-bytes', 100), {keys: 1000, inFlight: 64});
	const large = pointAt('value-bytes', 1e6);
	t.true(large.keys * 1e6 <= 64 * 2 ** 20 && large.inFlight * 1e6 <= 8 * 2 ** 20 && large.inFlight > 0);
});
