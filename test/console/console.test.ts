import {PassThrough} from 'node:stream';
import test from 'ava';
import {runConsole} from '../../actors/console/console.js';
import {Notices} from '../../actors/console/notices.js';
import {MemoryTarget} from './memory-target.js';
import {runScript} from './run-script.js';
import {Terminal} from './terminal.js';

test('a script is echoed line by line with its answers, and ends with status 0 and a closed target', async t => {
	const target = new MemoryTarget();
	const script = [
		'# a comment',
		'put a 1',
		'append a 2',
		'get a',
		'get nothing',
		'cas a 12 "x y"',
		'cas a 12 13',
		'cas nothing 1 2',
		'cas a (absent) 14',
		'cas new (absent) 15',
		'get new',
		'get a',
		'delete a',
		'delete a',
		'',
		'wait leader',
	];
	t.deepEqual(await runScript(script.join('\n'), target), {
		status: 0,
		output: [
			'> # a comment',
			'> put a 1',
			'OK',
			'> append a 2',
			'OK',
			'> get a',
			'12',
			'> get nothing',
			'(absent)',
			'> cas a 12 "x y"',
			'OK',
			'> cas a 12 13',
			'(unchanged) "x y"',
			'> cas nothing 1 2',
			'(unchanged) (absent)',
			'> cas a (absent) 14',
			'(unchanged) "x y"',
			'> cas new (absent) 15',
			'OK',
			'> get new',
			'15',
			'> get a',
			'"x y"',
			'> delete a',
			'OK',
			'> delete a',
			'(absent)',
			'> ',
			'> wait leader',
			'node 1 leads',
			'',
		].join('\n'),
		errors: '',
	});
	t.is(target.closeCount, 1);
});

test('nodes and the network are told what the commands say, and leader means the node that leads', async t => {
	const target = new MemoryTarget();
	const script = `kill leader
restart 1
restart all
pause leader 50
isolate 2
partition 0 | 1,2
heal
unreliable on
unreliable off
drop 10%
delay 5..9
delay off`;
	const {status, output} = await runScript(script, target);
	t.is(status, 0);
	t.deepEqual(target.calls, [
		'kill 1',
		'restart 1',
		'restart 0',
		'restart 1',
		'restart 2',
		'inject pause node=1 durationMs=50 clockStops=false',
		'inject isolate endpoint=node:2 clients=false direction=both',
		'inject partition groups=[[node:0],[node:1,node:2]] oneWay=false',
		'inject unreliable',
		'inject loss links.from=nodes links.to=nodes probability=0.1',
		'inject delay links.from=nodes links.to=nodes delay.type=uniform delay.minMs=5 delay.maxMs=9',
	]);
	t.deepEqual(
		target.set.map(({name}) => name),
		['pause 1', 'loss'],
	);
	t.true(output.startsWith('> kill leader\nnode 1 is down\n> restart 1\nnode 1 is up\n'));
});

test('transfer has the node lead that is named, or any other, and says whose place it takes', async t => {
	const target = new MemoryTarget();
	const {status, output} = await runScript('transfer 2\ntransfer\ntransfer 7', target);
	t.is(status, 1);
	t.deepEqual(target.calls, ['transfer 2', 'transfer to any']);
	t.true(
		output.startsWith(
			'> transfer 2\nnode 2 leads, in the place of node 1\n> transfer\nnode 0 leads, in the place of node 2\n',
		),
	);
});

test('heal says what it healed, and faults and status list what is set and mark the node', async t => {
	const target = new MemoryTarget();
	const lines = [
		'partition 0 | 1,2',
		'drop 10%',
		'disk 2 fail fsync',
		'faults',
		'status',
		'heal',
		'disk 2 ok',
		'heal all',
	];
	const {output} = await runScript(lines.join('\n'), target);
	const partition = 'partition 0 | 1,2';
	const loss = '10 % of messages lost between nodes';
	const sync = 'disk 2: all fsyncs fail';
	t.true(
		output.includes(
			`> faults\n${partition} (heal partition)\n${loss} (heal loss)\n${sync} (heal operationError sync 2)\n> status`,
		),
	);
	t.regex(output, /│ +\* 2 │ up +│ follower/);
	t.regex(output, /│ +1 │ up +│ leader/);
	t.true(output.includes(`┘\n* with a fault that is set on purpose:\n${partition} (heal partition)\n`));
	t.true(
		output.endsWith(
			`> heal\nhealed: ${partition}\n> disk 2 ok\nhealed: ${sync}\nnode 2: its disk is well\n> heal all\nhealed: ${loss}\n`,
		),
	);

	const calm = await runScript('heal\nheal all\ndrop off\nfaults\n');
	t.is(
		calm.output,
		'> heal\nnothing was cut\n> heal all\nno fault was set\n> drop off\nit was off\n> faults\nno fault is set\n',
	);
	const healed = /^> heal drop\nhealed: .+\n> heal bandwidth\nhealed: .+$/m;
	t.regex((await runScript('drop 10%\nbandwidth 2kB/s\nheal drop\nheal bandwidth\n')).output, healed);
	t.regex((await runScript('heal flood\n')).output, /there is no fault "flood": "faults" lists them/);
});

