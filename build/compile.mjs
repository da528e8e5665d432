/** Compiles the sources into a folder of its own. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {filesUnder} from './sources.mjs';

const pagePlace = 'actors/web/page';

/** The sources cannot be compiled. The compiler has said why. */
export class CompileError extends Error {
	name = 'CompileError';
	code = 'ERR_COMPILE';
}

/**
 * Fills `folder/dist`. What `folder` holds of an earlier build is used where it still fits, and removed where not.
 *
 * @param {string} root of the project
 * @param {string} folder two levels below the root, as every build: the compiler's notes have relative paths
 */
export function compile(root, folder) {
	// They are newer than the notes of an earlier build: so the compiler does not go by the times of the sources, as a source
	// can be changed and old, but compares their contents.
	const projects = writeProjects(root, folder, '.', new Map());
	// The page's code is checked with the types of a browser, and nobody imports it.
	const page = writeProjects(root, folder, pagePlace, new Map()).get(pagePlace);
	const tsc = path.join(root, 'node_modules/typescript7/bin/tsc');
	const {status} = spawnSync(process.execPath, [tsc, '-b', projects.get('.'), page], {
		cwd: root,
		stdio: ['ignore', 2, 2],
	});
	if (status !== 0) throw new CompileError('the sources cannot be compiled: dist is as it was before');
	removeStale(root, path.join(folder, 'dist'));
	buildIn(root, path.join(folder, 'dist/actors/codec/cbor-x.js'));
	buildPage(root, path.join(folder, 'dist', pagePlace, 'page.html'));
	buildThreads(root, path.join(folder, 'dist/workers'));
}

/**
 * The project's own tsconfig files say what is compiled and how; these say only where to.
 *
 * @returns the path of each project's file, by its place in the tree
 */
function writeProjects(root, folder, place, written) {
	if (written.has(place)) return written;
	const own = JSON.parse(readFileSync(path.join(root, place, 'tsconfig.json'), 'utf8'));
	const name = `tsconfig${place === '.' ? '' : `.${place.replaceAll('/', '.')}`}`;
	const file = path.join(folder, `${name}.json`);
	written.set(place, file);
	const references = (own.references ?? []).map(reference => {
		const target = path.join(place, reference.path);
		return {path: writeProjects(root, folder, target, written).get(target)};
	});
	const to = {
		rootDir: root,
		outDir: path.join(folder, 'dist'),
		tsBuildInfoFile: path.join(folder, `${name}.tsbuildinfo`),
	};
	const relative = Object.fromEntries(Object.entries(to).map(([option, value]) => [option, relativeTo(folder, value)]));
	const project = {
		extends: relativeTo(folder, path.join(root, place, 'tsconfig.json')),
		compilerOptions: {...relative, noEmitOnError: true},
		references: references.map(reference => ({path: relativeTo(folder, reference.path)})),
	};
	writeFileSync(file, `${JSON.stringify(project, undefined, '\t')}\n`);
	return written;
}

const relativeTo = (folder, file) => `./${path.relative(folder, file).split(path.sep).join('/')}`;

/** The compiler leaves what it made of a source that is gone, and AVA would run such a test. */
function removeStale(root, dist) {
	for (const name of filesUnder(dist, '')) {
		const source = name.replace(/\.(?:js|d\.ts)(?:\.map)?$/, '.ts');
		if (!existsSync(path.join(root, source))) rmSync(path.join(dist, name));
	}
}

/**
 * cbor-x itself is put into the file that exports it. As a dependency it would bring cbor-extract along, whose install
 * script builds native code that we must not load (see actors/codec/codec.ts), and which a user would be asked about.
 */
function buildIn(root, file) {
	const require = createRequire(path.join(root, 'package.json'));
	const {version} = require('cbor-x/package.json');
	const licence = readFileSync(path.join(path.dirname(require.resolve('cbor-x/package.json')), 'LICENSE'), 'utf8');
	// Loaded where it is needed: a build that has nothing to do is not to wait for it.
	require('esbuild').buildSync({
		stdin: {contents: readFileSync(path.join(root, 'actors/codec/cbor-x.ts'), 'utf8'), loader: 'ts', resolveDir: root},
		outfile: file,
		bundle: true,
		platform: 'node',
		format: 'esm',
		target: 'node20',
		banner: {js: `/*\nThis file holds cbor-x ${version}, under its own licence:\n\n${licence.trim()}\n*/`},
		allowOverwrite: true,
		logLevel: 'error',
	});
}

/**
 * What a thread of a node begins with is one file, with all that it imports in it. As some 190 files of their own they took half of
 * the start of a cluster: each node's thread has to find, read and link every one.
 */
function buildThreads(root, workers) {
	const require = createRequire(path.join(root, 'package.json'));
	const licences = licencesOf(require, threadPackages);
	for (const name of ['replica', 'kv-server']) {
		// Not from the compiled file: the compiler leaves that alone where only what it imports has changed.
		const contents = readFileSync(path.join(root, `workers/${name}.ts`), 'utf8');
		require('esbuild').buildSync({
			stdin: {contents, loader: 'ts', resolveDir: workers},
			outfile: path.join(workers, `${name}.js`),
			bundle: true,
			platform: 'node',
			format: 'esm',
			target: 'node20',
			banner: {js: `/*\nThis file holds other packages, under their own licences.\n\n${licences}\n*/`},
			allowOverwrite: true,
			logLevel: 'error',
		});
	}
}

/** What the code of the threads holds of others. */
const threadPackages = ['cbor-x', 'comlink', 'luaparse'];

function licencesOf(require, packages) {
	return packages
		.map(name => {
			const place = path.dirname(require.resolve(`${name}/package.json`));
			const {version} = JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'));
			const file = ['LICENSE', 'LICENSE-MIT.txt', 'LICENSE.md'].find(each => existsSync(path.join(place, each)));
			return `${name} ${version}:\n\n${readFileSync(path.join(place, file), 'utf8').trim()}`;
		})
		.join('\n\n');
}

/**
 * The page is one file, with script, style and the charting library in it: so it can be served, and opened as a file, as it is.
 */
function buildPage(root, file) {
	const require = createRequire(path.join(root, 'package.json'));
	const uplot = path.dirname(require.resolve('uplot/package.json'));
	const place = path.join(root, pagePlace);
	const licence = readFileSync(path.join(uplot, 'LICENSE'), 'utf8').trim();
	const {version} = require('uplot/package.json');
	const {outputFiles} = require('esbuild').buildSync({
		entryPoints: [path.join(place, 'main.ts')],
		bundle: true,
		write: false,
		minify: true,
		platform: 'browser',
		format: 'iife',
		target: 'es2022',
		tsconfigRaw: {},
		banner: {js: `/*\nThis script holds uPlot ${version}, under its own licence:\n\n${licence}\n*/`},
		logLevel: 'error',
	});
	const script = outputFiles[0].text.replaceAll('</script', '<\\/script');
	const style = [path.join(uplot, 'dist/uPlot.min.css'), path.join(place, 'page.css')]
		.map(name => readFileSync(name, 'utf8').trim())
		.join('\n');
	const html = readFileSync(path.join(place, 'page.html'), 'utf8')
		.replace('/* STYLE */', () => style)
		.replace('/* SCRIPT */', () => script);
	mkdirSync(path.dirname(file), {recursive: true});
	writeFileSync(file, html);
}
