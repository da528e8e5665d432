/** What was recorded of the cluster, as a file. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {parseRecord} from '../../actors/observe/record-lines.js';
import {MemoryTarget} from './memory-target.js';
import {runScript} from './run-script.js';

async function newFile(t: ExecutionContext): Promise<string> {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-save-'));
	t.teardown(() => rm(directory, {recursive: true}));
	return path.join(directory, 'run.jsonl');
}

test('save writes all that was recorded', async t => {
	const file = await newFile(t);
	const target = new MemoryTarget();
	const {status, output} = await runScript(`save ${file}\n`, target);
	t.is(status, 0);
	t.true(output.includes(`threadraft view ${file}`));
	t.deepEqual(parseRecord((await readFile(file, 'utf8')).split('\n')), target.recorded);
	t.true(target.calls.includes('record Infinity'));
});

test('save writes over no file', async t => {
	const file = await newFile(t);
	await writeFile(file, 'mine');
	const {status, errors, output} = await runScript(`save ${file}\n`);
	t.not(status, 0);
	t.regex(output + errors, /it exists: choose another name/);
	t.is(await readFile(file, 'utf8'), 'mine');
});