test('the target is told each line that may change something, before it is carried out, and no other', async t => {
	const target = new MemoryTarget();
	await runScript('put a 1\nget a\n  kill 0  # so\nstatus\nputt a 2\n', target);
	t.deepEqual(target.lines, ['put a 1', 'kill 0  # so']);
});

test('a load is begun and ended, and what it found is told', async t => {
	const target = new MemoryTarget();
	const {status, output} = await runScript('load start\nload stop\nload start 3\nload stop h.jsonl', target);
	t.is(status, 0);
	t.deepEqual(target.calls, ['load {"clients":8}', 'load {"clients":3}']);
	const figures = '1200 operations in 2.0 s (600/s), p50 1.3 ms, p99 20.0 ms, longest pause 400 ms';
	const scope = 'linearizable: all 1200 operations since the start: 1200 of loads';
	t.is(
		output,
		`> load start\nOK\n> load stop\n${figures}\n${scope}\n> load start 3\nOK\n> load stop h.jsonl\n${figures}\n${scope}; history in h.jsonl\n`,
	);
});

for (const line of ['load', 'load begin', 'load start 0', 'load start 65', 'load start many', 'load start 3 4']) {
	test(`"${line}" is refused with how it is written`, async t => {
		const {status, errors} = await runScript(line);
		t.is(status, 1);
		t.regex(errors, /^error: line 1: .*write: load \[CLIENTS\] \[RATE\] \[MIX\] \[SEED\] \| load stop \[FILE\]\n$/);
	});
}

test('a script ends at the first line that fails: status 1, and stderr names the line', async t => {
	const target = new MemoryTarget();
	target.putError = new Error('no majority:\n  two of three nodes are down');
	const {status, output, errors} = await runScript('get a\n\nput a 1\nget a\n', target);
	t.is(status, 1);
	t.is(output, '> get a\n(absent)\n> \n> put a 1\n');
	t.is(errors, 'error: line 3: no majority: two of three nodes are down\n');
	t.is(target.closeCount, 1);
});

test('a line that makes no sense fails a script', async t => {
	const {status, errors} = await runScript('stauts');
	t.is(status, 1);
	t.is(errors, 'error: line 1: there is no command "stauts": did you mean "status"?\n');
});

test('without a leader, "leader" is refused', async t => {
	const target = new MemoryTarget();
	target.leader = undefined;
	const {status, errors} = await runScript('kill leader', target);
	t.is(status, 1);
	t.is(errors, 'error: line 1: there is no leader now: wait for one with "wait leader"\n');
	t.deepEqual(target.calls, []);
});

test('a command that is not answered fails at its deadline', async t => {
	const target = new MemoryTarget();
	target.leader = undefined;
	const {status, errors} = await runScript('wait leader', target, 30);
	t.is(status, 1);
	t.regex(errors, /^error: line 1: no answer within 30 ms: .*"status".*\n$/);
});

test('a sleep may take longer than the deadline', async t => {
	const {status, output} = await runScript('sleep 30', new MemoryTarget(), 5);
	t.is(status, 0);
	t.is(output, '> sleep 30\nOK\n');
});

test('quit ends a script with status 0, and what follows is not run', async t => {
	const target = new MemoryTarget();
	t.deepEqual(await runScript('quit\nkill 0\n', target), {status: 0, output: '> quit\n', errors: ''});
	t.deepEqual(target.calls, []);
	t.is(target.closeCount, 1);
});

test('quit ends a script whose input stays open, and lets go of the input', async t => {
	const [input, output] = [new PassThrough(), new PassThrough().resume()];
	input.write('quit\n');
	t.is(await runConsole(new MemoryTarget(), {input, output, errorOutput: output, isTerminal: false}), 0);
	t.true(input.destroyed);
});

