/** What is kept from one session to the next. One console at a time: each listens to the process's signals. */
import {readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {historyPath} from '../../actors/cli/history-path.js';
import {HistoryFile} from '../../actors/console/terminal/history-file.js';
import {temporaryDirectory} from '../cli/cli-process.js';
import {Terminal} from './terminal.js';

const noFailure = (message: string): never => {
	throw new Error(message);
};

test.serial(
	'a line of an earlier session comes back by the up arrow; one that began with a blank never does',
	async t => {
		const historyFile = path.join(await temporaryDirectory(t), 'state', 'history');
		const first = new Terminal({historyFile});
		await first.reads('> ');
		first.type('put a 1\r put secret word\r  \rquit\r');
		t.is(await first.status, 0);
		t.is(await readFile(historyFile, 'utf8'), 'put a 1\nquit\n');
		t.is((await stat(historyFile)).mode & 0o777, 0o600);

		const second = new Terminal({historyFile});
		await second.reads('> ');
		second.type('\u001B[A\u001B[A\r');
		await second.reads('put a 1');
		await second.reads('OK\n');
		second.type('\u001B[A');
		await second.reads('put a 1');
		second.type('\r');
		await second.reads('OK\n');
		t.is(await second.quit(), 0);
		t.is(await readFile(historyFile, 'utf8'), 'put a 1\nquit\nput a 1\nquit\n');
	},
);

test.serial('what begins with a blank is not in the history of its own session either', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('put a 1\r put secret word\r');
	await terminal.reads('OK\n');
	await terminal.reads('OK\n');
	await terminal.reads('> ');
	terminal.type('\u001B[A');
	t.false((await terminal.reads('put a 1')).includes('secret'));
	terminal.type('\u0003');
	await terminal.reads('> ');
	t.is(await terminal.quit(), 0);
});

test('two consoles at once keep the lines of both', async t => {
	const file = path.join(await temporaryDirectory(t), 'history');
	const [one, other] = [new HistoryFile(file, noFailure), new HistoryFile(file, noFailure)];
	await Promise.all([one.read(), other.read()]);
	for (let count = 0; count < 50; count++) {
		one.add(`put one ${count}`);
		other.add(`put other ${count}`);
	}
	await Promise.all([one.settled(), other.settled()]);
	const lines = await new HistoryFile(file, noFailure).read();
	t.is(lines.length, 100);
	t.deepEqual(
		lines.filter(line => line.startsWith('put one')),
		Array.from({length: 50}, (_, count) => `put one ${49 - count}`),
	);
});

test('the file is bounded, and nothing that moves the cursor comes out of it', async t => {
	const file = path.join(await temporaryDirectory(t), 'history');
	const lines = Array.from({length: 3000}, (_, count) => `put a ${count}`);
	await writeFile(file, `${lines.join('\n')}\nget \u001B[2J\nput long ${'x'.repeat(5000)}\n`);
	const kept = await new HistoryFile(file, noFailure).read();
	t.is(kept.length, 1000);
	t.is(kept[0], 'put a 2999');
	t.is((await readFile(file, 'utf8')).trim().split('\n').length, 1000);
	t.is((await stat(file)).mode & 0o777, 0o600);
});

test.serial('a history that cannot be kept is told once, and the console works', async t => {
	const folder = await temporaryDirectory(t);
	await writeFile(path.join(folder, 'file'), '');
	const terminal = new Terminal({historyFile: path.join(folder, 'file', 'history')});
	await terminal.reads('the history of this session is not kept: ');
	await terminal.reads('> ');
	terminal.type('put a 1\rget a\r');
	t.false((await terminal.reads('\n1\n')).includes('the history'));
	t.is(await terminal.quit(), 0);
});

test('the history lies where the XDG base directories say, or where THREADRAFT_HISTORY does', t => {
	t.is(historyPath({XDG_STATE_HOME: '/state'}), '/state/threadraft/history');
	t.regex(historyPath({XDG_STATE_HOME: 'relative'}) ?? '', /\/\.local\/state\/threadraft\/history$/);
	t.regex(historyPath({}) ?? '', /\/\.local\/state\/threadraft\/history$/);
	t.is(historyPath({THREADRAFT_HISTORY: '/elsewhere'}), '/elsewhere');
	t.is(historyPath({THREADRAFT_HISTORY: ''}), undefined);
});
