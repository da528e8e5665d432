/** Bundles: what is made of compiled files so that a program finds it as few files, or as one that needs no package. */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';

export const pagePlace = 'actors/web/page';
/** What holds cbor-x itself. */
const builtInPlace = 'actors/codec/cbor-x.js';

/**
 * @param {string} root of the project
 * @param {string} dist what the compiler has made
 */
export function makeBundles(root, dist) {
	// First: the others hold what it makes.
	buildIn(root, path.join(dist, builtInPlace));
	buildPage(root, path.join(dist, pagePlace, 'page.html'));
	buildThreads(root, dist);
	buildCommand(root, dist);
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
function buildThreads(root, dist) {
	const workers = path.join(dist, 'workers');
	const require = createRequire(path.join(root, 'package.json'));
	for (const name of ['replica', 'kv-server']) {
		const file = path.join(workers, `${name}.js`);
		// Not from the compiled file: the compiler leaves that alone where only what it imports has changed.
		const contents = readFileSync(path.join(root, `workers/${name}.ts`), 'utf8');
		const {metafile, outputFiles} = require('esbuild').buildSync({
			stdin: {contents, loader: 'ts', resolveDir: workers},
			absWorkingDir: path.dirname(dist),
			outfile: file,
			bundle: true,
			write: false,
			metafile: true,
			platform: 'node',
			format: 'esm',
			target: 'node20',
			logLevel: 'error',
		});
		const head = `/*\nThis file holds other packages, under their own licences.\n\n${licencesIn(path.dirname(dist), metafile)}\n*/\n`;
		writeFileSync(file, head + outputFiles[0].text);
	}
}

/**
 * What people start is one file with what every start needs, and one for each part that few need. As some 600 files of their own
 * they took half of the time to the first prompt. The files lie as deep as those that they are made of: what a part finds by
 * its own place it finds by theirs.
 */
function buildCommand(root, dist) {
	const workers = path.join(dist, 'workers');
	const require = createRequire(path.join(root, 'package.json'));
	const folder = path.join(workers, 'cli');
	const {metafile} = require('esbuild').buildSync({
		stdin: {contents: readFileSync(path.join(root, 'workers/cli.ts'), 'utf8'), loader: 'ts', resolveDir: workers},
		absWorkingDir: path.dirname(dist),
		outdir: folder,
		entryNames: 'main',
		chunkNames: 'part-[hash]',
		bundle: true,
		splitting: true,
		metafile: true,
		// The one loads files of its own in its threads, the other is large and serves etcd alone.
		external: ['piscina', '@bufbuild/protobuf'],
		platform: 'node',
		format: 'esm',
		target: 'node20',
		// Packages of the older kind ask for Node's modules by it.
		banner: {
			js: "import {createRequire as requireFrom} from 'node:module';\nconst require = requireFrom(import.meta.url);",
		},
		logLevel: 'error',
	});
	writeFileSync(
		path.join(folder, 'LICENCES.txt'),
		`These files hold other packages, under their own licences.\n\n${licencesIn(path.dirname(dist), metafile)}\n`,
	);
	writeFileSync(path.join(workers, 'cli.js'), "#!/usr/bin/env node\nimport './cli/main.js';\n");
}

/** Those of the packages that a bundle holds, whose files are told by their places seen from a folder. */
function licencesIn(folder, {inputs}) {
	const names = Object.keys(inputs).map(file => (file.endsWith(builtInPlace) ? '../../node_modules/cbor-x' : file));
	const places = names.map(name => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
	return [...new Set(places)]
		.filter(place => place !== undefined)
		.map(place => path.join(folder, place))
		.map(place => {
			const {name, version} = JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'));
			const file = readdirSync(place).find(each => /^licen[cs]e/i.test(each));
			const text = file === undefined ? 'see its package' : readFileSync(path.join(place, file), 'utf8').trim();
			return `${name} ${version}:\n\n${text}`;
		})
		.toSorted()
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
