import {existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {flipBitOfLog} from '../recovery/scratch.js';
import {needing} from '../needs.js';
import {type Exit, launch, run, temporaryDirectory} from './cli-process.js';

/** Runs it with its output in a pipe to this reader; the exit status is the command's own. */
async function runInto(t: ExecutionContext, reader: string, args: readonly string[], script: string): Promise<Exit> {
	const pipeline = `"$@" | ${reader} >/dev/null; exit "\${PIPESTATUS[0]}"`;
	const {process: child, exit} = launch(t, args, ['bash', '-c', pipeline, 'bash']);
	child.stdin?.end(script);
	return exit;
}

/** The first is gone before the command writes at all; the second leaves after its first line. */
const readers = ['true', 'head -n 1'];

/** A history in which this is written to an absent key and that is read. */
const historyOf = (written: string, read: string): string =>
	[
		{process: 0, type: 'invoke', f: 'put', key: 'k', value: written},
		{process: 0, type: 'ok'},
		{process: 0, type: 'invoke', f: 'get', key: 'k'},
		{process: 0, type: 'ok', value: read},
	]
		.map(event => `${JSON.stringify(event)}\n`)
		.join('');

interface Scene {
	/** With a node that is damaged. */
	readonly damaged: string;
	readonly good: string;
	readonly backup: string;
	/** Of histories. */
	readonly linearizable: string;
	readonly violation: string;
	/** For what a command makes. */
	readonly results: string;
}

/** For all tests of this file. */
async function sceneIn(t: ExecutionContext, folder: string): Promise<Scene> {
	const at = (name: string): string => path.join(folder, name);
	const scene = {
		damaged: at('damaged'),
		good: at('good'),
		backup: at('backup'),
		linearizable: at('linearizable.jsonl'),
		violation: at('violation.jsonl'),
		results: at('results'),
	};
	mkdirSync(scene.results);
	for (const directory of [scene.damaged, scene.good]) {
		const start = ['--dir', directory, '--nodes', '3', '--redis-port', '0'];
		t.is((await run(t, start, 'put a 1\nput b 2\nput c 3\nput d 4\n')).status, 0);
	}
	flipBitOfLog(scene.damaged, 0);
	t.is((await run(t, ['backup', scene.good, scene.backup], '')).status, 0);
	writeFileSync(scene.linearizable, historyOf('a', 'a'));
	writeFileSync(scene.violation, historyOf('a', 'b'));
	return scene;
}

/** Each writes several lines or many bytes. */
const commands: readonly (readonly [
	what: string,
	status: number,
	args: (scene: Scene, round: number) => readonly string[],
	script?: string,
])[] = [
	['--help', 0, () => ['--help']],
	['start --help', 0, () => ['start', '--help']],
	['--version', 0, () => ['--version']],
	['check of a good history', 0, ({linearizable}) => ['check', linearizable]],
	['check of a violation', 1, ({violation}) => ['check', '--json', violation]],
	['check of nothing that can be read', 2, ({results}) => ['check', path.join(results, 'none')]],
	['simulate', 0, () => ['simulate', '--seeds', '1', '--seed', '1', '--duration', '500', '--nodes', '3']],
	['inspect', 0, ({good}) => ['inspect', good]],
	['verify', 0, ({good}) => ['verify', good]],
	['verify of damage', 1, ({damaged}) => ['verify', damaged]],
	['restore', 0, ({backup, results}, round) => ['restore', backup, '--dir', path.join(results, `restored-${round}`)]],
	['a script', 0, () => ['--memory', '--nodes', '1', '--redis-port', '0'], 'put a 1\nget a\nstatus\nget a\n'],
	['a script that fails', 1, () => ['--memory', '--nodes', '1', '--redis-port', '0'], 'put a 1\nstatus\npput a\n'],
];

const folder = mkdtempSync(path.join(tmpdir(), 'threadraft-outputs-'));
let made: Promise<Scene> | undefined;
const sceneOf = async (t: ExecutionContext): Promise<Scene> => (made ??= sceneIn(t, folder));
test.after.always(() => rmSync(folder, {recursive: true, force: true}));

for (const [what, status, args, script = ''] of commands) {
	test.serial(
		`a reader that leaves early changes neither the exit status nor what is said on stderr: ${what}`,
		async t => {
			const scene = await sceneOf(t);
			const [undisturbed, ...disturbed] = await Promise.all([
				run(t, args(scene, 0), script),
				...readers.map((reader, number) => runInto(t, reader, args(scene, number + 1), script)),
			]);
			t.is(undisturbed.status, status);
			for (const {status: found, errors} of disturbed) {
				t.deepEqual({status: found, errors}, {status, errors: undisturbed.errors});
			}
		},
	);
}

test.serial('what a script does is done though nobody reads its output', async t => {
	const directory = path.join(await temporaryDirectory(t), 'data');
	const start = ['--dir', directory, '--nodes', '1', '--redis-port', '0'];
	t.is((await runInto(t, 'true', start, 'put a 1\nput b 2\n')).status, 0);
	t.regex((await run(t, start, 'get b\n')).output, /> get b\n2\n/);
});

test.serial('errors that nobody reads change no exit status', async t => {
	const {process: child, exit} = launch(t, ['--nodes', '0'], ['bash', '-c', '"$@" 2> >(true) 1>&2; exit "$?"', 'bash']);
	child.stdin?.end();
	t.is((await exit).status, 2);
});

const fullDevice = '/dev/full';
const fullDeviceTest = needing(existsSync(fullDevice) ? undefined : `this system has no ${fullDevice}`);

fullDeviceTest('an output that cannot be written is told in one line, and is no verdict', async t => {
	for (const args of [['--help'], ['simulate', '--seeds', '1', '--duration', '500']]) {
		const {status, errors} = await runTo(t, fullDevice, args);
		t.is(status, 74);
		t.regex(errors, /^threadraft: the output cannot be written: ENOSPC: .*\n$/);
	}
	t.is((await runTo(t, fullDevice, ['check', '/nowhere'])).status, 2);
});

async function runTo(t: ExecutionContext, file: string, args: readonly string[]): Promise<Exit> {
	const {process: child, exit} = launch(t, args, ['bash', '-c', `"$@" >${file}`, 'bash']);
	child.stdin?.end();
	return exit;
}
