/**
 * What a person sees of commands that are not answered at once, and of lines that were typed ahead. One console at a time: each
 * listens to the process's signals.
 */
import test from 'ava';
import {Notices} from '../../actors/console/notices.js';
import {Terminal} from './terminal.js';

/** What readline writes to move the cursor. */
const cursorMove = new RegExp(String.raw`\u001B\[\d*[A-Z]`, 'g');

/** A target whose writes wait until they are let go, one by one. */
class SlowTerminal extends Terminal {
	/** What the target was asked to write, in order. */
	readonly asked: string[] = [];
	readonly #waiters: (() => void)[] = [];

	constructor(options: {readonly deadlineMs?: number} = {}) {
		// The answers of the target that are there at once never wait for a timer.
		super({backgroundMs: 1, ...options});
		const {target} = this;
		const put = target.put.bind(target);
		target.put = async (key, value) => {
			this.asked.push(Buffer.from(value).toString());
			await new Promise<void>(resolve => this.#waiters.push(resolve));
			await put(key, value);
		};
		target.health = async () => ({state: 'down', leader: undefined, nodes: 3, up: 1, reasons: ['no majority is up']});
	}

	letGo(): void {
		this.#waiters.shift()?.();
	}

	async enters(line: string, wanted: string): Promise<string> {
		this.type(`${line}\r`);
		return this.reads(wanted);
	}

	async ends(): Promise<number> {
		this.type('quit\r');
		return this.status;
	}
}

test.serial(
	'a command that is not answered within a moment goes to the background; its answer comes above what is typed meanwhile',
	async t => {
		const terminal = new SlowTerminal();
		await terminal.reads('> ');
		await terminal.enters('put x y', '\n#1 put x y waits: no majority is up\n');
		await terminal.reads('> ');
		await terminal.enters('kill 0', 'node 0 is down\n');
		await terminal.reads('> ');
		terminal.type('sta');
		await terminal.reads('sta');
		terminal.letGo();
		const late = await terminal.reads('> sta');
		t.true(late.startsWith('\u001B[1G\u001B[0J#1 put x y: OK after '), JSON.stringify(late));
		terminal.type('tus\r');
		await terminal.reads('node');
		t.is(await terminal.ends(), 0);
	},
);

test.serial(
	'a command that waits for something of its own says so, and not what is wrong with the cluster',
	async t => {
		const terminal = new SlowTerminal();
		const {target} = terminal;
		let restarted = (): void => undefined;
		target.restart = () => new Promise(resolve => (restarted = resolve));
		await terminal.reads('> ');
		await terminal.enters('restart 1', '#1 restart 1 waits: the node is starting\n');
		restarted();
		await terminal.reads('#1 restart 1: node 1 is up after ');
		t.is(await terminal.ends(), 0);
	},
);

test.serial('reads and writes keep their order: each begins when the one before it is over', async t => {
	const terminal = new SlowTerminal();
	await terminal.reads('> ');
	await terminal.enters('put x 1', '#1 put x 1 waits: no majority is up\n');
	await terminal.enters('put x 2', '#2 put x 2 waits: it comes after #1\n');
	await terminal.enters('get x', '#3 get x waits: it comes after #2\n');
	await terminal.enters('waiting', '#3 get x waits since');
	t.deepEqual(terminal.asked, ['1']);
	terminal.letGo();
	await terminal.reads('#1 put x 1: OK after');
	terminal.letGo();
	await terminal.reads('#2 put x 2: OK after');
	await terminal.reads('#3 get x: 2 after');
	t.deepEqual(terminal.asked, ['1', '2']);
	await terminal.enters('get x', '\n2\n');
	t.is(await terminal.ends(), 0);
});

test.serial('what waits is cancelled by its number; one that has not begun never begins', async t => {
	const terminal = new SlowTerminal();
	await terminal.reads('> ');
	await terminal.enters('put x 1', '#1 put x 1 waits');
	await terminal.enters('put x 2', '#2 put x 2 waits');
	t.regex(await terminal.enters('cancel 2', '#2 put x 2, after '), /> /);
	t.regex(await terminal.reads('\n'), /^\d+\.\d s: error: cancelled\n$/);
	await terminal.enters('cancel 1', '#1 put x 1, after ');
	t.regex(await terminal.reads('\n'), /^\d+\.\d s: error: cancelled; it may still take effect\n$/);
	await terminal.enters('cancel 2', 'error: no command #2 waits: "waiting" lists those that do\n');
	await terminal.enters('cancel', 'error: no command waits\n');
	await terminal.enters('waiting', '\nno command waits\n');
	t.deepEqual(terminal.asked, ['1']);
	t.is(await terminal.ends(), 0);
});

test.serial(
	'Ctrl-C on an empty line cancels what waits first, and only then asks whether to stop the cluster',
	async t => {
		const terminal = new SlowTerminal();
		await terminal.reads('> ');
		await terminal.enters('put x 1', '#1 put x 1 waits');
		await terminal.reads('> ');
		terminal.type('\u0003');
		const cancelled = await terminal.reads('error: cancelled; it may still take effect\n');
		t.notRegex(cancelled, /press Ctrl-C again/);
		await terminal.reads('> ');
		terminal.type('\u0003');
		await terminal.reads('press Ctrl-C again to stop the cluster');
		terminal.type('\u0003');
		t.is(await terminal.status, 0);
	},
);

test.serial('a command whose turn does not come in time has changed nothing, and says so', async t => {
	const terminal = new SlowTerminal();
	await terminal.reads('> ');
	await terminal.enters('put x 1', '#1 put x 1 waits');
	await terminal.enters('set deadline 10ms', 'OK');
	await terminal.enters('put x 2', 'error: not begun');
	const said = (await terminal.reads('this')).replaceAll('\n', ' ');
	t.is(said, ' within 10 ms, because a command before it still waits: nothing has changed by this');
	t.deepEqual(terminal.asked, ['1']);
	t.is(await terminal.ends(), 0);
});

test.serial(
	'no more than 32 commands wait: more reads and writes are refused, and nodes can still be killed',
	async t => {
		const terminal = new SlowTerminal();
		await terminal.reads('> ');
		for (let count = 1; count <= 32; count++) await terminal.enters(`put x ${count}`, `#${count} put x ${count} waits`);
		await terminal.enters('get x', 'error: 32 commands wait already: wait for their answers, or cancel some');
		await terminal.enters('kill 0', 'node 0 is down');
		await terminal.enters('cancel 1', '#1 put x 1, after');
		await terminal.enters('get x', '#33 get x waits');
		t.is(await terminal.ends(), 0);
	},
);

test.serial('who leaves while commands wait is told that they may still take effect', async t => {
	const terminal = new SlowTerminal();
	await terminal.reads('> ');
	await terminal.enters('put x 1', '#1 put x 1 waits');
	terminal.type('quit\r');
	await terminal.reads('gave up 1 that waited; what they change may still take effect\n');
	t.is(await terminal.status, 0);
});

test.serial('each of many lines that are pasted at once has its answer below it', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('put a 1\rget a\r\nget b\rkill 0\r');
	const text = await terminal.reads('node 0 is down\n');
	const shown = text.replaceAll(cursorMove, '').replaceAll('\r', '');
	t.is(shown, 'put a 1\nOK\n> get a\n1\n> get b\n(absent)\n> kill 0\nnode 0 is down\n');
	t.is(await terminal.quit(), 0);
});

