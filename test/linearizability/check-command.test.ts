import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {checkCommand} from '../../actors/check/check-command.js';
import {checkFiles} from '../../actors/check/check-files.js';

const good = '{"process":0,"type":"invoke","f":"put","key":"k","value":"1"}\n{"process":0,"type":"ok"}\n';
const bad = `${good}{"process":0,"type":"invoke","f":"get","key":"k"}\n{"process":0,"type":"ok","value":"2"}\n`;

/** Forty appends at once, all different, none telling its place; and a read that none of their 2^40 subsets explains. */
function hard(key: string): string {
	const clients = Array.from({length: 40}, (_, index) => `${key}${index}`);
	const lines: object[] = clients.map((process, index) => ({
		process,
		type: 'invoke',
		f: 'append',
		key,
		value: 'a'.repeat(index + 1),
	}));
	for (const process of clients) lines.push({process, type: 'ok'});
	lines.push({process: `${key} reader`, type: 'invoke', f: 'get', key});
	lines.push({process: `${key} reader`, type: 'ok', value: 'a'.repeat(821)});
	return lines.map(line => JSON.stringify(line)).join('\n');
}

async function folderOf(
	t: ExecutionContext,
	files: Readonly<Record<string, string>>,
): Promise<(name: string) => string> {
	const folder = await mkdtemp(join(tmpdir(), 'threadraft-check-'));
	t.teardown(async () => rm(folder, {recursive: true}));
	for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
	return name => join(folder, name);
}

async function runCommand(...args: string[]): Promise<{status: number; output: string; errors: string}> {
	let output = '';
	let errors = '';
	const status = await checkCommand(args, {
		output: {write: text => Boolean((output += String(text)))},
		errors: {write: (text: unknown) => Boolean((errors += String(text)))} as NodeJS.WritableStream,
	});
	return {status, output, errors};
}

test('the exit status is 0 for ok, 1 for a violation, 2 for unreadable input, 3 for unknown; 1 before 2 before 3', async t => {
	const at = await folderOf(t, {good, bad, broken: 'hello', hard: hard('h')});
	const statusOf = async (...names: string[]): Promise<number> => {
		// Generous where something must be decided in time, on a busy machine too.
		const budget = names.includes('hard') ? ['--timeout', '1000'] : [];
		return (await runCommand(...budget, ...names.map(at))).status;
	};
	t.is(await statusOf('good'), 0);
	t.is(await statusOf('bad'), 1);
	t.is(await statusOf('broken'), 2);
	t.is(await statusOf('absent'), 2);
	const {status, errors} = await runCommand('--timeout', '-1', at('good'));
	t.deepEqual(
		[status, errors],
		[
			2,
			"threadraft: option '--timeout <ms>' argument '-1' is invalid. Write a number above 0. (see threadraft check --help)\n",
		],
	);
	t.is(await statusOf('hard'), 3);
	t.is(await statusOf('good', 'hard', 'broken'), 2);
	t.is(await statusOf('hard', 'broken', 'bad', 'good'), 1);
});

test('a file without operations is unreadable, and one without answers unknown: nothing was judged', async t => {
	const [invocation = ''] = good.split('\n');
	const header = '{"format":"threadraft-history","version":1}\n';
	const at = await folderOf(t, {
		empty: '',
		blank: ' \n\n',
		header,
		log: 'INFO  jepsen.core - Everything is up\n',
		notRun: `${invocation}\n{"process":0,"type":"fail"}\n`,
		pending: invocation,
	});
	for (const name of ['empty', 'blank', 'header', 'log', 'notRun']) {
		const {status, output} = await runCommand(at(name));
		t.is(status, 2, name);
		t.regex(output, /expected a history with operations/u);
	}
	const {status, output} = await runCommand(at('pending'));
	t.is(status, 3);
	t.regex(output, /no operation has an answer/u);
});

test('bytes that are not UTF-8 are refused with their line, and a byte order mark is none of the text', async t => {
	const at = await folderOf(t, {bom: `\ufeff${good}`});
	t.is((await runCommand(at('bom'))).status, 0);
	await writeFile(at('latin1'), Buffer.from(bad.replace('"2"', '"\u00e9"'), 'latin1'));
	const [result] = await checkFiles([at('latin1')]);
	t.like(result, {type: 'unreadable'});
	t.regex(result?.type === 'unreadable' ? result.message : '', /^line 4: expected UTF-8/u);
});

