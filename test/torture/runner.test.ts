import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {rows} from './catalogue.js';
import {failureText, tableOf} from './table.js';

const runner = fileURLToPath(new URL('../../bench/torture.js', import.meta.url));

function launch(t: ExecutionContext, args: readonly string[]): {child: ChildProcess; text: () => string} {
	const child = spawn(process.execPath, [runner, ...args], {stdio: ['ignore', 'pipe', 'pipe']});
	t.teardown(() => child.kill('SIGKILL'));
	let text = '';
	for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
	return {child, text: () => text};
}

async function folder(t: ExecutionContext): Promise<string> {
	const out = await mkdtemp(path.join(tmpdir(), 'threadraft-runner-test-'));
	t.teardown(() => rm(out, {recursive: true, force: true}));
	return out;
}

test('rows have names of their own, and --list and --help name them all', async t => {
	t.is(new Set(rows.map(({name}) => name)).size, rows.length);
	for (const option of ['--list', '--help']) {
		const {child, text} = launch(t, [option]);
		t.deepEqual(await once(child, 'close'), [0, null]);
		t.deepEqual(
			rows.filter(({name}) => !text().includes(name)),
			[],
		);
	}
});

test('a row that is not there, or minutes that are none, are refused with status 2', async t => {
	for (const [args, message] of [
		[['nemesi'], /there is no row "nemesi": see --list/],
		[['--minutes', '0'], /number of minutes above 0/],
		[['--seed', '-1'], /whole number below/],
	] as const) {
		const {child, text} = launch(t, args);
		const [code] = (await once(child, 'close')) as [number];
		t.is(code, 2, text());
		t.regex(text(), message);
	}
});

test.serial('a run ends with a table, and leaves no folder of a row that held', async t => {
	const out = await folder(t);
	const {child, text} = launch(t, ['fuzz-requests', '--minutes', '0.001', '--seed', '5', '--out', out]);
	t.deepEqual(await once(child, 'close'), [0, null], text());
	t.regex(text(), /│ fuzz-requests +│ +\d+ │ +0 │ +\d+ │ +│ passed/);
	t.regex(text(), /1 rows held, 0 failed, 0 were skipped; seed 5/);
	t.deepEqual(await readdir(out), []);
});

test.serial('Ctrl-C ends what has been started, and still prints the table', async t => {
	const out = await folder(t);
	const {child, text} = launch(t, ['kill-nine', '--minutes', '5', '--out', out]);
	while (!existsSync(path.join(out, 'kill-nine', 'data', 'node-0'))) {
		t.is(child.exitCode, null, text());
		await new Promise(resolve => void setTimeout(resolve, 20));
	}
	child.kill('SIGINT');
	t.deepEqual(await once(child, 'close'), [130, null]);
	t.regex(text(), /│ kill-nine .* skipped │ broken off/);
	t.deepEqual(await readdir(out), []);
});

test('a failure is told with its reasons, the folder of its evidence and the command that repeats it', t => {
	const run = {
		verdict: 'failed',
		reasons: ['one\nmore', 'two'],
		faults: 1,
		operations: 2,
		longestPauseMs: 3.4,
		notes: ['peak 5'],
		seconds: 6,
	} as const;
	const line = {name: 'row', seed: 9, run, folder: '/out/row'};
	t.is(
		failureText(line, 10),
		'row failed:\n  one\n  more\n  two\n  evidence: /out/row\n  again:    npm run torture -- --seed 9 --minutes 10 row',
	);
	t.regex(tableOf([line]), /│ row +│ +6 │ +1 │ +2 │ +3 ms │ failed +│ peak 5/);
});
