import {spawn} from 'node:child_process';
import test from 'ava';
import {isForegroundStat} from '../../actors/cli/standard-input.js';
import {cli, launch, run} from './cli-process.js';

const memory = ['--memory', '--nodes', '1', '--redis-port', '0'];

test('a process group that its terminal does not listen to is in the background', t => {
	t.true(isForegroundStat('77 (node) S 1 500 400 34816 500 0'));
	t.false(isForegroundStat('77 (node) S 1 500 400 34816 400 0'));
	t.true(isForegroundStat('77 (a name) of 9 (sorts) S 1 500 400 34816 500 0'), 'a name may hold anything');
});

test.serial('without a terminal and without a script it serves until SIGTERM, and that is a good end', async t => {
	const child = spawn(process.execPath, [cli, ...memory], {stdio: ['ignore', 'pipe', 'pipe']});
	t.teardown(() => child.kill('SIGKILL'));
	const ended = new Promise(resolve => child.once('close', (status, signal) => resolve(status ?? signal)));
	const output: string[] = [];
	await new Promise<void>(resolve => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			output.push(text);
			if (output.join('').includes('serving until SIGTERM')) resolve();
		});
	});
	child.kill('SIGTERM');
	t.is(await ended, 0);
});

test.serial('--serve reads no script, and SIGHUP ends it too', async t => {
	const running = launch(t, [...memory, '--serve']);
	await running.said(/(serving until SIGTERM)/);
	running.process.stdin?.write('quit\n');
	running.process.kill('SIGHUP');
	const {status, output} = await running.exit;
	t.is(status, 0);
	t.notRegex(output, /"help"/, 'there is no console to ask for help');
});

test.serial('--keep-going runs the lines behind one that failed, and the status still tells of it', async t => {
	const {status, output, errors} = await run(t, [...memory, '--keep-going'], 'pput a 1\nput a 2\nget a\n');
	t.is(status, 1);
	t.regex(output, /\n"help" lists the commands\n> pput a 1\n/);
	t.regex(output, /> get a\n2\n/);
	t.regex(errors, /^error: line 1: .*\n$/);
});