test.serial('Ctrl-C while a command is in the foreground drops what was typed ahead', async t => {
	const terminal = new Terminal();
	const {target} = terminal;
	target.leader = undefined;
	await terminal.reads('> ');
	terminal.type('wait leader\rkill 0\rkill 1\r');
	await terminal.reads('wait leader');
	terminal.type('kill 2\r\u0003get a\r');
	t.regex(await terminal.reads('(absent)\n'), /\^C\nerror: cancelled\n/);
	t.deepEqual(target.calls, []);
	t.is(await terminal.quit(), 0);
});

test.serial('Ctrl-Z stops the process also while a command is in the foreground', async t => {
	const terminal = new Terminal();
	terminal.target.leader = undefined;
	await terminal.reads('> ');
	terminal.type('wait leader\r');
	await terminal.reads('wait leader');
	terminal.type('\u001A');
	await terminal.suspended;
	process.emit('SIGCONT');
	terminal.type('\u0003');
	await terminal.reads('error: cancelled\n');
	t.is(await terminal.quit(), 0);
});

test.serial(
	'what is told on fg before the console has its terminal again writes nothing over that the shell wrote',
	async t => {
		const notices = new Notices(() => t.fail('somebody watches'));
		const terminal = new Terminal({notices});
		await terminal.reads('> ');
		terminal.type('\u001A');
		await terminal.suspended;
		notices.tell('node 1 failed');
		const told = await terminal.reads('node 1 failed\n');
		t.false(told.includes('\u001B[0J'), JSON.stringify(told));
		process.emit('SIGCONT');
		await terminal.reads('> ');
		notices.tell('node 2 failed');
		const toldAbove = await terminal.reads('node 2 failed\n');
		t.true(toldAbove.includes('\u001B[0J'), JSON.stringify(toldAbove));
		t.is(await terminal.quit(), 0);
	},
);

test.serial('a key that ends no line does not stop the console from reading on', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	// Alt-Enter: a return that readline takes for none.
	terminal.type('\u001B\rget a\r');
	await terminal.reads('(absent)\n');
	t.is(await terminal.quit(), 0);
});

test.serial('settings are shown and changed: news can be turned off, and trouble is told all the same', async t => {
	const notices = new Notices(() => t.fail('somebody watches'));
	const terminal = new Terminal({notices});
	await terminal.reads('> ');
	terminal.type('show\r');
	await terminal.reads('deadline   60s\nbackground 250ms\ncolours    off\nnotices    on\nplain      off\n');
	terminal.type('set notices off\r');
	await terminal.reads('OK\n');
	await terminal.reads('> ');
	notices.tellWatcher('node 2 leads since term 5');
	notices.tell('node 1 failed');
	t.false((await terminal.reads('node 1 failed')).includes('leads'));
	terminal.type('show notices\r');
	await terminal.reads('notices off\n');
	t.is(await terminal.quit(), 0);
});

test.serial('the plain console draws no boxes, and writes below what is there', async t => {
	const notices = new Notices(() => t.fail('somebody watches'));
	const terminal = new Terminal({notices, isPlain: true});
	await terminal.reads('> ');
	terminal.type('kill 0\r');
	await terminal.reads('node 0 is down\n');
	terminal.type('status\r');
	const status = await terminal.reads('node 2: ');
	t.true(
		status.endsWith(
			'\nnode 0: down\nnode 1: up, leader, term 4, commit 120, applied 119, log of 2048 bytes, snapshot 100\nnode 2: ',
		),
		status,
	);
	await terminal.reads('> ');
	notices.tellWatcher('node 2 leads since term 5');
	t.regex(await terminal.reads('term 5\n'), /^[^\n]*\nnode 2 leads since term 5\n$/);
	t.is(await terminal.quit(), 0);
});
