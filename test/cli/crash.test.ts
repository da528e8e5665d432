import {existsSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {tearTail} from '../storage/torn-tail.js';
import {launch, run, type Running, temporaryDirectory} from './cli-process.js';

const options = (directory: string): readonly string[] => ['--dir', directory, '--nodes', '3', '--redis-port', '0'];

async function kill({process, exit}: Running): Promise<void> {
	process.kill('SIGKILL');
	await exit;
}

/** What stderr says beyond flushes that the kill itself cut short: nobody was told that those are durable. */
const beyondCuts = (errors: string): string => errors.replaceAll(/^node \d: the last .* were cut off: .*\n/gm, '');

/** Starts on the directory, puts a value, and is killed as soon as that is acknowledged. */
async function putAndKill(t: ExecutionContext, directory: string, key: string): Promise<void> {
	const running = launch(t, options(directory));
	running.process.stdin?.write(`put ${key} of-${key}\n`);
	await running.said(new RegExp(`> put ${key} of-${key}\\nOK`));
	await kill(running);
}

test.serial(
	'a process that is killed right after it is ready, again and again, starts again and has lost nothing',
	async t => {
		const directory = path.join(await temporaryDirectory(t), 'data');
		const keys: string[] = [];
		for (let round = 0; round < 3; round++) {
			const running = launch(t, options(directory));
			await running.said(/(Redis protocol on)/);
			await kill(running);
			// The first time, the next start is of a directory that nothing was ever written to.
			if (round < 1) continue;
			keys.push(`key-${round}`);
			await putAndKill(t, directory, `key-${round}`);
		}
		const {status, output, errors} = await run(t, options(directory), keys.map(key => `get ${key}\n`).join(''));
		t.is(beyondCuts(errors), '');
		t.is(status, 0);
		for (const key of keys) t.true(output.includes(`> get ${key}\nof-${key}\n`), output);
	},
);

for (const step of ['cluster.json', 'node-0', 'node-0/log-0000000001', 'node-2/node']) {
	test.serial(`a first start that is killed as soon as there is ${step} can be done again`, async t => {
		const directory = path.join(await temporaryDirectory(t), 'data');
		const running = launch(t, options(directory));
		while (!existsSync(path.join(directory, step)) && running.process.exitCode === null) await sleep(1);
		await kill(running);
		t.true(existsSync(path.join(directory, step)));
		await putAndKill(t, directory, 'a');
		const {status, output, errors} = await run(t, options(directory), 'get a\n');
		t.is(beyondCuts(errors), '');
		t.is(status, 0);
		t.regex(output, /> get a\nof-a\n/);
	});
}

test.serial('a script of one command that writes nothing, run twice, leaves a directory that serves', async t => {
	const directory = path.join(await temporaryDirectory(t), 'data');
	for (let round = 0; round < 2; round++) t.like(await run(t, options(directory), 'help\n'), {status: 0, errors: ''});
	const {status, output} = await run(t, options(directory), 'put a 1\nget a\n');
	t.is(status, 0);
	t.regex(output, /> get a\n1\n/);
});

test.serial('a flush that a crash cut short is told on stderr by the next start, and by no later one', async t => {
	const directory = path.join(await temporaryDirectory(t), 'data');
	await putAndKill(t, directory, 'a');
	const {file, offset, bytes} = tearTail(path.join(directory, 'node-1'));
	const told = await run(t, options(directory), 'get a\n');
	const ofNode1 = (text: string): readonly string[] => text.split('\n').filter(line => line.startsWith('node 1:'));
	t.deepEqual(ofNode1(told.errors), [
		`node 1: the last ${bytes} bytes of ${file}, from byte ${offset}, were cut off: a flush that a crash interrupted, and that nobody was told of`,
	]);
	t.is(told.status, 0);
	t.regex(told.output, /> get a\nof-a\n/);
	t.is((await run(t, options(directory), 'get a\n')).errors, '');
});
