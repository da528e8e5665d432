/** Compiles the sources into a folder of its own. */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {makeBundles, pagePlace} from './bundles.mjs';
import {filesUnder} from './sources.mjs';

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
	makeBundles(root, path.join(folder, 'dist'));
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
