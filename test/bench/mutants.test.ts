import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const script = fileURLToPath(new URL('../../bench/mutants.js', import.meta.url));

function run(...args: readonly string[]): {readonly status: number | null; readonly text: string} {
	const {status, stdout, stderr} = spawnSync(process.execPath, [script, ...args], {encoding: 'utf8'});
	return {status, text: stdout + stderr};
}

test('--help of the hunt for planted bugs names its options and plants nothing', t => {
	const {status, text} = run('--help');
	t.is(status, 0);
	for (const option of ['--seeds', '--first', '--only', '--seconds', '--threads', '--json', '--markdown']) {
		t.true(text.includes(option), option);
	}
	t.notRegex(text, /\n {4}at /);
});

for (const [args, message] of [
	[['--sedes', '5'], /unknown option '--sedes'/],
	[['--seeds', 'many'], /Write a whole number from 1/],
	[['--seconds', '-3'], /Write a number of seconds above 0/],
	[['--only', 'no-such-bug'], /There is no planted bug "no-such-bug"/],
	[['--json', '--markdown'], /cannot be used with/],
	[['no-fsync'], /too many arguments/],
] as const) {
	test(`a hunt with ${args.join(' ')} is refused with status 2 and one sentence`, t => {
		const {status, text} = run(...args);
		t.is(status, 2, text);
		t.regex(text, message);
		t.notRegex(text, /\n {4}at /);
	});
}
