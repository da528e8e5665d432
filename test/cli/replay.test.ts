/** What is recorded in a console runs again, on real clusters in processes of their own. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import {chaosKinds} from '../../actors/chaos/chaos.js';
import {faultEventText, lineOfEvent} from '../../actors/console/chaos-text.js';
import {launch, run, temporaryDirectory} from './cli-process.js';

const start = ['--memory', '--nodes', '3', '--redis-port', '0'];
const chaosMs = 4000;
/** Of some kinds of faults, of processes too. */
const seed = 11;
const {events} = drawChaos({nodeCount: 3, durationMs: chaosMs, kinds: chaosKinds}, seed);
const withoutTime = (line: string): string => line.replace(/^\+\S+ (?:s {2})?/, '');
/** The lines of a script that set and end faults, with their times in ms. */
const faultLines = (text: string): readonly {readonly atMs: number; readonly line: string}[] => {
	let atMs = 0;
	return text.split('\n').flatMap(line => {
		const [, seconds] = /^at \+(\S+)s$/.exec(line) ?? [];
		if (seconds !== undefined) atMs = Math.round(Number(seconds) * 1000);
		return line.startsWith('inject ') ? [{atMs, line}] : [];
	});
};

test.serial(
	'recorded chaos runs again: the same faults, in the same order, at the times of the recording, and a verdict',
	async t => {
		const file = path.join(await temporaryDirectory(t), 'session.script');
		const script = [
			'wait leader',
			`record ${file}`,
			'load start 4',
			`chaos ${chaosMs}ms ${seed}`,
			'wait leader',
			'load stop',
			'record stop',
		];
		const first = await run(t, start, `${script.join('\n')}\n`);
		t.is(first.errors, '');
		t.is(first.status, 0, first.output);
		// Chaos told what the seed says, and the script has it.
		const told = first.output.split('\n').filter(line => /^\+\S+ s {2}/.test(line));
		t.deepEqual(told.map(withoutTime), events.map(faultEventText).map(withoutTime));
		const recorded = faultLines(readFileSync(file, 'utf8'));
		t.deepEqual(
			recorded.map(({line}) => line),
			events.map(lineOfEvent),
		);
		for (const [place, {atMs}] of recorded.entries()) t.true(atMs >= (events[place]?.atMs ?? Infinity));
		t.regex(readFileSync(file, 'utf8'), new RegExp(`^# chaos for 4 s, seed ${seed}`, 'm'));

		const again = await run(t, ['replay', file], '');
		t.is(again.errors, '');
		t.is(again.status, 0, again.output);
		const replayed = [...again.output.matchAll(/^\+(\S+)s (inject .*?)(?: {3}\(.* late\))?$/gm)];
		t.deepEqual(
			replayed.map(([, seconds, line]) => ({atMs: Math.round(Number(seconds) * 1000), line})),
			recorded,
		);
		t.regex(again.output, /\nlinearizable/);
	},
);

test.serial('a replay says what is wrong with its file, and touches no cluster', async t => {
	const folder = await temporaryDirectory(t);
	const file = path.join(folder, 'bad.script');
	for (const [text, message] of [
		['kill 1\n', /^threadraft: line 1: this is no recording/],
		['# threadraft script 9\n# nodes 3\n', /^threadraft: line 1: a newer threadraft/],
		['# threadraft script 1\n# nodes 3\nkill 1\nkil', /^threadraft: line 4: .*cut short/],
		[
			'# threadraft script 1\n# nodes 3\nkill 1\nkill 3\n',
			/^threadraft: line 4: there is no node "3": nodes are 0 to 2/,
		],
		[
			'# threadraft script 1\n# nodes 3\ninject a crash node=7 disk=kept\n',
			/^threadraft: line 3: .*from 0 to 2, not 7/,
		],
		['# threadraft script 1\n# nodes 3\nreplay x\n', /^threadraft: line 3: .*cannot hold "replay"/],
	] as const) {
		writeFileSync(file, text);
		const {status, errors, output} = await run(t, ['replay', file], '');
		t.is(status, 1);
		t.regex(errors, message);
		t.notRegex(output, /^\+/m);
	}
	const {status, errors} = await run(t, ['replay', path.join(folder, 'none')], '');
	t.is(status, 1);
	t.regex(errors, /cannot be read .*check its name/);
});

test.serial('a recording that is killed leaves a script that is run again', async t => {
	const folder = await temporaryDirectory(t);
	const file = path.join(folder, 'killed.script');
	const running = launch(t, start);
	running.process.stdin?.write(`record ${file}\nput city Bern\nget city\n`);
	await running.said(/> get city\n(Bern)/);
	running.process.kill('SIGKILL');
	await running.exit;
	const {status, output, errors} = await run(t, ['replay', file], '');
	t.is(errors, '');
	t.is(status, 0, output);
	t.regex(output, /the recording was not ended/);
	t.regex(output, /\nget city: Bern\n/);
	t.regex(output, /\nlinearizable/);
});

test.serial('a script runs as the input of a console, too, and may be changed by hand', async t => {
	const folder = await temporaryDirectory(t);
	const file = path.join(folder, 'session.script');
	const first = await run(t, start, `record ${file}\nput city Bern\nsleep 300\nkill 1\nrecord stop\n`);
	t.is(first.status, 0, first.errors);
	const text = readFileSync(file, 'utf8').replace('kill 1', 'kill 2\nget city');
	const second = await run(t, start, text);
	t.is(second.errors, '');
	t.is(second.status, 0);
	t.regex(second.output, /> kill 2\nnode 2 is down\n> get city\nBern\n/);
	t.notRegex(text, /sleep/);
});

test.serial('a file that exists is not written over by a recording', async t => {
	const file = path.join(await temporaryDirectory(t), 'precious');
	writeFileSync(file, 'precious');
	const {status, errors} = await run(t, start, `record ${file}\n`);
	t.is(status, 1);
	t.regex(errors, /exists, and is not written over/);
	t.is(readFileSync(file, 'utf8'), 'precious');
	t.true(existsSync(file));
});

test.serial('a replay that is interrupted ends its cluster', async t => {
	const file = path.join(await temporaryDirectory(t), 'long.script');
	writeFileSync(file, '# threadraft script 1\n# nodes 3\nkill 1\nat +1000s\nrestart 1\n# end\n');
	const running = launch(t, ['replay', file]);
	await running.said(/node (1) is down/);
	running.process.kill('SIGINT');
	t.is((await running.exit).status, 130);
});