test('what changes something may still take effect when its answer does not come in time, and is told so', async t => {
	const target = new MemoryTarget();
	target.put = () => new Promise(() => undefined);
	const {status, errors} = await runScript('put a 1', target, 30);
	t.is(status, 1);
	t.regex(errors, /^error: line 1: no answer within 30 ms, and it may still take effect: .*\n$/);
});

test('an empty script closes the target', async t => {
	const target = new MemoryTarget();
	t.deepEqual(await runScript('', target), {status: 0, output: '', errors: ''});
	t.is(target.closeCount, 1);
});

test('a target that does not close in time, or fails to, is a failure', async t => {
	const stuck = new MemoryTarget();
	stuck.close = () => new Promise(() => {});
	const late = await runScript('', stuck, 20);
	t.deepEqual([late.status, late.errors], [1, 'error: the cluster did not stop within 20 ms\n']);
	const broken = new MemoryTarget();
	broken.close = () => Promise.reject(new Error('disk gone'));
	const failed = await runScript('quit', broken);
	t.deepEqual([failed.status, failed.errors], [1, 'error: disk gone\n']);
});

test('a script goes on to its end when nobody reads its output any more, and its status is that of its lines', async t => {
	for (const [last, status] of [
		['put b 2', 0],
		['pput b 2', 1],
	] as const) {
		const target = new MemoryTarget();
		const [input, output, errorOutput] = [new PassThrough(), new PassThrough(), new PassThrough()];
		const ended = runConsole(target, {input, output, errorOutput, isTerminal: false});
		output.destroy(new Error('EPIPE'));
		input.end(`put a 1\nkill 0\n${last}\n`);
		t.is(await ended, status);
		t.deepEqual(target.calls, ['kill 0']);
		t.deepEqual(await target.get(Buffer.from('a')), new Uint8Array(Buffer.from('1')));
		t.is(target.closeCount, 1);
	}
});

test.serial('a terminal that is closed ends the console', async t => {
	const target = new MemoryTarget();
	const [input, output, errorOutput] = [new PassThrough(), new PassThrough(), new PassThrough()];
	const ended = runConsole(target, {input, output, errorOutput, isTerminal: true});
	output.destroy(new Error('EIO'));
	t.is(await ended, 1);
	t.is(target.closeCount, 1);
});

test('help shows all commands at once, those of a topic, or explains one with an example', async t => {
	const {output} = await runScript('help\nhelp network\nhelp unreliable\nhelp exit\n');
	const [, all = '', topic = '', unreliable = '', exit = ''] = output.split(/^> .*\n/m);
	t.regex(all, /^data +put get append delete cas backup/m);
	t.regex(topic, /^what happens between nodes:\n/);
	t.regex(topic, /^unreliable on\|off +turn the unreliable network/m);
	t.regex(unreliable, /^unreliable on\|off\n {2}turn the unreliable network of MIT's labs on or off\n {2}As in/);
	t.regex(unreliable, /\n {2}Example: unreliable on\n$/);
	t.regex(exit, /^quit\n/);
	t.is((await runScript('help nonsense')).status, 1);
});

test('at a terminal a failing line is told and the next one is asked for; quit ends with status 0', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('put a\r');
	await terminal.reads('a value is missing; write: put KEY VALUE');
	terminal.type('get a\r');
	await terminal.reads('(absent)');
	t.is(await terminal.quit(), 0);
	t.is(terminal.target.closeCount, 1);
});

test('what is said breaks between words at the width of the terminal, and a value does not break', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	const value = Array.from({length: 30}, (_, number) => `word${number}`).join(' ');
	terminal.type(`put k "${value}"\rget k\r`);
	await terminal.reads(`"${value}"\n`);
	terminal.type('partition 0 | 0 |\rcancel 7\rcancel 999999999999999999999999999999999999999999999999999\r');
	await terminal.reads('no command #7 waits');
	const refusal = await terminal.reads('write: cancel [NUMBER]');
	t.true(
		refusal
			.split('\n')
			.slice(2)
			.every(line => line.length <= 80),
		refusal,
	);
	t.is(await terminal.quit(), 0);
});