test('wrong usage is told and counts as unreadable', async t => {
	t.is((await runCommand()).status, 2);
	const {status, errors} = await runCommand('--model', 'tree', 'x');
	t.is(status, 2);
	t.regex(errors, /Allowed choices are register, cas-register, kv/u);
	t.is((await runCommand('--timeout', 'soon', 'x')).status, 2);
	t.is((await runCommand('--help')).status, 0);
});

test('a violation is reported in words, as JSON, and as a page', async t => {
	const at = await folderOf(t, {bad});
	const text = await runCommand(at('bad'));
	t.regex(text.output, /key "k": phantom/u);
	const json = await runCommand('--json', '--html', at('page.html'), at('bad'));
	const {verdict, files} = JSON.parse(json.output) as {verdict: string; files: {keys: {anomaly: string}[]}[]};
	t.is(verdict, 'violation');
	t.is(files[0]?.keys[0]?.anomaly, 'phantom');
	t.regex(await readFile(at('page.html'), 'utf8'), /^<!doctype html>/u);
});

test('a page that cannot be written is an error, but does not hide a violation', async t => {
	const at = await folderOf(t, {good, bad});
	const page = at('absent/page.html');
	t.is((await runCommand('--html', page, at('good'))).status, 2);
	t.is((await runCommand('--html', page, at('bad'))).status, 1);
});

test('an operation that the chosen model does not know is told', async t => {
	const at = await folderOf(t, {append: good.replace('put', 'append')});
	const [result] = await checkFiles([at('append')], {model: 'register'});
	t.like(result, {type: 'unreadable'});
	t.regex(result?.type === 'unreadable' ? result.message : '', /operation of the model register.*another model/u);
});

test('keys that resist are given to the pool for the rest of the time budget', async t => {
	const at = await folderOf(t, {mixed: [hard('h1'), hard('h2')].join('\n')});
	const [result] = await checkFiles([at('mixed')], {timeoutMs: 400, threadCount: 2});
	t.like(result, {type: 'checked', verdict: 'unknown'});
	t.deepEqual(result?.type === 'checked' ? result.keys.map(({reason}) => reason) : [], ['timeout', 'timeout']);
});

test('a large file is judged by the pool, with progress', async t => {
	const lines: string[] = [];
	for (let index = 0; index < 24_000; index++) {
		const key = `k${index % 3}`;
		lines.push(JSON.stringify({process: 0, type: 'invoke', f: 'put', key, value: `${index};`}));
		lines.push(JSON.stringify({process: 0, type: 'ok'}));
	}
	const at = await folderOf(t, {large: lines.join('\n')});
	const seen: number[] = [];
	const [result] = await checkFiles([at('large')], {onProgress: ({operationsDone}) => void seen.push(operationsDone)});
	t.like(result, {type: 'checked', verdict: 'ok'});
	t.is(seen[0], 0);
	t.is(seen.at(-1), 24_000);
});

test('a large file of one key whose values tell the order is judged at once, without a copy for the pool', async t => {
	const event = (index: number): string =>
		`{"process":0,"type":"invoke","f":"put","key":"k","value":"${index};"}\n{"process":0,"type":"ok"}`;
	const at = await folderOf(t, {large: Array.from({length: 24_000}, (_, index) => event(index)).join('\n')});
	const seen: number[] = [];
	const [result] = await checkFiles([at('large')], {onProgress: ({operationsDone}) => void seen.push(operationsDone)});
	t.like(result, {type: 'checked', verdict: 'ok'});
	t.deepEqual(seen, [], 'no task was begun');
});

test('a reader that closes the pipe early is no failure: the exit status is that of the verdict', async t => {
	const lines = Array.from({length: 3000}, (_, index) => {
		const event = `{"process":0,"type":"invoke","f":"put","key":"k${index}","value":"1"}`;
		return `${event}\n{"process":0,"type":"ok"}`;
	});
	const at = await folderOf(t, {many: lines.join('\n'), bad: `${bad}${lines.join('\n')}`});
	const command = fileURLToPath(new URL('../../workers/cli.js', import.meta.url));
	for (const [name, status] of [
		['many', 0],
		['bad', 1],
	] as const) {
		const child = spawn(process.execPath, [command, 'check', '--json', '--all', at(name)], {
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		let errors = '';
		child.stderr.on('data', chunk => (errors += String(chunk)));
		child.stdout.destroy();
		const [code] = (await once(child, 'close')) as [number];
		t.is(code, status, errors);
		t.is(errors, '');
	}
});
