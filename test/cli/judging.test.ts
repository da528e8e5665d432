/** The commands that watch and judge, on a real cluster, as a script. */
import test from 'ava';
import {run} from './cli-process.js';

const anyPort = ['--redis-port', '0'];

test.serial(
	'a leader that is killed under load is a gap, a crash and an election on the timeline, and all is linearizable',
	async t => {
		const {status, output, errors} = await run(
			t,
			['--memory', '--nodes', '3', ...anyPort],
			[
				'wait leader',
				'put mine 1',
				'load 4 500/s 50:50',
				'sleep 600',
				'check',
				'mark crash',
				'kill leader',
				'get mine',
				'sleep 600',
				'check',
				'timeline 1m',
				'load stop',
				'',
			].join('\n'),
		);
		t.is(errors, '');
		t.is(status, 0);
		t.regex(output, /> check\nlinearizable: all \d+ operations since the start: \d+ of loads.*, 1 typed\n/);
		t.regex(output, /> check\nlinearizable: all \d+ operations since the mark "crash": \d+ of loads.*, 1 typed\n/);
		const drawn = output.slice(output.indexOf('> timeline'));
		t.regex(drawn, /\nops\/s .*[▁▂▃▄▅▆▇█]/);
		t.regex(drawn, /\nnode \d +[·CL?]*L+X+\n/);
		const [, told = ''] = /mark crash\n[^]*?> kill leader\n([^]*)/.exec(drawn) ?? [];
		// The others hear of a thread's end as soon as the supervisor does: which of the two comes first is not told.
		const [, down = ''] = /node (\d) is down\n/.exec(told) ?? [];
		t.regex(told, new RegExp(`node (?!${down})\\d leads since term \\d+\\n`));
		t.not(down, '');
		t.regex(drawn, /\n\d+ operations in .*\nlinearizable: all \d+ operations since the mark "crash"/);
	},
);

test.serial('messages are traced while it is on, and no longer', async t => {
	const {status, output, errors} = await run(
		t,
		['--memory', '--nodes', '3', ...anyPort],
		'wait leader\nput a 0\ntrace on client write\nput a 1\nsleep 500\ntrace off\nput a 2\nsleep 500\ntrace off\n',
	);
	t.is(errors, '');
	t.is(status, 0);
	t.is(output.match(/^write {2}client \d+ -> \d {2}delivered/gm)?.length, 1, output);
	t.true(output.endsWith('> trace off\nno trace was on\n'));
});

test.serial('what is watched tells its changes as lines in a script', async t => {
	const {status, output} = await run(
		t,
		['--memory', '--nodes', '3', ...anyPort],
		'wait leader\nwatch 0.2\nsleep 600\nkill 1\nsleep 900\nwatch off\n',
	);
	t.is(status, 0);
	const [, before = '', after = ''] = /> sleep 600\n([^]*)> kill 1\n([^]*)> watch off/.exec(output) ?? [];
	t.regex(before, /^node 1: up, (leader|follower), term \d+$/m);
	t.is(before.match(/^node 1: up/gm)?.length, 1, 'what stays is told once');
	t.regex(after, /^node 1: down$/m);
});
