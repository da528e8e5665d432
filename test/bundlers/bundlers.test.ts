/** A program that a bundler made in one piece, threads included: esbuild, Vite (server-side) and webpack, as their users call them. */
import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {build as esbuild} from 'esbuild';
import {build as vite} from 'vite';
import webpack from 'webpack';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
/** Ms; for a machine whose cores are all busy. */
const timeout = 60_000;

/** Names the bundled entry of the threads if it is given one. */
const program = `
import {Cluster} from 'threadraft';

const [replica] = process.argv.slice(2);
const cluster = await Cluster.start({nodes: 3, ...(replica === undefined ? {} : {threads: {replica}})});
const clerk = cluster.clerk();
await clerk.put('city', 'Bern');
console.log(await clerk.getText('city'));
await cluster.close();
`;
const entries = {program: './program.mjs', replica: 'threadraft/workers/replica'};

/** A user's folder, with this package installed. */
async function makeFolder(t: ExecutionContext): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'threadraft-bundle-'));
	t.teardown(() => rm(folder, {recursive: true, force: true}));
	await mkdir(path.join(folder, 'node_modules'));
	await symlink(root, path.join(folder, 'node_modules', 'threadraft'), 'dir');
	await writeFile(path.join(folder, 'program.mjs'), program);
	return folder;
}

/** Each without making the code small, which takes most of the time and changes no import. */
const bundlers: Readonly<Record<string, (folder: string, outdir: string) => Promise<unknown>>> = {
	esbuild: (absWorkingDir, outdir) =>
		esbuild({
			absWorkingDir,
			entryPoints: entries,
			outdir,
			bundle: true,
			platform: 'node',
			format: 'esm',
			outExtension: {'.js': '.mjs'},
			logLevel: 'silent',
		}),
	vite: (folder, outDir) =>
		vite({
			root: folder,
			configFile: false,
			logLevel: 'silent',
			ssr: {noExternal: true},
			build: {ssr: true, outDir, minify: false, rolldownOptions: {input: entries}},
		}),
	webpack: async (context, outdir) => {
		const compiler = webpack({
			context,
			mode: 'none',
			target: 'node20',
			entry: entries,
			experiments: {outputModule: true},
			output: {path: outdir, filename: '[name].mjs', module: true, chunkFormat: 'module'},
		});
		if (compiler === null) throw new Error('webpack takes the configuration');
		const stats = await promisify(compiler.run.bind(compiler))();
		if (stats?.hasErrors() !== false) throw new Error(stats?.toString('errors-only'));
		await promisify(compiler.close.bind(compiler))();
	},
};

for (const [name, bundle] of Object.entries(bundlers)) {
	test.serial(`${name}: a bundled program runs when it names the bundled entry of its threads`, async t => {
		t.timeout(3 * timeout);
		const folder = await makeFolder(t);
		const outdir = path.join(folder, 'out');
		await bundle(folder, outdir);
		const words = [path.join(outdir, 'program.mjs'), path.join(outdir, 'replica.mjs')];
		const {stdout} = await run(process.execPath, words, {timeout});
		t.is(stdout, 'Bern\n');
	});
}

test.serial('a bundled program that names no entry is told what to do', async t => {
	const folder = await makeFolder(t);
	const outdir = path.join(folder, 'out');
	await bundlers['esbuild']?.(folder, outdir);
	const {stderr} = (await t.throwsAsync(
		run(process.execPath, [path.join(outdir, 'program.mjs')], {timeout}),
	)) as Error & {
		readonly stderr: string;
	};
	t.regex(stderr, /ERR_THREAD_ENTRY_MISSING/);
	t.regex(stderr, /bundle threadraft\/workers\/replica as an entry of its own/);
});

test.serial(
	'a program that Node reads from its standard input has its threads, whatever flags Node was given',
	async t => {
		const child = run(process.execPath, ['--max-semi-space-size=32', '--input-type=module', '-'], {timeout, cwd: root});
		child.child.stdin?.end(program);
		t.is((await child).stdout, 'Bern\n');
	},
);