test('a failure is red on a terminal that shows colours, and plain on one that does not', async t => {
	for (const [showsColours, failure] of [
		[true, '\n\u001B[31merror: a value is missing; write: put KEY VALUE\u001B[39m\n'],
		[false, '\nerror: a value is missing; write: put KEY VALUE\n'],
	] as const) {
		const terminal = new Terminal({showsColours});
		await terminal.reads('> ');
		terminal.type('put a\r');
		const answer = await terminal.reads('> ');
		t.true(answer.includes(failure), answer);
		terminal.endInput();
		t.is(await terminal.status, 0);
	}
});

test('a script that keeps going runs all lines, and its status tells of the one that failed', async t => {
	const {status, output, errors} = await runScript('put a 1\npput b 2\nget a\n', new MemoryTarget(), 10_000, true);
	t.is(status, 1);
	t.regex(output, /> get a\n1\n/);
	t.regex(errors, /^error: line 2: .*\n$/);
});

test('at a terminal Tab completes, and the up arrow brings back the last line', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	// Readline takes a Tab in the middle of a piece for pasted text.
	terminal.type('res\t');
	await terminal.reads('tart ');
	terminal.type('all\r');
	await terminal.reads('all nodes are up');
	terminal.type('\u001B[A\r');
	await terminal.reads('all nodes are up');
	t.is(await terminal.quit(), 0);
	t.is(terminal.target.calls.length, 6);
});

test('Ctrl-C cancels the line that is being typed; on an empty line it asks, and only the second in a row ends the cluster', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('kill 0');
	await terminal.reads('0');
	terminal.type('\u0003');
	await terminal.reads('^C');
	terminal.type('get a\r');
	await terminal.reads('(absent)');
	await terminal.reads('> ');
	terminal.type('\u0003');
	await terminal.reads('press Ctrl-C again to stop the cluster');
	await terminal.reads('> ');
	terminal.type('get a\r');
	await terminal.reads('(absent)');
	await terminal.reads('> ');
	terminal.type('\u0003');
	await terminal.reads('press Ctrl-C again to stop the cluster');
	await terminal.reads('> ');
	t.is(terminal.target.closeCount, 0);
	terminal.type('\u0003');
	t.is(await terminal.status, 0);
	t.deepEqual(terminal.target.calls, []);
	t.is(terminal.target.closeCount, 1);
});

test.serial('Ctrl-Z stops the process, and the console answers again when the shell lets it go on', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('\u001A');
	await terminal.suspended;
	process.emit('SIGCONT');
	await terminal.reads('> ');
	terminal.type('get a\r');
	await terminal.reads('(absent)');
	t.is(await terminal.quit(), 0);
	t.is(process.listenerCount('SIGCONT'), 0);
});

test('Ctrl-C cancels a command that is under way', async t => {
	const terminal = new Terminal();
	terminal.target.leader = undefined;
	const waiting = new Promise<void>(resolve => {
		terminal.target.waitForLeader = () => {
			resolve();
			return terminal.target.election;
		};
	});
	await terminal.reads('> ');
	terminal.type('wait leader\r');
	await waiting;
	terminal.type('\u0003');
	t.regex(await terminal.reads('> '), /\^C\nerror: cancelled\n/);
	t.is(await terminal.quit(), 0);
});

test('what happens by itself is told above the prompt, and what is typed there stays', async t => {
	const told: string[] = [];
	const notices = new Notices(line => told.push(line));
	notices.tell('before the console');
	notices.tellWatcher('nobody watches');
	const terminal = new Terminal({notices});
	await terminal.reads('> ');
	terminal.type('get ');
	await terminal.reads('get ');
	notices.tellWatcher('node 2 leads since term 5');
	const written = await terminal.reads('> get ');
	// To the first column, and everything from there on is cleared.
	t.true(written.startsWith('\u001B[1G\u001B[0Jnode 2 leads since term 5\n'), JSON.stringify(written));
	terminal.type('a\r');
	await terminal.reads('(absent)');
	t.is(await terminal.quit(), 0);
	notices.tell('after the console');
	t.deepEqual(told, ['before the console', 'after the console']);
});

test('the end of the input is as good as quit; lines typed before it are run', async t => {
	const terminal = new Terminal();
	await terminal.reads('> ');
	terminal.type('kill 0\rkill 1\r');
	terminal.endInput();
	t.is(await terminal.status, 0);
	t.deepEqual(terminal.target.calls, ['kill 0', 'kill 1']);
	t.is(terminal.target.closeCount, 1);
});
