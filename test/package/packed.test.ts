/** The package as its users have it. */
import {execFile} from 'node:child_process';
import {mkdir, readFile, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {type InstalledPackage, installPackage} from './installed-package.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Ms; for a machine whose cores are all busy. */
const timeout = 120_000;

/** Uses every entry; plain JavaScript, and the types fit as well. */
const program = `
import manifest from 'threadraft/package.json' with {type: 'json'};
import {Cluster, type Clerk} from 'threadraft';
import {type LogEntry, packEntries, unpackEntries} from 'threadraft/raft';
import {type Actor, ActorSystem} from 'threadraft/actors';
import {check, kvModel, Recorder} from 'threadraft/linearizability';
import {checkMachine, defineMachine} from 'threadraft/machine';
import {simulate} from 'threadraft/simulation';
import {checkStorage, MemoryStorage, type RaftStorage} from 'threadraft/storage';

const threads = {
	replica: new URL(import.meta.resolve('threadraft/workers/replica')),
	kvServer: new URL(import.meta.resolve('threadraft/workers/kv-server')),
};
const cluster = await Cluster.start({nodes: 1, kvThread: true, threads});
const clerk: Clerk = cluster.clerk();
await clerk.put('city', 'Bern');
const city: string | undefined = await clerk.getText('city');
await cluster.close();

const entries: readonly LogEntry[] | undefined = unpackEntries(packEntries([]), 1 as LogEntry['index']);

const system = new ActorSystem({name: 'user'});
const greeting = new Promise<string>(resolve => {
	const actor: Actor<string> = {receive: message => resolve(message)};
	system.spawn(() => actor).tell('hello');
});
const greeted: string = await greeting;
await system.stop();

const recorder = new Recorder(() => performance.now() * 1e6);
recorder.invoke('user', {type: 'get', key: 'a'});
recorder.complete('user', {type: 'value', value: undefined, version: 0});
const {verdict} = check(recorder.history(), {model: kvModel('kv')});

interface CounterTypes {
	readonly write: number;
	readonly read: 'sum';
	readonly result: number;
	readonly effect: never;
}
const counter = defineMachine<CounterTypes, {sum: number}>({
	name: 'counter',
	parseWrite: value => (typeof value === 'number' ? value : undefined),
	parseRead: value => (value === 'sum' ? value : undefined),
	create: () => ({sum: 0}),
	apply: (state, by) => (state.sum += by),
	read: ({sum}) => sum,
	items: ({sum}) => [sum],
	restore: ([sum]) => ({sum: Number(sum)}),
});
const faults: readonly string[] = checkMachine(counter, {writes: [1, 2, 3], reads: ['sum']});

const open = (): RaftStorage => new MemoryStorage();
const {findings, notTried} = await checkStorage(() => ({open}));
const isForgetful = findings.length > 5 && notTried.length > 2;

const {ok, seed} = simulate({seed: 1, durationMs: 100});
console.log(JSON.stringify([manifest.name, city, entries?.length, greeted, verdict, faults, isForgetful, ok, seed]));
`;

let installed: InstalledPackage;
test.before(async t => {
	t.timeout(timeout);
	installed = await installPackage();
});
test.after.always(() => installed?.remove());

async function compile(t: ExecutionContext, name: string, options: Readonly<Record<string, unknown>>): Promise<string> {
	const folder = path.join(installed.folder, name);
	await mkdir(folder, {recursive: true});
	await writeFile(path.join(folder, 'package.json'), '{"type": "module"}');
	await writeFile(path.join(folder, 'program.ts'), program);
	const base = {target: 'es2022', lib: ['es2023', 'esnext.disposable'], strict: true, exactOptionalPropertyTypes: true};
	// The declarations of the package are checked as well.
	const compilerOptions = {...base, ...options, skipLibCheck: false, resolveJsonModule: true, types: ['node']};
	await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions}));
	const typescript = path.join(root, 'node_modules/typescript7/bin/tsc');
	const types = path.join(installed.folder, 'node_modules/@types');
	await mkdir(types, {recursive: true});
	await symlink(path.join(root, 'node_modules/@types/node'), path.join(types, 'node'), 'dir').catch(() => undefined);
	const outcome = await run(process.execPath, [typescript, '-p', folder], {timeout}).catch(
		(error: {stdout: string}) => error,
	);
	t.is(outcome.stdout, '', name);
	return path.join(folder, 'program.js');
}

test.serial('every entry does what it is for, and its types fit, with nodenext', async t => {
	t.timeout(timeout);
	const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
		readonly exports: Readonly<Record<string, unknown>>;
	};
	for (const entry of Object.keys(manifest.exports)) t.true(program.includes(`'threadraft${entry.slice(1)}'`), entry);
	const file = await compile(t, 'nodenext', {module: 'nodenext', moduleResolution: 'nodenext'});
	const {stdout, stderr} = await run(process.execPath, ['--disable-warning=ExperimentalWarning', file], {timeout});
	t.deepEqual(JSON.parse(stdout), ['threadraft', 'Bern', 0, 'hello', 'ok', [], true, true, 1]);
	t.is(stderr, '');
});

test.serial('its types fit with moduleResolution bundler', async t => {
	t.timeout(timeout);
	await compile(t, 'bundler', {module: 'esnext', moduleResolution: 'bundler', noEmit: true});
});

test('its command runs', async t => {
	const cli = path.join(installed.folder, 'node_modules/threadraft/dist/workers/cli.js');
	const {stdout} = await run(process.execPath, [cli, '--version'], {timeout});
	t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('nothing that it brings along has an install script', t => {
	t.true(installed.dependencies.size > 5);
	const scripts = [...installed.dependencies].filter(([, {hasInstallScript}]) => hasInstallScript === true);
	t.deepEqual(scripts, []);
});

test('its files import what it declares and what it has, and nothing else', async t => {
	const present = new Set(installed.files);
	const {dependencies} = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
		readonly dependencies: Readonly<Record<string, string>>;
	};
	const declared = Object.keys(dependencies);
	const unknown: string[] = [];
	for (const file of installed.files.filter(name => /\.(?:js|d\.ts)$/.test(name))) {
		const text = await readFile(path.join(installed.folder, 'node_modules/threadraft', file), 'utf8');
		for (const [, name = ''] of text.matchAll(/^(?:import|export) (?:[^'\n]* from )?'([^']+)'/gm)) {
			const isKnown = name.startsWith('.')
				? present.has(path.posix.join(path.posix.dirname(file), name))
				: name.startsWith('node:') || declared.some(each => name === each || name.startsWith(`${each}/`));
			if (!isKnown) unknown.push(`${file}: ${name}`);
		}
	}
	t.deepEqual(unknown, []);
});

test('it has neither tests nor source maps, whose sources it does not have', async t => {
	t.deepEqual(
		installed.files.filter(file => file.endsWith('.map') || /(?:^|\/)(?:test|bench)\//.test(file)),
		[],
	);
	const texts = installed.files.map(file =>
		readFile(path.join(installed.folder, 'node_modules/threadraft', file), 'utf8'),
	);
	t.false((await Promise.all(texts)).some(text => text.includes('//# sourceMappingURL=')));
});
