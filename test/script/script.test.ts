/** Scripts: what is written is read back, and what is wrong with a file is told with its line. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readScript} from '../../actors/script/script-reader.js';
import {type ScriptHead, ScriptWriter} from '../../actors/script/script-writer.js';

const head: ScriptHead = {nodes: 5, seed: 7, recordedAt: '2026-11-28T12:00:00.000Z'};

function temporaryFile(t: ExecutionContext): string {
	const folder = mkdtempSync(path.join(tmpdir(), 'threadraft-script-'));
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	return path.join(folder, 'session.script');
}

/** The console takes anything but `wrong`. */
const check = (line: string, nodes: number): void => {
	if (line === 'wrong') throw new Error(`there is no command "wrong" on ${nodes} nodes`);
};

const read = (text: string) => readScript(text, check);

test('a session is written as lines of the console with their times, and read back', t => {
	const file = temporaryFile(t);
	const writer = new ScriptWriter(file, head);
	writer.line(0.2, 'load start');
	writer.line(1500, ' kill leader ');
	writer.remark('node 3\nis down');
	writer.line(1500.3, 'put a "b c" # why');
	writer.end(2750);
	writer.end(9999);
	const text = readFileSync(file, 'utf8');
	t.is(
		text,
		[
			'# threadraft script 1',
			'# nodes 5',
			'# seed 7',
			'# recorded 2026-11-28T12:00:00.000Z',
			'at +0.000s',
			'load start',
			'at +1.500s',
			'kill leader',
			'# node 3 is down',
			'put a "b c" # why',
			'at +2.750s',
			'# end',
			'',
		].join('\n'),
	);
	t.deepEqual(read(text), {
		nodes: 5,
		seed: 7,
		lines: [
			{number: 6, atMs: 0, text: 'load start'},
			{number: 8, atMs: 1500, text: 'kill leader'},
			{number: 10, atMs: 1500, text: 'put a "b c" # why'},
		],
		durationMs: 2750,
		isEnded: true,
	});
});

test('a file that exists is not written over', t => {
	const file = temporaryFile(t);
	writeFileSync(file, 'precious');
	t.throws(() => new ScriptWriter(file, head), {code: 'ERR_SCRIPT_FILE', message: /exists, and is not written over/});
	t.is(readFileSync(file, 'utf8'), 'precious');
	t.throws(() => new ScriptWriter(path.join(file, 'below'), head), {
		code: 'ERR_SCRIPT_FILE',
		message: /cannot be made/,
	});
});

test('what was written before a process was killed is read, and is known not to be ended', t => {
	const file = temporaryFile(t);
	const writer = new ScriptWriter(file, head);
	writer.line(10, 'kill 1');
	const script = read(readFileSync(file, 'utf8'));
	writer.close();
	t.false(script.isEnded);
	t.deepEqual(
		script.lines.map(({text}) => text),
		['kill 1'],
	);
});

const start = '# threadraft script 1\n# nodes 3\n';

for (const [what, text, code, line] of [
	['an empty file', '', 'ERR_SCRIPT_FORMAT', 1],
	['another text', 'kill 1\n', 'ERR_SCRIPT_FORMAT', 1],
	['a newer version', '# threadraft script 2\n# nodes 3\n', 'ERR_SCRIPT_VERSION', 1],
	['a head that was cut short', '# threadraft script 1\n', 'ERR_SCRIPT_FORMAT', 2],
	['a head without nodes', '# threadraft script 1\n# seed 1\nkill 1\n', 'ERR_SCRIPT_FORMAT', 2],
	['nodes behind the head', '# threadraft script 1\nkill 1\n# nodes 3\n', 'ERR_SCRIPT_FORMAT', 2],
	['more nodes than a cluster has', '# threadraft script 1\n# nodes 10\n', 'ERR_SCRIPT_FORMAT', 2],
	['a last line that was cut short', `${start}at +1.000s\nkill 1\nkil`, 'ERR_SCRIPT_CUT_SHORT', 5],
	['a time that is none', `${start}at 1.5\n`, 'ERR_SCRIPT_LINE', 3],
	['a time without an end', `${start}at +1.5\n`, 'ERR_SCRIPT_LINE', 3],
	['a time that goes back', `${start}at +2s\nkill 1\nat +1.999s\n`, 'ERR_SCRIPT_LINE', 5],
	['a line that the console does not take', `${start}\nkill 1\nwrong\n`, 'ERR_SCRIPT_LINE', 5],
] as const) {
	test(`${what} is refused, and the error names line ${line}`, t => {
		t.throws(() => read(text), {code, message: new RegExp(`^line ${line}: `)});
		t.like(
			t.throws(() => read(text)),
			{line},
		);
	});
}

test('each place where a recording can be cut gives an error with a line, or the lines that are whole', t => {
	const file = temporaryFile(t);
	const writer = new ScriptWriter(file, head);
	for (let number = 0; number < 4; number++) writer.line(number * 100, `put k${number} v`);
	writer.end(500);
	const text = readFileSync(file, 'utf8');
	const whole = read(text).lines;
	let cuts = 0;
	for (let length = 0; length < text.length; length++) {
		try {
			const {lines} = read(text.slice(0, length));
			t.deepEqual(lines, whole.slice(0, lines.length));
			t.true(text[length - 1] === '\n' || text.slice(0, length).endsWith('\n# end'), `cut at ${length}`);
		} catch (error) {
			cuts++;
			t.regex((error as Error).message, /^line \d+: /);
		}
	}
	t.true(cuts > 50);
});

test('people may write times as they like, leave blank lines, and say why', t => {
	const {lines, durationMs} = read(`${start}# why not\n\nat +250ms # soon\n  kill 1\nat +1s\n`);
	t.deepEqual(lines, [{number: 6, atMs: 250, text: 'kill 1'}]);
	t.is(durationMs, 1000);
});
